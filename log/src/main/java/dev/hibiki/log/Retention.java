// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import java.time.Duration;

/**
 * How much a log keeps: the oldest entries go as soon as any of the three is exceeded.
 *
 * @param entries the most entries, at least 1
 * @param bytes the most bytes, counted as {@link LogEntry#weight}, at least 1
 * @param age how long an entry is kept after its append, more than zero
 */
public record Retention(long entries, long bytes, Duration age) {

    /** A million entries, 64 MiB, a day: about a quarter of a million small events. */
    public static final Retention DEFAULT = new Retention(1_000_000, 64L << 20, Duration.ofDays(1));

    public Retention {
        if (entries < 1) {
            throw new IllegalArgumentException("retention entries: " + entries + " (expected: at least 1)");
        }
        if (bytes < 1) {
            throw new IllegalArgumentException("retention bytes: " + bytes + " (expected: at least 1)");
        }
        if (age.isNegative() || age.isZero()) {
            throw new IllegalArgumentException("retention age: " + age + " (expected: more than zero)");
        }
    }
}
