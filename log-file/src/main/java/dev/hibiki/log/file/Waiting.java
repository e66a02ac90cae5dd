// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.log.EventId;
import dev.hibiki.log.LogUnavailableException;
import dev.hibiki.log.Publication;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The appends that wait for the log's thread, in the order in which they came. Bounded by bytes: what exceeds the bound is refused at
 * once.
 *
 * <p>Any thread adds, the log's thread takes groups: all that waits, up to a bound, so the busier it is, the more appends share a
 * commit.
 */
final class Waiting {

    /** The most bytes of appends that are not answered yet. */
    static final long MOST_BYTES = 64L << 20;

    /** A group is closed when it has this many: a commit of some milliseconds. */
    private static final int GROUP_PUBLICATIONS = 2048;

    private static final long GROUP_BYTES = 4L << 20;

    private static final long LOOK_OUT_NANOS = 50_000;
    private static final int OVERHEAD_BYTES = 256; // of a publication beside its body, by estimate

    /** One batch of a publisher, and its answer. */
    static final class Append {

        final List<Publication> batch;
        final CompletableFuture<List<EventId>> answer = new CompletableFuture<>();
        private final long bytes;

        /** What it will be answered once it is committed, or why it will not be: the log's thread only. */
        @Nullable
        List<EventId> ids;

        @Nullable
        RuntimeException refusal;

        private Append(List<Publication> batch) {
            this.batch = batch;
            this.bytes = batch.stream()
                    .mapToLong(one -> one.body().length + OVERHEAD_BYTES)
                    .sum();
        }
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Append> appends = new ArrayDeque<>();
    private long bytes;

    // changed under the lock, read without
    private volatile boolean some; // whether there is an append
    private volatile @Nullable LogUnavailableException refusal;
    private volatile boolean closed;

    /** Adds a batch, or fails its answer at once. */
    CompletableFuture<List<EventId>> add(List<Publication> batch) {
        var append = new Append(batch);
        lock.lock();
        try {
            LogUnavailableException reason = refusal;
            if (reason != null) {
                return CompletableFuture.failedFuture(reason);
            }
            if (bytes + append.bytes > MOST_BYTES) {
                return CompletableFuture.failedFuture(new LogUnavailableException("log: " + bytes
                        + " bytes wait to be written, and " + append.bytes + " are too many (expected: at most "
                        + MOST_BYTES + " in all)"));
            }
            bytes += append.bytes;
            appends.add(append);
            some = true;
            if (appends.size() == 1) {
                changed.signal();
            }
            return append.answer;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until there is something to do, for that time at most, and takes the next group.
     *
     * @return the group, which may be empty
     */
    List<Append> take(long patienceNanos) {
        if (patienceNanos > 0) {
            lookOut();
        }
        lock.lock();
        try {
            long left = patienceNanos;
            while (appends.isEmpty() && !closed && left > 0) {
                try {
                    left = changed.awaitNanos(left);
                } catch (InterruptedException nobodyMayStopThisThread) {
                    left = 0;
                }
            }
            var group = new ArrayList<Append>();
            int publications = 0;
            long groupBytes = 0;
            while (!appends.isEmpty() && publications < GROUP_PUBLICATIONS && groupBytes < GROUP_BYTES) {
                Append append = appends.remove();
                group.add(append);
                publications += append.batch.size();
                groupBytes += append.bytes;
            }
            some = !appends.isEmpty();
            return group;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Looks for an append for some microseconds before it sleeps: a publisher that was just answered often comes back at
     * once, and waking up takes longer than that.
     */
    private void lookOut() {
        long until = System.nanoTime() + LOOK_OUT_NANOS;
        while (!some && System.nanoTime() < until) {
            Thread.onSpinWait();
        }
    }

    /** Frees the bytes of a group that was answered. */
    void answered(List<Append> group) {
        lock.lock();
        try {
            for (Append append : group) {
                bytes -= append.bytes;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Refuses what comes from now on. The first reason counts. */
    void refuse(LogUnavailableException reason) {
        change(() -> refusal = refusal == null ? reason : refusal);
    }

    /** Refuses what comes from now on, and lets the log's thread end when it has taken what is there. */
    void close() {
        refuse(new LogUnavailableException("log: closed (expected: open)"));
        change(() -> closed = true);
    }

    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        return closed;
    }

    /** Why appends are refused, or null. */
    @Nullable
    LogUnavailableException refusal() {
        return refusal;
    }
}
