// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A place in a log, and so the id of the event that stands there: {@code <ms>-<seq>-<incarnation>}.
 *
 * <p>Only a log makes new ids ({@link #birth}, {@link #next}); to everybody else an id is opaque. Ids order by incarnation first: an
 * id of another life of the log is before or after all of this life's, never among them, so it can never be taken for one of this
 * life by accident. Within one life they rise strictly, whatever the clock does, and none is used twice. The millisecond is the
 * clock's whenever the clock went forward, so it is close to the append time but no proof of it.
 *
 * @param millis milliseconds since 1970, at least 0
 * @param sequence tells ids of one millisecond apart, at least 0
 * @param incarnation which life of the log, at least 0; written in base 36
 */
public record EventId(long millis, long sequence, long incarnation) implements Comparable<EventId> {

    /** The longest id that {@link #parse} looks at, in characters; what {@link #toString} makes is never longer. */
    public static final int MAX_LENGTH = 64;

    private static final int SALT_BITS = 20;

    private static final AtomicInteger SALT =
            new AtomicInteger(ThreadLocalRandom.current().nextInt());

    public EventId {
        if (millis < 0 || sequence < 0 || incarnation < 0) {
            throw new IllegalArgumentException(
                    "id: " + millis + "-" + sequence + "-" + incarnation + " (expected: no negative part)");
        }
    }

    /**
     * Reads an id as a client returns it. A feed's suffix (a dot and a number) is dropped: on resume only the place counts.
     *
     * @return the place, or null if the text is not an id that a log of ours could have made
     */
    public static @Nullable EventId parse(String text) {
        int dot = text.indexOf('.');
        String place = dot < 0 ? text : text.substring(0, dot);
        int first = place.indexOf('-');
        int second = place.indexOf('-', first + 1);
        if (first < 1 || second < 0 || place.length() > MAX_LENGTH) {
            return null;
        }
        long millis = number(place, 0, first, 10);
        long sequence = number(place, first + 1, second, 10);
        long incarnation = number(place, second + 1, place.length(), 36);
        boolean feed = dot < 0 || number(text, dot + 1, text.length(), 10) >= 0;
        return millis < 0 || sequence < 0 || incarnation < 0 || !feed
                ? null
                : new EventId(millis, sequence, incarnation);
    }

    /**
     * The place before the first entry of a new life of a log. The incarnation is the millisecond and a salt that counts up from a
     * random number: lives born in one process never share it; those of two processes share it with a chance of one in a million
     * if they are born in the same millisecond; and a later one is larger as far as the clock can be trusted.
     *
     * @param nowMillis the log's clock, milliseconds since 1970, at least 0
     */
    public static EventId birth(long nowMillis) {
        long salt = SALT.getAndIncrement() & ((1 << SALT_BITS) - 1);
        return new EventId(nowMillis, 0, (nowMillis << SALT_BITS | salt) & Long.MAX_VALUE);
    }

    /**
     * The place that follows this one: at the clock's millisecond, or next to this place where the clock did not go forward.
     *
     * @param nowMillis the log's clock, milliseconds since 1970
     */
    public EventId next(long nowMillis) {
        return nowMillis > millis
                ? new EventId(nowMillis, 0, incarnation)
                : new EventId(millis, Math.addExact(sequence, 1), incarnation);
    }

    /** Reads an unsigned number in its one canonical form, or returns -1. */
    private static long number(String text, int from, int to, int radix) {
        boolean leadingZero = to - from > 1 && text.charAt(from) == '0';
        if (from >= to || leadingZero) {
            return -1;
        }
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            boolean digit = (c >= '0' && c <= '9') || (radix > 10 && c >= 'a' && c <= 'z');
            if (!digit) {
                return -1;
            }
        }
        try {
            return Long.parseLong(text, from, to, radix);
        } catch (NumberFormatException tooLarge) {
            return -1;
        }
    }

    /** Whether this place is of the same life of the log. */
    public boolean sameIncarnation(EventId other) {
        return incarnation == other.incarnation;
    }

    public boolean isBefore(EventId other) {
        return compareTo(other) < 0;
    }

    public boolean isAfter(EventId other) {
        return compareTo(other) > 0;
    }

    @Override
    public int compareTo(EventId other) {
        if (incarnation != other.incarnation) {
            return Long.compare(incarnation, other.incarnation);
        }
        return millis != other.millis ? Long.compare(millis, other.millis) : Long.compare(sequence, other.sequence);
    }

    @Override
    public String toString() {
        return millis + "-" + sequence + "-" + Long.toString(incarnation, 36);
    }
}
