// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ByteScanTest {

    @Test
    void everyByteValueAtEveryPlaceIsFoundIfItEndsALine() {
        for (int value = 0; value < 256; value++) {
            for (int at = 0; at < 20; at++) {
                byte[] bytes = "ABCDEFGHIJKLMNOPQRST".getBytes(US_ASCII);
                bytes[at] = (byte) value;
                int expected = value == '\n' || value == '\r' ? at : bytes.length;
                assertThat(ByteScan.lineEnd(bytes, 0, bytes.length))
                        .as("%d at %d", value, at)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void theFirstLineEndOfTheRangeIsFound_whateverIsAroundIt() {
        Seeded.check(20_000, random -> {
            byte[] bytes = soup(random);
            int from = random.nextInt(bytes.length + 1);
            int to = from + random.nextInt(bytes.length - from + 1);
            int expected = from;
            while (expected < to && bytes[expected] != '\n' && bytes[expected] != '\r') {
                expected++;
            }
            assertThat(ByteScan.lineEnd(bytes, from, to)).isEqualTo(expected);
        });
    }

    @Test
    void aByteIsContainedIfItIsInTheRange() {
        Seeded.check(20_000, random -> {
            byte[] bytes = soup(random);
            int from = random.nextInt(bytes.length + 1);
            int to = from + random.nextInt(bytes.length - from + 1);
            boolean expected = false;
            for (int at = from; at < to; at++) {
                expected |= bytes[at] == '\0';
            }
            assertThat(ByteScan.contains('\0', bytes, from, to)).isEqualTo(expected);
        });
    }

    /** Mostly values around those that matter: below and at the bounds, and the same with the high bit. */
    private static byte[] soup(Random random) {
        byte[] values = {0, 1, 9, 10, 11, 12, 13, 14, 15, 'a', 127, -128, -127, -118, -115, -114, -113, -1};
        byte[] bytes = new byte[random.nextInt(40)];
        random.nextBytes(bytes);
        for (int i = 0; i < bytes.length; i++) {
            if (random.nextInt(3) == 0) {
                bytes[i] = values[random.nextInt(values.length)];
            }
        }
        return bytes;
    }
}
