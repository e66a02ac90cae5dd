// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What every log must do: the promises of {@link EventLog}, as facts. The test of an engine extends this class and says how the engine is
 * opened. The facts of this file hold while many threads append and read; those that one thread can see stand in the classes that it
 * extends, a part each: {@link EventLogReadingContract}, {@link RetentionContract}, {@link KeysContract}, {@link LastingEntriesContract}.
 */
public abstract class EventLogContract extends EventLogReadingContract {

    private static final int APPENDERS = 4;
    private static final int BATCHES = 500;

    /** Appends in several threads at once and returns the answers, each appender's in its order. Batch {@code b} has 1 + b % 3 events. */
    private static List<List<List<EventId>>> appendAtOnce(EventLog log) throws Exception {
        List<Callable<List<List<EventId>>>> appenders = IntStream.range(0, APPENDERS)
                .mapToObj(appender -> (Callable<List<List<EventId>>>) () -> {
                    var answers = new ArrayList<List<EventId>>();
                    for (int b = 0; b < BATCHES; b++) {
                        Publication one = event("appender/" + appender, Integer.toString(b));
                        answers.add(
                                log.append(Collections.nCopies(1 + b % 3, one)).get(60, TimeUnit.SECONDS));
                    }
                    return answers;
                })
                .toList();
        return atOnce(appenders);
    }

