// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SseEventTest {

    private static final SseEvent EVENT = SseEvent.of("data");

    static Stream<Arguments> ids() {
        return Stream.of(
                Arguments.of("", "id: 0 characters long (expected: 1 to 128)"),
                Arguments.of("a".repeat(129), "id: 129 characters long (expected: 1 to 128)"),
                Arguments.of("a\nb", "id: contains a line break (expected: printable ASCII)"),
                Arguments.of("a\r", "id: contains a line break (expected: printable ASCII)"),
                Arguments.of("\0", "id: contains NUL (expected: printable ASCII)"),
                Arguments.of("a\tb", "id: contains the character U+0009 (expected: printable ASCII)"),
                Arguments.of("\u007F", "id: contains the character U+007F (expected: printable ASCII)"),
                Arguments.of("é", "id: contains the character U+00E9 (expected: printable ASCII)"),
                Arguments.of("\uD83D", "id: contains the character U+D83D (expected: printable ASCII)"),
                Arguments.of(" a", "id: begins or ends with a space (expected: no outer space)"),
                Arguments.of("a ", "id: begins or ends with a space (expected: no outer space)"));
    }

    @ParameterizedTest
    @MethodSource("ids")
    void idThatABrowserWouldChangeIsRefused(String id, String message) {
        assertThatThrownBy(() -> EVENT.withId(id))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    static Stream<Arguments> types() {
        return Stream.of(
                Arguments.of("", "event: is empty (expected: at least one character)"),
                Arguments.of("a\nid: 1", "event: contains a line break (expected: one line without NUL)"),
                Arguments.of("a\r", "event: contains a line break (expected: one line without NUL)"),
                Arguments.of("\0a", "event: contains NUL (expected: one line without NUL)"));
    }

    @ParameterizedTest
    @MethodSource("types")
    void typeThatWouldForgeAFieldIsRefused(String type, String message) {
        assertThatThrownBy(() -> SseEvent.of(type, "data"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    static Stream<Arguments> retries() {
        return Stream.of(
                Arguments.of(Duration.ZERO, "retry: PT0S (expected: PT1S to PT1H)"),
                Arguments.of(Duration.ofSeconds(-3), "retry: PT-3S (expected: PT1S to PT1H)"),
                Arguments.of(Duration.ofMillis(999), "retry: PT0.999S (expected: PT1S to PT1H)"),
                Arguments.of(Duration.ofMillis(3_600_001), "retry: PT1H0.001S (expected: PT1S to PT1H)"),
                Arguments.of(
                        Duration.ofSeconds(Long.MAX_VALUE), "retry: PT2562047788015215H30M7S (expected: PT1S to PT1H)"),
                Arguments.of(Duration.ofNanos(1_000_000_001), "retry: PT1.000000001S (expected: whole milliseconds)"));
    }

    @ParameterizedTest
    @MethodSource("retries")
    void retryOutOfItsRangeIsRefused(Duration retry, String message) {
        assertThatThrownBy(() -> EVENT.withRetry(retry))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "~", "a b", "1795209613220-0-1k3f9z.12"})
    void idsOfPrintableAsciiAreTaken(String id) {
        assertThat(EVENT.withId(id).id()).isEqualTo(id);
        assertThatCode(() -> EVENT.withId("a".repeat(128))).doesNotThrowAnyException();
    }

    @Test
    void retryMayBeItsBounds() {
        assertThat(EVENT.withRetry(SseEvent.MIN_RETRY)
                        .withRetry(SseEvent.MAX_RETRY)
                        .retry())
                .isEqualTo(Duration.ofHours(1));
    }

    @Test
    void eachWithChangesOneThing() {
        SseEvent event = SseEvent.of("type", "data").withId("1").withRetry(Duration.ofSeconds(2));
        assertThat(event).isEqualTo(new SseEvent("1", "type", Duration.ofSeconds(2), "data"));
        assertThat(event.withId(null).withRetry(null)).isEqualTo(SseEvent.of("type", "data"));
    }
}
