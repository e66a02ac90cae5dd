// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Holds back the answers to publishers, for a second at most, while a shard is in danger of being lapped by the window.
 *
 * <p>The event is in the log already; only the publisher, who waits for the answer before the next event, is slowed down to
 * what the shards can deliver. So a flood makes a publisher slower, instead of every live stream falling behind.
 * Thread-safe.
 */
final class Pacer {

    private static final long MAX_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private record Held(Runnable answer, long untilNanos) {}

    private final Window window;
    private final ScheduledExecutorService ticker;
    private final ConcurrentLinkedQueue<Held> held = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean timed = new AtomicBoolean();
    private volatile List<Shard> shards = List.of();

    Pacer(Window window, ScheduledExecutorService ticker) {
        this.window = window;
        this.ticker = ticker;
    }

    void watch(List<Shard> watched) {
        shards = List.copyOf(watched);
    }

    /** What the log answered, now or, while a shard is far behind, somewhat later. */
    <T> CompletableFuture<T> pace(CompletableFuture<T> logAnswer) {
        return logAnswer.thenCompose(ids -> {
            var answer = new CompletableFuture<T>();
            if (isClear()) {
                answer.complete(ids);
            } else {
                hold(() -> answer.complete(ids));
            }
            return answer;
        });
    }

    private void hold(Runnable answer) {
        held.add(new Held(answer, System.nanoTime() + MAX_PAUSE_NANOS));
        schedule(MAX_PAUSE_NANOS);
        progressed(); // the shards may have caught up before the answer stood in the queue
    }

    /** One timer is enough for all: it is set for the answer that has waited longest. */
    private void schedule(long nanos) {
        if (timed.compareAndSet(false, true)) {
            try {
                var unused = ticker.schedule(this::releaseOverdue, nanos, TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException closed) {
                releaseAll();
            }
        }
    }

    /** A shard has moved. */
    void progressed() {
        if (!held.isEmpty() && isClear()) {
            releaseAll();
        }
    }

    private void releaseOverdue() {
        timed.set(false);
        long now = System.nanoTime();
        Held next;
        while ((next = held.peek()) != null && next.untilNanos() - now <= 0) {
            if (held.remove(next)) {
                next.answer().run();
            }
        }
        if (next != null) {
            schedule(next.untilNanos() - now);
        }
    }

    /** Answers everybody. */
    void releaseAll() {
        Held next;
        while ((next = held.poll()) != null) {
            next.answer().run();
        }
    }

    private boolean isClear() {
        for (Shard shard : shards) {
            if (window.isFarBehind(shard.position())) {
                return false;
            }
        }
        return true;
    }
}
