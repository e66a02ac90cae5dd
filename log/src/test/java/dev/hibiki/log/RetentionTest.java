// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RetentionTest {

    @Test
    void limitThatKeepsNothingIsRefused() {
        assertThatThrownBy(() -> new Retention(0, 1, Duration.ofMillis(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("retention entries: 0 (expected: at least 1)");
        assertThatThrownBy(() -> new Retention(1, 0, Duration.ofMillis(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("retention bytes: 0 (expected: at least 1)");
        assertThatThrownBy(() -> new Retention(1, 1, Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("retention age: PT0S (expected: more than zero)");
    }

    @Test
    void budgetThatReadsNothingIsRefused() {
        assertThatThrownBy(() -> new ReadBudget(0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("budget: 0 entries, 1 bytes (expected: at least 1)");
        assertThatThrownBy(() -> new ReadBudget(1, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
