// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Utf8Test {

    /** The bytes at which the table of well-formed sequences changes, and their neighbours. */
    private static final int[] BOUNDS = {
        0x00, 0x0A, 0x3F, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC,
        0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF
    };

    @ParameterizedTest
    @CsvSource({
        "C3A9, 00E9", // well-formed
        "EDA080, FFFD FFFD FFFD", // a surrogate
        "C080, FFFD FFFD", // overlong
        "F09F98, FFFD", // cut off
        "F09F980A, FFFD 000A", // a line end is not swallowed
        "F09F98F09F9880, FFFD D83D DE00", // a new sequence is not swallowed
        "F4908080, FFFD FFFD FFFD FFFD", // above U+10FFFF
        "E28041, FFFD 0041",
        "EFBBBF41, FEFF 0041", // a byte order mark is a character here
        "EFBFBD, FFFD", // U+FFFD itself
    })
    void eachMaximalSubpartOfAMalformedSequenceIsOneReplacement(String bytes, String chars) {
        var expected = new StringBuilder();
        for (String unit : chars.split(" ", -1)) {
            expected.append((char) Integer.parseInt(unit, 16));
        }
        assertThat(decode(HexFormat.of().parseHex(bytes))).isEqualTo(expected.toString());
    }

    @Test
    void everySequenceOfUpToFourBoundaryBytesIsReadAsTheTableSays() {
        for (int length = 0; length <= 4; length++) {
            int[] digits = new int[length];
            do {
                byte[] bytes = new byte[length];
                for (int i = 0; i < length; i++) {
                    bytes[i] = (byte) BOUNDS[digits[i]];
                }
                if (!decode(bytes).equals(ReferenceUtf8.decode(bytes))) {
                    assertThat(decode(bytes)).as(Arrays.toString(bytes)).isEqualTo(ReferenceUtf8.decode(bytes));
                }
            } while (next(digits, BOUNDS.length));
        }
    }

    @Test
    void whatIsOutsideOfTheRangeIsNotRead() {
        byte[] bytes = HexFormat.of().parseHex("E282E282ACE282");
        assertThat(Utf8.decode(bytes, 2, 5)).isEqualTo("€");
        assertThat(Utf8.decode(bytes, 2, 4)).isEqualTo("\uFFFD");
        assertThat(Utf8.decode(bytes, 3, 3)).isEmpty();
    }

    @Test
    void everyShortTextIsWrittenWithItsLoneSurrogatesReplaced() {
        char[] units = {
            'a', '?', '\u00E9', '\u20AC', '\uD7FF', '\uD83D', '\uDBFF', '\uDC00', '\uDE00', '\uE000', '\uFFFD'
        };
        for (int length = 0; length <= 4; length++) {
            int[] digits = new int[length];
            do {
                var text = new StringBuilder();
                for (int digit : digits) {
                    text.append(units[digit]);
                }
                assertThat(Utf8.encode(text.toString()))
                        .isEqualTo(Texts.withoutLoneSurrogates(text.toString()).getBytes(UTF_8));
            } while (next(digits, units.length));
        }
    }

    private static String decode(byte[] bytes) {
        return Utf8.decode(bytes, 0, bytes.length);
    }

    /** Counts up by one; false when all numbers were there. */
    static boolean next(int[] digits, int base) {
        for (int i = 0; i < digits.length; i++) {
            if (++digits[i] < base) {
                return true;
            }
            digits[i] = 0;
        }
        return false;
    }
}
