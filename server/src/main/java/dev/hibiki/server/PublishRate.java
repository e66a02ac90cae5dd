// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How fast each publisher may publish: a token bucket of one second for each one that has published lately.
 *
 * <p>A bucket is one number, the time at which it will be full again; publishing moves that on. As long as there is anything
 * in the bucket, a publisher may take more than there is, and the bucket is in debt: a batch is all or nothing, so one that
 * is larger than the bucket must be possible, and is paid for afterwards. A full bucket is not kept, so the table holds only
 * publishers that have published in the last second or are in debt, and at most {@value #MOST_CALLERS}; one more is treated
 * as if it were too fast. Any thread.
 */
final class PublishRate {

    static final int MOST_CALLERS = 100_000;

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final long nanosEach;
    private final LongSupplier clock;
    private final Refusals refusals;
    private final ConcurrentHashMap<Object, Long> fullAt = new ConcurrentHashMap<>();

    /**
     * Makes the buckets.
     *
     * @param perSecond how many events a second, or 0 for no limit
     * @param clock nanoseconds, as {@link System#nanoTime}
     */
    PublishRate(int perSecond, LongSupplier clock, Refusals refusals) {
        this.nanosEach = perSecond == 0 ? 0 : Math.max(1, SECOND / perSecond);
        this.clock = clock;
        this.refusals = refusals;
    }

    /**
     * Takes what some events cost.
     *
     * @throws HttpProblem 429 with {@code Retry-After} if the caller is too fast; then nothing is taken
     */
    void take(Object caller, int events) {
        if (nanosEach == 0) {
            return;
        }
        long now = clock.getAsLong();
        var pause = new long[1];
        if (fullAt.containsKey(caller) || fullAt.mappingCount() < MOST_CALLERS) {
            // In one step, or two publishers at once would both take the last of it.
            fullAt.compute(caller, (same, full) -> {
                pause[0] = pauseNanos(full, now);
                return pause[0] > 0 || events == 0 ? full : charged(full, now, events);
            });
        } else {
            pause[0] = SECOND;
        }
        if (pause[0] > 0) {
            refusals.add(Refusals.Limit.PUBLISHES);
            long seconds = (pause[0] + SECOND - 1) / SECOND;
            throw new HttpProblem(
                            429,
                            "Too many requests",
                            "events: come too fast (expected: at most " + SECOND / nanosEach + " a second)")
                    .withHeader("Retry-After", Long.toString(seconds));
        }
    }

    /** Takes what some events cost, even if the bucket is empty; for a caller that waits as long as {@link #pauseNanos} says. */
    void charge(Object caller, int events) {
        if (nanosEach != 0 && events > 0) {
            long now = clock.getAsLong();
            fullAt.compute(caller, (same, full) -> charged(full, now, events));
        }
    }

    private Long charged(@Nullable Long full, long now, int events) {
        return (full == null || full - now < 0 ? now : full) + events * nanosEach;
    }

    /** How long a caller that can wait should wait before its next event, in nanoseconds; 0 or less if not at all. */
    long pauseNanos(Object caller) {
        return nanosEach == 0 ? 0 : pauseNanos(fullAt.get(caller), clock.getAsLong());
    }

    private long pauseNanos(@Nullable Long full, long now) {
        return full == null ? 0 : full - now - SECOND + nanosEach;
    }

    /** Forgets the buckets that are full again; to be called now and then. */
    void sweep() {
        long now = clock.getAsLong();
        fullAt.values().removeIf(full -> full - now <= 0);
    }

    /** How many buckets are kept. */
    int size() {
        return fullAt.size();
    }
}
