// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import dev.hibiki.event.SseEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/**
 * A log under test beside the model that it is held to: what the contract's facts are told with. Whatever a test appends goes into the
 * {@link ModelLog} too, and every read is held to what that one says.
 */
@Timeout(value = 400, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
public abstract class LogTrials {

    /** Keeps everything that a test appends. */
    protected static final Retention PLENTY = new Retention(1_000_000, 1L << 40, Duration.ofDays(1000));

    protected static final ReadBudget EVERYTHING = new ReadBudget(Integer.MAX_VALUE, Integer.MAX_VALUE);

    private final ManualClock clock = new ManualClock();
    private final List<EventLog> opened = new ArrayList<>();

    /** A new log, empty and a life of its own, by {@link #clock}. */
    protected abstract EventLog open(Retention retention) throws Exception;

    /** Lets a log apply its retention now, if it is one that does so late. */
    protected void settle(EventLog log) throws Exception {}

    /** The clock of the logs. */
    protected final ManualClock clock() {
        return clock;
    }

    /** Moves the clock of the logs, forward or back. */
    protected void advanceClock(Duration by) {
        clock.advance(by);
    }

    /** Closes all logs of a test, after it at the latest. */
    @AfterEach
    void closeLogs() {
        opened.forEach(EventLog::close);
        opened.clear();
    }

    /** A log and the model that it is held to. */
    final class Trial {

        final EventLog log;
        final ModelLog model;

        Trial(Retention retention) throws Exception {
            this(open(retention), null, retention);
        }

        /** Goes on with a log that was opened again, and so with its model. */
        Trial(EventLog log, @Nullable ModelLog before, Retention retention) {
            this.log = log;
            opened.add(log);
            model = before == null ? new ModelLog(log.birth(), retention) : new ModelLog(before, retention);
            model.trim(clock.millis());
        }

        /** Appends a batch with one event for each channel. */
        List<EventId> append(String... channels) {
            return append(Arrays.stream(channels)
                    .map(channel -> event(channel, channel))
                    .toList());
        }

        List<EventId> append(List<Publication> batch) {
            List<EventId> ids = log.append(batch).join();
            model.commit(ids, clock.millis(), batch);
            return ids;
        }

        LogSlice read(EventId after, EventId upTo, ChannelFilter filter, ReadBudget budget) throws Exception {
            model.trim(clock.millis());
            settle(log);
            LogSlice slice = log.read(after, upTo, filter, budget);
            try {
                model.check(slice, after, upTo, filter, budget);
                model.checkFar(slice, after, upTo, budget);
            } catch (AssertionError e) {
                throw new AssertionError("read after " + after + " up to " + upTo + ": " + filter + ", " + budget, e);
            }
            return slice;
        }

        LogSlice readAll(EventId after, ChannelFilter filter) throws Exception {
            return read(after, log.end(), filter, EVERYTHING);
        }

        boolean missed(EventId after, ChannelFilter filter) throws Exception {
            return readAll(after, filter).missedSince(after);
        }

        /** Reads from everywhere up to everywhere with every filter and budget. */
        void readEveryWay(Set<Channels> filters, Set<ReadBudget> budgets) throws Exception {
            for (EventId after : model.places()) {
                for (EventId upTo : model.places()) {
                    for (ChannelFilter filter : filters) {
                        for (ReadBudget budget : budgets) {
                            read(after, upTo, filter, budget);
                        }
                    }
                }
            }
        }
    }

    static Publication event(String channel, String data) {
        return Publication.of(channel, SseEvent.of(data));
    }
}