    private static <T> List<T> atOnce(List<Callable<T>> tasks) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
        try {
            var results = new ArrayList<T>();
            for (Future<T> result : threads.invokeAll(tasks)) {
                results.add(result.get());
            }
            return results;
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void idsRise_underConcurrentAppends_andBatchesStayTogether() throws Exception {
        var trial = new Trial(PLENTY);
        List<List<List<EventId>>> answers = appendAtOnce(trial.log);

        List<EventId> log = readThrough(trial.log, trial.log.birth(), trial.log.end(), Channels.all());
        assertThat(log).isSorted().doesNotHaveDuplicates();
        int answered = 0;
        for (List<List<EventId>> appender : answers) {
            int next = 0;
            for (List<EventId> batch : appender) {
                int first = log.indexOf(batch.get(0));
                assertThat(first).isGreaterThanOrEqualTo(next);
                next = first + batch.size();
                assertThat(log.subList(first, next)).isEqualTo(batch);
                answered += batch.size();
            }
        }
        assertThat(answered).isEqualTo(log.size());
    }

    @Test
    void tailIsCalledByOneThreadAtATime_inOrder_withWholeBatches_beforeEachAnswer() throws Exception {
        var trial = new Trial(PLENTY);
        var inside = new AtomicInteger();
        var crowded = new AtomicBoolean();
        var order = new ArrayList<EventId>(); // not safe for threads, as the tail needs not be
        Set<EventId> seen = ConcurrentHashMap.newKeySet();
        Set<EventId> commitEnds = new HashSet<>();
        trial.log.tail(entries -> {
            crowded.compareAndSet(false, inside.incrementAndGet() != 1);
            order.addAll(ModelLog.ids(entries));
            seen.addAll(ModelLog.ids(entries));
            commitEnds.add(entries.get(entries.size() - 1).id());
            inside.decrementAndGet();
        });
        var early = new AtomicInteger();
        Callable<List<EventId>> appending = () -> {
            var ids = new ArrayList<EventId>();
            for (int b = 0; b < BATCHES; b++) {
                List<Publication> batch = Collections.nCopies(1 + b % 3, event("a", "x"));
                ids.addAll(trial.log
                        .append(batch)
                        .whenComplete((answer, failure) -> early.addAndGet(seen.containsAll(answer) ? 0 : 1))
                        .get(60, TimeUnit.SECONDS));
            }
            return ids;
        };
        List<List<EventId>> answers = atOnce(Collections.nCopies(APPENDERS, appending));
        assertThat(crowded).isFalse();
        assertThat(early).hasValue(0);
        assertThat(order).isEqualTo(readThrough(trial.log, trial.log.birth(), trial.log.end(), Channels.all()));
        for (List<EventId> ids : answers) {
            for (int first = 0, b = 0; b < BATCHES; first += 1 + b % 3, b++) {
                for (EventId notLast : ids.subList(first, first + b % 3)) {
                    assertThat(commitEnds).doesNotContain(notLast);
                }
            }
        }
    }

    @Test
    void tailBeginsWhereReadingEnds_whileAppendsRun() throws Exception {
        var trial = new Trial(PLENTY);
        record Tailed(EventId start, List<LogEntry> seen) {}
        Callable<List<Tailed>> tailing = () -> {
            var tails = new ArrayList<Tailed>();
            var random = new Random(20);
            for (int i = 0; i < 100; i++) {
                List<LogEntry> seen = Collections.synchronizedList(new ArrayList<>());
                tails.add(new Tailed(trial.log.tail(seen::addAll), seen));
                EventId before = trial.log.end();
                while (trial.log.end().equals(before) && !Thread.currentThread().isInterrupted()) {
                    Thread.onSpinWait();
                }
                long joinAt = System.nanoTime() + random.nextInt(300_000); // at any moment of a commit
                while (System.nanoTime() < joinAt) {
                    Thread.onSpinWait();
                }
            }
            return tails;
        };
        var done = new AtomicBoolean();
        Callable<List<Tailed>> appending = () -> {
            while (!done.get()) {
                trial.log.append(Collections.nCopies(3, event("a", "x"))).get(60, TimeUnit.SECONDS);
            }
            return List.of();
        };
        Callable<List<Tailed>> first = () -> {
            try {
                return tailing.call();
            } finally {
                done.set(true);
            }
        };
        List<Tailed> tails = atOnce(List.of(first, appending, appending)).get(0);

        List<EventId> whole = readThrough(trial.log, trial.log.birth(), trial.log.end(), Channels.all());
        assertThat(tails).hasSize(100);
        for (Tailed tail : tails) {
            List<EventId> joined = readThrough(trial.log, trial.log.birth(), tail.start(), Channels.all());
            joined.addAll(ModelLog.ids(tail.seen()));
            assertThat(joined.equals(whole)).isTrue();
        }
    }

    /** Reads page by page to a place. */
    private static List<EventId> readThrough(EventLog log, EventId from, EventId to, ChannelFilter filter)
            throws Exception {
        var ids = new ArrayList<EventId>();
        EventId at = from;
        while (at.isBefore(to)) {
            LogSlice slice = log.read(at, to, filter, new ReadBudget(1000, 1 << 20));
            ids.addAll(ModelLog.ids(slice.entries()));
            at = slice.scannedTo();
        }
        return ids;
    }

    @Test
    void readersThatPageAlong_missNothing_whileAppendersRun() throws Exception {
        assertThat(followAtOnce(PLENTY)).isZero();
    }

    @Test
    void gapIsNeverSilent_whileEntriesAreRemoved() throws Exception {
        assertThat(followAtOnce(new Retention(8, 1 << 20, Duration.ofDays(1)))).isPositive();
    }

    /** Appends numbered events and reads along; returns how many gaps the readers were told. */
    private int followAtOnce(Retention retention) throws Exception {
        var trial = new Trial(retention);
        int events = 4000;
        int early = 20; // so many that a small log has removed some before anybody reads
        for (int i = 1; i <= early; i++) {
            trial.append(List.of(event("channel/0", Integer.toString(i)), event("channel/1", Integer.toString(i))));
        }
        var appending = new AtomicInteger(2);
        List<Callable<Integer>> tasks = new ArrayList<>();
        for (int appender = 0; appender < 2; appender++) {
            String channel = "channel/" + appender;
            tasks.add(() -> {
                for (int i = early + 1; i <= events; i++) {
                    trial.log
                            .append(List.of(event(channel, Integer.toString(i))))
                            .get(60, TimeUnit.SECONDS);
                }
                appending.decrementAndGet();
                return 0;
            });
        }
        for (Channels filter : List.of(
                Channels.named("channel/0"), Channels.named("channel/0", "channel/1"), Channels.under("channel/"))) {
            tasks.add(() -> new Follower(trial.log, filter).follow(appending, events));
        }
        return atOnce(tasks).stream().mapToInt(Integer::intValue).sum();
    }

    /** A reader that pages along and knows which number must come next in each channel. */
    private static final class Follower {

        private final EventLog log;
        private final ChannelFilter filter;
        private final Map<String, Integer> last = new HashMap<>();
        private EventId at;
        private int gaps;

        Follower(EventLog log, ChannelFilter filter) {
            this.log = log;
            this.filter = filter;
            this.at = log.birth();
        }

        int follow(AtomicInteger appending, int events) throws Exception {
            boolean more = true;
            while (more) {
                boolean ended = appending.get() == 0;
                EventId end = log.end();
                LogSlice slice = log.read(at, end, filter, new ReadBudget(3, 1 << 20));
                if (slice.missedSince(at)) {
                    gaps++;
                    last.clear();
                }
                slice.entries().forEach(this::take);
                assertThat(slice.scannedTo()).isGreaterThanOrEqualTo(at);
                at = slice.scannedTo();
                more = !ended || at.isBefore(end);
            }
            assertThat(last.values()).allMatch(number -> number == events);
            return gaps;
        }

        private void take(LogEntry entry) {
            assertThat(entry.id()).isGreaterThan(at);
            String frame = new String(entry.frame(), UTF_8);
            int number = Integer.parseInt(frame.substring(frame.indexOf("data: ") + 6, frame.length() - 2));
            Integer before = last.put(entry.channel(), number);
            int expected = before != null ? before + 1 : gaps == 0 ? 1 : number;
            assertThat(number).as(entry.channel()).isEqualTo(expected);
        }
    }
}
