// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Searches bytes eight at a time: most of the cost of reading and writing an event is the search for the ends of its lines.
 *
 * <p>In a word of eight bytes {@code (word - n × 0x01…01) & ~word & 0x80…80} is not zero if and only if a byte of it is
 * below {@code n} (for n ≤ 128): the subtraction turns the high bit of such a byte on, a byte that had it on is masked out,
 * and a borrow that marks a byte falsely can only come from a byte that was marked rightly. LF and CR are below 14, and
 * little else in a text is; so words without such a byte are skipped, and the others are searched byte by byte.
 */
final class ByteScan {

    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101_0101_0101_0101L;
    private static final long HIGH_BITS = 0x8080_8080_8080_8080L;

    private ByteScan() {}

    /** The index of the first LF or CR in {@code bytes[from, to)}, or {@code to} if there is none. */
    static int lineEnd(byte[] bytes, int from, int to) {
        int at = from;
        while (at <= to - Long.BYTES) {
            long word = (long) WORD.get(bytes, at);
            int next = at + Long.BYTES;
            if (hasByteBelow('\r' + 1, word)) {
                int end = lineEndByteByByte(bytes, at, next);
                if (end < next) {
                    return end;
                }
            }
            at = next;
        }
        return lineEndByteByByte(bytes, at, to);
    }

    private static int lineEndByteByByte(byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && bytes[at] != '\n' && bytes[at] != '\r') {
            at++;
        }
        return at;
    }

    static boolean contains(char ascii, byte[] bytes, int from, int to) {
        int at = from;
        for (; at <= to - Long.BYTES; at += Long.BYTES) {
            if (hasByteBelow(1, (long) WORD.get(bytes, at) ^ (ascii * ONES))) {
                return true;
            }
        }
        for (; at < to; at++) {
            if (bytes[at] == ascii) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasByteBelow(int n, long word) {
        return ((word - n * ONES) & ~word & HIGH_BITS) != 0;
    }
}
