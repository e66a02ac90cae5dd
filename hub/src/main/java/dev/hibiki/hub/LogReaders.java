// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.log.ChannelFilter;
import dev.hibiki.log.EventId;
import dev.hibiki.log.EventLog;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.LogSlice;
import dev.hibiki.log.ReadBudget;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that read the log for streams too far behind for the window: {@code hibiki-reader-N}, where a disk or a network may
 * block. How many reads wait is bounded by the shards, which ask for a few each.
 *
 * <p>A place that a client brought is judged here too, because only the log knows its end.
 */
final class LogReaders {

    private static final Logger LOG = LoggerFactory.getLogger("dev.hibiki.hub");

    private static final int THREADS = 2;

    /** How a read ended. */
    enum Kind {
        /** Entries after the place that was asked for. */
        READ,
        /** The place belongs to another life of the log, or to an end that it lost: entries from where the two part. */
        RESET,
        /** The place is the log's, but beyond what the asker has reached. */
        AHEAD
    }

    /**
     * The outcome of a read.
     *
     * @param after the place that was read from: the one asked for, the place where the lost end began, or the log's birth
     * @param slice what was found; nothing for {@link Kind#AHEAD}
     */
    record Result(Kind kind, EventId after, LogSlice slice) {}

    private final EventLog log;
    private final ExecutorService threads;

    /** Whether it is known that the log cannot be read; so that each outage is logged once. */
    private final AtomicBoolean isAway = new AtomicBoolean();

    LogReaders(EventLog log, ExecutorService threads) {
        this.log = log;
        this.threads = threads;
    }

    static ExecutorService threads() {
        return Executors.newFixedThreadPool(THREADS, new DefaultThreadFactory("hibiki-reader", true));
    }

    /** {@link EventLog#floor}, which may be asked on a loop. */
    EventId floor() {
        return log.floor();
    }

    /** {@link EventLog#surviving}, which may be asked on a loop. */
    EventId surviving(EventId place) {
        return log.surviving(place);
    }

    /** Runs what asks the log, and may block, on one of these threads. */
    <T> CompletableFuture<T> ask(Callable<T> question) {
        var answer = new CompletableFuture<T>();
        threads.execute(() -> {
            try {
                T value = question.call();
                if (isAway.compareAndSet(true, false)) {
                    LOG.info("the log can be read again");
                }
                answer.complete(value);
            } catch (Exception failure) {
                if (isAway.compareAndSet(false, true)) {
                    LOG.warn("the log cannot be read, and streams that need it wait: {}", failure.toString());
                }
                answer.completeExceptionally(failure);
            }
        });
        return answer;
    }

    // ---- on a reader thread

    /**
     * Reads what stands after a place, which a client may have brought.
     *
     * @param asked the place, of whatever life of the log
     * @param upTo what the asker has reached: a place of this life
     */
    Result read(EventId asked, EventId upTo, ChannelFilter filter, ReadBudget budget) throws IOException {
        boolean ours = asked.sameIncarnation(upTo);
        EventId after = ours ? log.surviving(asked) : log.birth();
        boolean believed = after.equals(asked);
        if (believed && asked.isAfter(upTo)) {
            return new Result(Kind.AHEAD, asked, new LogSlice(List.of(), asked, null));
        }
        return new Result(believed ? Kind.READ : Kind.RESET, after, log.read(after, upTo, filter, budget));
    }

    /** What changed the interest of a client, up to a place; see {@link Past#controls}. */
    List<LogEntry> controls(String clientChannel, EventId end) throws IOException {
        return Past.controls(log, end, clientChannel);
    }

    /** {@link EventLog#beforeNewest}, but not after the end that the asker knows. */
    EventId beforeNewest(ChannelFilter filter, int count, EventId end) throws IOException {
        EventId place = log.beforeNewest(filter, count);
        return place.isBefore(end) ? place : end;
    }

    void close() {
        threads.shutdown();
        try {
            if (!threads.awaitTermination(5, TimeUnit.SECONDS)) {
                threads.shutdownNow();
            }
        } catch (InterruptedException interrupted) {
            threads.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }
}
