// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import java.util.Arrays;

/**
 * Collects bytes up to a bound, and refuses more. When it is cleared it gives up a large array: a stream may be quiet for
 * hours after its one large event.
 */
final class BoundedBytes {

    private static final byte[] EMPTY = {};
    private static final int FIRST_BYTES = 256;
    private static final int KEPT_BYTES = 64 << 10;

    private final String what;
    private final int limit;
    private byte[] bytes = EMPTY;
    private int length;

    BoundedBytes(String what, int limit) {
        this.what = what;
        this.limit = limit;
    }

    int length() {
        return length;
    }

    /** The array whose first {@link #length()} bytes are the content, until the next append. */
    byte[] array() {
        return bytes;
    }

    void append(byte[] source, int from, int to) {
        reserve(to - from);
        System.arraycopy(source, from, bytes, length, to - from);
        length += to - from;
    }

    void appendLine(byte[] source, int from, int to) {
        reserve(to - from + 1);
        append(source, from, to);
        bytes[length++] = '\n';
    }

    void clear() {
        length = 0;
        if (bytes.length > KEPT_BYTES) {
            bytes = EMPTY;
        }
    }

    /**
     * Refuses what cannot be appended.
     *
     * @throws EventTooLargeException if that many more bytes would exceed the bound
     */
    void check(int more) {
        if (more > limit - length) {
            throw new EventTooLargeException(what + ": too large (expected: at most " + limit + " bytes)");
        }
    }

    private void reserve(int more) {
        check(more);
        int needed = length + more;
        if (needed > bytes.length) {
            long doubled = Math.max(FIRST_BYTES, 2L * bytes.length);
            bytes = Arrays.copyOf(bytes, (int) Math.max(needed, Math.min(doubled, limit)));
        }
    }
}
