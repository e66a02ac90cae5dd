// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventParserLimitsTest {

    private static final EventParser.Limits SMALL = new EventParser.Limits(20, 30);

    private final Recorder recorder = new Recorder();
    private final EventParser parser = new EventParser(recorder, SMALL, "");

    @ParameterizedTest
    @ValueSource(strings = {"data:45678901234567890", ":23456789012345678901", "x23456789012345678901"})
    void lineOverTheLimitIsRefused_howeverItComes_withAllToldThatCameBefore(String line) {
        byte[] stream = ("data:a\n\n" + line + "\n\ndata:lost\n\n").getBytes(UTF_8);
        assertThatThrownBy(() -> parser.feed(stream, 0, stream.length))
                .isInstanceOf(EventTooLargeException.class)
                .hasMessage("line: too large (expected: at most 20 bytes)");
        assertThat(recorder.said()).containsExactly(new Recorder.Event("message", "a", ""));

        parser.end();
        assertThatThrownBy(() -> Cuts.feedBytewise(parser, stream))
                .isInstanceOf(EventTooLargeException.class)
                .hasMessage("line: too large (expected: at most 20 bytes)");
        assertThat(recorder.said()).hasSize(2);
    }

    @Test
    void lineThatNeverEndsIsRefusedWithTheFirstByteOverTheLimit() {
        feed("data:678901234567890");
        assertThatThrownBy(() -> feed("x")).isInstanceOf(EventTooLargeException.class);
        assertThat(recorder.said()).isEmpty();
    }

    @Test
    void lineAndEventOfJustTheLimitAreTold() {
        feed("data:678901234567890\ndata:6789012345678\n\n");
        assertThat(recorder.said())
                .containsExactly(new Recorder.Event("message", "678901234567890\n6789012345678", ""));
    }

    @Test
    void beginningOfAByteOrderMarkCountsAsTheLineThatItIs() {
        parser.feed(new byte[] {(byte) 0xEF, (byte) 0xBB}, 0, 2);
        feed("345678901234567890");
        assertThatThrownBy(() -> feed("x")).isInstanceOf(EventTooLargeException.class);
    }

    @Test
    void eventOverTheLimitIsRefused_alsoWhenItsLinesAreShort() {
        feed("data\n".repeat(30));
        assertThatThrownBy(() -> feed("data\n"))
                .isInstanceOf(EventTooLargeException.class)
                .hasMessage("event: too large (expected: at most 30 bytes)");
    }

    @Test
    void whatIsNotKeptHasNoLimit() {
        feed("foo: 1\nevent: e\nid: 1\nretry: 1\n".repeat(1_000) + "\n".repeat(1_000) + "data:a\n\n".repeat(1_000));
        assertThat(recorder.events()).hasSize(1_000);
    }

    @Test
    void afterARefusalTheParserReadsTheNextStream() {
        assertThatThrownBy(() -> feed("data:678901234567890x")).isInstanceOf(EventTooLargeException.class);
        assertThatThrownBy(() -> feed("\n")).isInstanceOf(IllegalStateException.class);
        parser.end();
        feed("data:a\n\n");
        assertThat(recorder.said()).containsExactly(new Recorder.Event("message", "a", ""));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, maxLineBytes: 0 (expected: at least 1)",
        "1, -1, maxEventBytes: -1 (expected: at least 1)",
    })
    void limitsThatLetNothingPassAreRefused(int maxLineBytes, int maxEventBytes, String message) {
        assertThatThrownBy(() -> new EventParser.Limits(maxLineBytes, maxEventBytes))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    private void feed(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        parser.feed(bytes, 0, bytes.length);
    }
}
