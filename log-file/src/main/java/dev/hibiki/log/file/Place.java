// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.log.EventId;

/**
 * An id of one incarnation in one number, so that it can be a row's key: {@code millis << 21 | sequence}. Numbers order as ids do.
 *
 * <p>Two million ids in one millisecond are more than a disk can take. Should there ever be more, the carry makes the next
 * number the first of the next millisecond. The clock fits until the year 2109.
 */
final class Place {

    static final int SEQUENCE_BITS = 21;

    private static final long MAX_SEQUENCE = (1L << SEQUENCE_BITS) - 1;
    private static final long MAX_MILLIS = Long.MAX_VALUE >> SEQUENCE_BITS;

    private Place() {}

    /** The number of an id, or of the last id before it that has one: a place up to this number is one up to the id. */
    static long of(EventId id) {
        return id.millis() > MAX_MILLIS
                ? Long.MAX_VALUE
                : id.millis() << SEQUENCE_BITS | Math.min(id.sequence(), MAX_SEQUENCE);
    }

    static EventId toId(long place, long incarnation) {
        return new EventId(place >> SEQUENCE_BITS, place & MAX_SEQUENCE, incarnation);
    }

    /** The place that follows one, at the clock's millisecond where the clock went forward. */
    static long next(long place, long nowMillis) {
        return Math.max(Math.min(nowMillis, MAX_MILLIS) << SEQUENCE_BITS, Math.addExact(place, 1));
    }
}
