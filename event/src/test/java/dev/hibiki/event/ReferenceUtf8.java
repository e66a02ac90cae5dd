// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import java.util.Arrays;

/**
 * UTF-8 by the table of the Unicode Standard (table 3-7, "Well-Formed UTF-8 Byte Sequences") and by its definition D93b: the longest beginning of a
 * well-formed sequence, or else one byte, is one U+FFFD.
 */
final class ReferenceUtf8 {

    /** Each row: the lowest and highest value of each byte. */
    private static final int[][] WELL_FORMED = {
        {0x00, 0x7F},
        {0xC2, 0xDF, 0x80, 0xBF},
        {0xE0, 0xE0, 0xA0, 0xBF, 0x80, 0xBF},
        {0xE1, 0xEC, 0x80, 0xBF, 0x80, 0xBF},
        {0xED, 0xED, 0x80, 0x9F, 0x80, 0xBF},
        {0xEE, 0xEF, 0x80, 0xBF, 0x80, 0xBF},
        {0xF0, 0xF0, 0x90, 0xBF, 0x80, 0xBF, 0x80, 0xBF},
        {0xF1, 0xF3, 0x80, 0xBF, 0x80, 0xBF, 0x80, 0xBF},
        {0xF4, 0xF4, 0x80, 0x8F, 0x80, 0xBF, 0x80, 0xBF},
    };

    private ReferenceUtf8() {}

    static String decode(byte[] bytes) {
        var text = new StringBuilder();
        int at = 0;
        while (at < bytes.length) {
            int longest = 1;
            boolean complete = false;
            for (int[] row : WELL_FORMED) {
                int matching = matching(row, bytes, at);
                if (matching > longest || (matching == longest && 2 * matching == row.length)) {
                    longest = matching;
                    complete = 2 * matching == row.length;
                }
            }
            text.appendCodePoint(complete ? codePoint(Arrays.copyOfRange(bytes, at, at + longest)) : 0xFFFD);
            at += longest;
        }
        return text.toString();
    }

    /** How many bytes from {@code at} on are as the row has them. */
    private static int matching(int[] row, byte[] bytes, int at) {
        int n = 0;
        while (2 * n < row.length && at + n < bytes.length) {
            int value = bytes[at + n] & 0xFF;
            if (value < row[2 * n] || value > row[2 * n + 1]) {
                break;
            }
            n++;
        }
        return n;
    }

    private static int codePoint(byte[] sequence) {
        int[] b = new int[sequence.length];
        for (int i = 0; i < b.length; i++) {
            b[i] = sequence[i] & 0xFF;
        }
        return switch (b.length) {
            case 1 -> b[0];
            case 2 -> (b[0] - 0xC0) * 0x40 + (b[1] - 0x80);
            case 3 -> (b[0] - 0xE0) * 0x1000 + (b[1] - 0x80) * 0x40 + (b[2] - 0x80);
            default -> (b[0] - 0xF0) * 0x40000 + (b[1] - 0x80) * 0x1000 + (b[2] - 0x80) * 0x40 + (b[3] - 0x80);
        };
    }
}
