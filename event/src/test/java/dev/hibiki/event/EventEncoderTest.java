// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventEncoderTest {

    static Stream<Arguments> events() {
        return Stream.of(
                Arguments.of(SseEvent.of("hello"), "data: hello\n\n"),
                Arguments.of(SseEvent.of(""), "data: \n\n"),
                Arguments.of(SseEvent.of("price", "1"), "event: price\ndata: 1\n\n"),
                Arguments.of(SseEvent.of("message", "1"), "event: message\ndata: 1\n\n"),
                Arguments.of(SseEvent.of("1").withId("7-0"), "id: 7-0\ndata: 1\n\n"),
                Arguments.of(SseEvent.of("1").withRetry(Duration.ofSeconds(3)), "retry: 3000\ndata: 1\n\n"),
                Arguments.of(
                        new SseEvent("7-0", "price", Duration.ofHours(1), "1"),
                        "id: 7-0\nevent: price\nretry: 3600000\ndata: 1\n\n"),
                Arguments.of(SseEvent.of(" : x", " : y"), "event:  : x\ndata:  : y\n\n"),
                Arguments.of(SseEvent.of("a\nb"), "data: a\ndata: b\n\n"),
                Arguments.of(SseEvent.of("a\rb"), "data: a\ndata: b\n\n"),
                Arguments.of(SseEvent.of("a\r\nb"), "data: a\ndata: b\n\n"),
                Arguments.of(SseEvent.of("a\n\rb"), "data: a\ndata: \ndata: b\n\n"),
                Arguments.of(SseEvent.of("\n"), "data: \ndata: \n\n"),
                Arguments.of(SseEvent.of("a\r"), "data: a\ndata: \n\n"),
                Arguments.of(SseEvent.of("\r\n\r\n"), "data: \ndata: \ndata: \n\n"),
                Arguments.of(
                        SseEvent.of("x\nevent: forged\n\ndata: y"),
                        "data: x\ndata: event: forged\ndata: \ndata: data: y\n\n"),
                Arguments.of(SseEvent.of("\0\u2028\u0085\uFEFF\u000B"), "data: \0\u2028\u0085\uFEFF\u000B\n\n"),
                Arguments.of(SseEvent.of("響", "é\uD83D\uDE00"), "event: 響\ndata: é\uD83D\uDE00\n\n"),
                Arguments.of(
                        SseEvent.of("a\uDE00", "?\uD83D\n\uDE00"), "event: a\uFFFD\ndata: ?\uFFFD\ndata: \uFFFD\n\n"));
    }

    @ParameterizedTest
    @MethodSource("events")
    void eventIsWrittenWithTheseBytes(SseEvent event, String frame) {
        assertThat(EventEncoder.encode(event)).isEqualTo(frame.getBytes(UTF_8));
    }

    @Test
    void bodyLeavesTheIdOut_andFramePutsItBefore() {
        SseEvent event = SseEvent.of("price", "1").withId("ignored");
        byte[] body = EventEncoder.body(event);
        assertThat(body).isEqualTo("event: price\ndata: 1\n\n".getBytes(UTF_8));
        assertThat(EventEncoder.frame("7-0", body)).isEqualTo("id: 7-0\nevent: price\ndata: 1\n\n".getBytes(UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " 7", "7\nevent: forged", "7\u010A"})
    void frameRefusesWhatIsNoId(String id) {
        assertThatThrownBy(() -> EventEncoder.frame(id, EventEncoder.body(SseEvent.of("1"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("id: ");
    }

    @Test
    void retryIsABlockOfItsOwn() {
        assertThat(EventEncoder.retry(Duration.ofSeconds(3))).isEqualTo("retry: 3000\n\n".getBytes(ISO_8859_1));
        assertThatThrownBy(() -> EventEncoder.retry(Duration.ofMillis(999)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("retry: PT0.999S (expected: PT1S to PT1H)");
    }

    @Test
    void commentIsAColonAndTheTextAsItIs() {
        assertThat(EventEncoder.comment("heartbeat")).isEqualTo(":heartbeat\n\n".getBytes(UTF_8));
        assertThat(EventEncoder.comment("")).isEqualTo(":\n\n".getBytes(UTF_8));
        assertThat(EventEncoder.comment(" é\uD83D")).isEqualTo(": é\uFFFD\n\n".getBytes(UTF_8));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb", "a\rb", "\r\n", "\n"})
    void commentOfSeveralLinesIsRefused(String text) {
        assertThatThrownBy(() -> EventEncoder.comment(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("comment: contains a line break (expected: one line without NUL)");
    }

    @Test
    void commentWithNulIsRefused() {
        assertThatThrownBy(() -> EventEncoder.comment("a\0"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("comment: contains NUL (expected: one line without NUL)");
    }
}
