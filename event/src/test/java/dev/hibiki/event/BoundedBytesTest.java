// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class BoundedBytesTest {

    private final BoundedBytes bytes = new BoundedBytes("line", 100_000);

    @Test
    void neverHoldsMoreThanItsBound_andKeepsWhatItHasWhenItRefuses() {
        byte[] piece = new byte[999];
        for (int i = 0; i < 100; i++) {
            bytes.append(piece, 0, piece.length);
        }
        assertThatThrownBy(() -> bytes.append(piece, 0, piece.length))
                .isInstanceOf(EventTooLargeException.class)
                .hasMessage("line: too large (expected: at most 100000 bytes)");
        assertThat(bytes.length()).isEqualTo(99_900);
        assertThat(bytes.array().length).isLessThanOrEqualTo(100_000);
    }

    @Test
    void lineIsRefusedIfItsEndIsOverTheBound_andThenNothingOfItIsKept() {
        assertThatThrownBy(() -> bytes.appendLine(new byte[100_000], 0, 100_000))
                .isInstanceOf(EventTooLargeException.class);
        assertThat(bytes.length()).isZero();
    }

    @Test
    void isKeptSmallByClearing_thoughNotByEachClearing() {
        bytes.append(new byte[70_000], 0, 70_000);
        bytes.clear();
        assertThat(bytes.array()).isEmpty();

        bytes.append("abc".getBytes(US_ASCII), 0, 3);
        byte[] small = bytes.array();
        bytes.clear();
        assertThat(bytes.length()).isZero();
        assertThat(bytes.array()).isSameAs(small);
    }
}
