// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How long a client waits before it connects again.
 *
 * <p>After a stream that was open: the reconnection time, which the server may set ({@code retry:}), and which the server
 * itself spreads over its clients. After a failure to open: anything up to a ceiling that doubles with each failure (full
 * jitter), so that clients which were sent away together do not come back together; but never sooner than {@code retry:}
 * said. {@code Retry-After} overrides all of this. A server that opens streams and ends them without an event is treated as
 * both. Never less than {@value #FLOOR_MILLIS} ms, so that no server can make its clients reconnect in a tight loop, and
 * never more than a timer takes.
 */
record Backoff(Duration most, RandomGenerator random) {

    static final long FLOOR_MILLIS = 100;
    private static final long LEAST_BASE_MILLIS = 1000;

    /**
     * The next delay.
     *
     * @param failures how many failures there were since the last event, this one included
     * @param wasOpen whether this connection was open
     * @param isAsked whether the server has set the reconnection time
     */
    Duration next(
            int failures, boolean wasOpen, long reconnectionMillis, boolean isAsked, @Nullable Duration retryAfter) {
        if (retryAfter != null) {
            return Duration.ofMillis(clamp(retryAfter.toMillis()));
        }
        long reconnection = clamp(reconnectionMillis);
        if (wasOpen && failures <= 1) {
            return Duration.ofMillis(reconnection);
        }
        long least = wasOpen || isAsked ? reconnection : 0;
        long base = Math.max(reconnection, LEAST_BASE_MILLIS);
        long ceiling = Math.min(base << Math.min(20, Math.max(0, failures - 1)), most.toMillis());
        return Duration.ofMillis(clamp(least + random.nextLong(Math.max(0, ceiling - least) + 1)));
    }

    private static long clamp(long millis) {
        return Math.max(FLOOR_MILLIS, Math.min(millis, Integer.MAX_VALUE));
    }
}
