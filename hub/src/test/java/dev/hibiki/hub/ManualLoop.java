// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.ScheduledFuture;
import io.netty.util.concurrent.Ticker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * An event loop that the test turns by hand, with a clock of its own: the test's thread is the loop's thread, so that each
 * interleaving can be had at will. It also stands in for the hub's other threads. Tasks may be handed over from other threads.
 */
final class ManualLoop extends AbstractScheduledEventExecutor {

    private final MockTicker clock = Ticker.newMockTicker();
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final Thread owner = Thread.currentThread();
    private final Promise<Void> terminated = GlobalEventExecutor.INSTANCE.newPromise();
    private boolean stopped;
    private int timers;

    /** Runs the next task; false if there is none. */
    boolean step() {
        Runnable due;
        while ((due = pollScheduledTask(ticker().nanoTime())) != null) {
            add(due);
        }
        Runnable task;
        synchronized (tasks) {
            task = tasks.poll();
        }
        if (task == null) {
            return false;
        }
        task.run();
        return true;
    }

    /** Runs tasks until none is left. */
    void run() {
        while (step()) {
            // the tasks do the work
        }
    }

    /** Lets the loop's clock go on. What is due then runs at the next {@link #step}. */
    void advance(Duration time) {
        clock.advance(time.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** How many tasks were ever given a time. */
    int timers() {
        return timers;
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        timers++;
        return super.schedule(task, delay, unit);
    }

    private void add(Runnable task) {
        synchronized (tasks) {
            tasks.add(task);
        }
    }

    @Override
    public void execute(Runnable task) {
        if (stopped) {
            throw new RejectedExecutionException("the loop is stopped");
        }
        add(task);
    }

    @Override
    public Ticker ticker() {
        return clock;
    }

    @Override
    public boolean inEventLoop(Thread thread) {
        return thread == owner;
    }

    @Override
    public boolean isShuttingDown() {
        return stopped;
    }

    @Override
    public boolean isShutdown() {
        return stopped;
    }

    @Override
    public boolean isTerminated() {
        return stopped;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return true;
    }

    @Override
    public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
        return terminated;
    }

    @Override
    public Future<?> terminationFuture() {
        return terminated;
    }

    @Override
    @Deprecated
    public void shutdown() {
        stopped = true;
    }
}
