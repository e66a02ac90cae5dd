// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The thread of all feeds ({@code hibiki-feed}).
 *
 * <p>A beat keeps its rate, and beats that were missed are not made up for: after a stall of this thread, or of the machine,
 * a feed goes on at its next time, without a burst.
 */
final class Ticks {

    private final ScheduledThreadPoolExecutor executor;

    Ticks() {
        executor = new ScheduledThreadPoolExecutor(1, task -> {
            var thread = new Thread(task, "hibiki-feed");
            thread.setDaemon(true);
            return thread;
        });
        executor.setRejectedExecutionHandler(Workers.REFUSES);
        executor.setRemoveOnCancelPolicy(true);
    }

    /** Calls an action on this thread, again and again until it is cancelled; the action must not throw. */
    Beat start(Duration interval, boolean atOnce, Runnable action) {
        var beat = new Beat(interval.toNanos(), action);
        beat.begin(atOnce ? 0 : beat.intervalNanos);
        return beat;
    }

    /** Runs an action on this thread soon; false if it has ended. */
    boolean run(Runnable action) {
        try {
            executor.execute(action);
            return true;
        } catch (RejectedExecutionException ended) {
            return false;
        }
    }

    void close(long millis) throws InterruptedException {
        executor.shutdownNow();
        executor.awaitTermination(millis, TimeUnit.MILLISECONDS);
    }

    /** One action that is called again and again. */
    final class Beat implements Runnable {

        private final long intervalNanos;
        private final Runnable action;
        private long dueNanos;
        private @Nullable Future<?> timer;
        private boolean cancelled;

        private Beat(long intervalNanos, Runnable action) {
            this.intervalNanos = intervalNanos;
            this.action = action;
        }

        private synchronized void begin(long delayNanos) {
            dueNanos = System.nanoTime() + delayNanos;
            schedule(delayNanos);
        }

        @Override
        public void run() {
            action.run();
            synchronized (this) {
                long now = System.nanoTime();
                dueNanos = nextDue(dueNanos, now, intervalNanos);
                schedule(dueNanos - now);
            }
        }

        private void schedule(long delayNanos) {
            if (!cancelled && !executor.isShutdown()) {
                try {
                    timer = executor.schedule(this, delayNanos, TimeUnit.NANOSECONDS);
                } catch (RejectedExecutionException ended) {
                    cancelled = true;
                }
            }
        }

        synchronized void cancel() {
            cancelled = true;
            if (timer != null) {
                timer.cancel(false);
            }
        }
    }

    /** The first time after now that is a whole number of intervals after the last one. */
    static long nextDue(long lastNanos, long nowNanos, long intervalNanos) {
        long missed = Math.max(0, (nowNanos - lastNanos) / intervalNanos);
        return lastNanos + (missed + 1) * intervalNanos;
    }
}
