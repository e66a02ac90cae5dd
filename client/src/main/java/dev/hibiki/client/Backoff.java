// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How long a client waits before it connects again.
 *
 * <p>After a stream that was open: the reconnection time, which the server may set ({@code retry:}) and has spread over its clients
 * itself. After a failure to open: anything from nothing to a ceiling that doubles with each failure (full jitter), so that those who
 * were sent away together do not come back together. What the server says by {@code Retry-After} goes before both. A server
 * that opens streams and ends them without an event is treated as both. Never less than {@value #FLOOR_MILLIS} ms, so that no server
 * makes its clients run in circles, nor more than a timer takes.
 */
record Backoff(Duration most, RandomGenerator random) {

    static final long FLOOR_MILLIS = 100;

    /**
     * The next delay.
     *
     * @param failures how many failures there were since the last event, this one included; 0 if there was an event on this connection
     * @param wasOpen whether this connection was open
     */
    Duration next(int failures, boolean wasOpen, long reconnectionMillis, @Nullable Duration retryAfter) {
        long reconnection = clamp(reconnectionMillis);
        if (retryAfter != null) {
            return Duration.ofMillis(clamp(retryAfter.toMillis()));
        }
        if (wasOpen && failures <= 1) {
            return Duration.ofMillis(reconnection);
        }
        long ceiling = ceiling(failures, Math.max(reconnection, 1000));
        long jittered = clamp(random.nextLong(ceiling + 1));
        return Duration.ofMillis(wasOpen ? Math.max(reconnection, jittered) : jittered);
    }

    private long ceiling(int failures, long base) {
        long doubled = base << Math.min(20, Math.max(0, failures - 1));
        return Math.max(base, Math.min(doubled, most.toMillis()));
    }

    private static long clamp(long millis) {
        return Math.max(FLOOR_MILLIS, Math.min(millis, Integer.MAX_VALUE));
    }
}
