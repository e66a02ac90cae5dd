// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.RejectedExecutionHandler;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The threads that run handlers ({@code hibiki-worker-N}), which may block: bounded in number, with a bounded queue. A task
 * that does not fit is refused, and the caller tells the client.
 */
final class Workers {

    /** Like the JDK's own handler, which however first describes the whole pool, and for that waits for its lock: nothing for a loop. */
    static final RejectedExecutionHandler REFUSES = (task, pool) -> {
        throw new RejectedExecutionException("full, or ended");
    };

    private final ThreadPoolExecutor pool;

    Workers(int threads, int queue) {
        var number = new AtomicInteger();
        pool = new ThreadPoolExecutor(threads, threads, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(queue), task -> {
            var thread = new Thread(task, "hibiki-worker-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        pool.setRejectedExecutionHandler(REFUSES);
        pool.allowCoreThreadTimeOut(true);
    }

    /** Runs a task soon, or returns false if too many wait. */
    boolean run(Runnable task) {
        try {
            pool.execute(task);
            return true;
        } catch (RejectedExecutionException full) {
            return false;
        }
    }

    /** Gives running tasks that much time to end, then interrupts them; returns when no thread is left, or after that time once more. */
    void close(long millis) throws InterruptedException {
        pool.shutdown();
        if (!pool.awaitTermination(millis, TimeUnit.MILLISECONDS)) {
            pool.shutdownNow();
            pool.awaitTermination(millis, TimeUnit.MILLISECONDS);
        }
    }
}
