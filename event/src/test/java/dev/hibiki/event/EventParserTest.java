// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the vectors do not tell: time, ends, failures, buffers. */
class EventParserTest {

    private final Recorder recorder = new Recorder();
    private final EventParser parser = new EventParser(recorder, EventParser.Limits.USUAL, "");

    @Test
    void carriageReturnTellsTheEventAtOnce_andTheLineFeedAfterItIsNoSecondEmptyLine() {
        feed("data:a\r\n\r");
        assertThat(recorder.said()).containsExactly(event("a", ""));
        feed("\ndata:b\r\r");
        assertThat(recorder.said()).containsExactly(event("a", ""), event("b", ""));
    }

    @Test
    void retryIsToldAtOnce_beforeItsBlockEnds() {
        feed("retry:5\n");
        assertThat(recorder.said()).containsExactly(new Recorder.Retry(5));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "00000000000000000000000000042, 42",
        "2147483648, 2147483648",
        "9223372036854775806, 9223372036854775806",
        "9223372036854775807, 9223372036854775807",
        "9223372036854775808, 9223372036854775807",
        "9223372036854775810, 9223372036854775807",
        "99999999999999999999999999999, 9223372036854775807",
    })
    void retryIsToldAsItIs_andWhatIsTooLargeForANumberAsTheLargest(String digits, long millis) {
        feed("retry: " + digits + "\n");
        assertThat(recorder.said()).containsExactly(new Recorder.Retry(millis));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " 1", "1 ", "-1", "+1", "1.0", "1e3", "٤", "1_000", "1\u0000"})
    void retryThatIsNotAsciiDigitsIsIgnored(String value) {
        feed("retry: " + value + "\n\n");
        assertThat(recorder.said()).isEmpty();
    }

    @Test
    void commentIsToldWithAllThatFollowsItsColon() {
        feed(":\n:heartbeat\n:: data: x \u20AC\n");
        assertThat(recorder.said())
                .containsExactly(
                        new Recorder.Comment(""),
                        new Recorder.Comment("heartbeat"),
                        new Recorder.Comment(": data: x \u20AC"));
    }

    @Test
    void idGivenAtTheStartHoldsUntilTheStreamSetsAnother_evenToNothing() {
        var resumed = new EventParser(recorder, EventParser.Limits.USUAL, "7");
        assertThat(resumed.lastEventId()).isEqualTo("7");
        feed(resumed, "data:a\n\nid\ndata:b\n\n");
        assertThat(recorder.said()).containsExactly(event("a", "7"), event("b", ""));
        assertThat(resumed.lastEventId()).isEmpty();
    }

    @Test
    void idCountsWhenItsBlockEnds_alsoWithoutData() {
        feed("id:1\n");
        assertThat(parser.lastEventId()).isEmpty();
        feed("\n");
        assertThat(parser.lastEventId()).isEqualTo("1");
        assertThat(recorder.said()).isEmpty();
    }

    @Test
    void endDropsWhatIsUnfinished_andTheNextStreamGoesOnFromTheLastId() {
        feed("id:1\ndata:a\n\nid:2\nevent:e\ndata:b\ndata:unfinished");
        parser.end();
        assertThat(parser.lastEventId()).isEqualTo("1");
        feed("\uFEFFdata:c\n\n");
        assertThat(recorder.said()).containsExactly(event("a", "1"), event("c", "1"));
    }

    @Test
    void endForgetsAHalfByteOrderMark() {
        parser.feed(new byte[] {(byte) 0xEF, (byte) 0xBB}, 0, 2);
        parser.end();
        feed("data:b\n\n");
        assertThat(recorder.said()).containsExactly(event("b", ""));
    }

    @Test
    void listenerThatEndsTheStreamIsToldNothingMoreOfIt_andMayGetAnother() {
        var told = new ArrayList<String>();
        EventParser[] self = new EventParser[1];
        self[0] = new EventParser(
                (type, data, id) -> {
                    told.add(data);
                    self[0].end();
                },
                EventParser.Limits.USUAL,
                "");
        byte[] stream = "id:1\ndata:a\n\nid:2\ndata:b\n\n".repeat(5_000).getBytes(UTF_8);
        self[0].feed(ByteBuffer.wrap(stream).asReadOnlyBuffer());
        assertThat(told).containsExactly("a");
        assertThat(self[0].lastEventId()).isEqualTo("1");
        feed(self[0], "data:c\n\n");
        assertThat(told).containsExactly("a", "c");
    }

    @Test
    void whatTheListenerThrowsComesOut_andOnlyEndMakesTheParserUsableAgain() {
        var failure = new IllegalArgumentException("no");
        List<String> told = new ArrayList<>();
        var failing = new EventParser(
                (type, data, id) -> {
                    told.add(data);
                    if (data.equals("bad")) {
                        throw failure;
                    }
                },
                EventParser.Limits.USUAL,
                "");
        assertThatThrownBy(() -> feed(failing, "data:bad\n\ndata:lost\n\n")).isSameAs(failure);
        assertThatThrownBy(() -> feed(failing, "data:a\n\n"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("parser: FAILED (expected: READY: one call at a time, and end() after a failure)");
        failing.end();
        feed(failing, "data:b\n\n");
        assertThat(told).containsExactly("bad", "b");
    }

    @Test
    void listenerMayNotFeed() {
        EventParser[] self = new EventParser[1];
        self[0] = new EventParser((type, data, id) -> feed(self[0], "data:b\n\n"), EventParser.Limits.USUAL, "");
        assertThatThrownBy(() -> feed(self[0], "data:a\n\n"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("parser: FEEDING (expected: READY: one call at a time, and end() after a failure)");
    }

    @Test
    void everyKindOfBufferIsReadFromItsPositionToItsLimit() {
        byte[] stream = ("data:" + "a".repeat(20_000) + "\n\n").getBytes(UTF_8);
        byte[] around = ("\n\n" + new String(stream, UTF_8) + "data:b\n\n").getBytes(UTF_8);
        ByteBuffer direct = ByteBuffer.allocateDirect(around.length).put(around).flip();
        ByteBuffer heap = ByteBuffer.wrap(around);
        for (ByteBuffer whole : List.of(heap, heap.asReadOnlyBuffer(), direct, heap.slice(1, around.length - 1))) {
            int from = whole.capacity() == around.length ? 2 : 1;
            ByteBuffer buffer = whole.duplicate().position(from).limit(from + stream.length);
            parser.feed(buffer);
            assertThat(buffer.remaining()).isZero();
        }
        assertThat(recorder.said()).hasSize(4).containsOnly(event("a".repeat(20_000), ""));
    }

    @Test
    void onlyTheGivenRangeOfAnArrayIsRead() {
        byte[] array = "\n\ndata:a\n\ndata:b\n\n".getBytes(UTF_8);
        parser.feed(array, 2, 8);
        assertThat(recorder.said()).containsExactly(event("a", ""));
        assertThatThrownBy(() -> parser.feed(array, 10, array.length)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    private void feed(String text) {
        feed(parser, text);
    }

    private static void feed(EventParser parser, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        parser.feed(bytes, 0, bytes.length);
    }

    private static Recorder.Event event(String data, String lastEventId) {
        return new Recorder.Event("message", data, lastEventId);
    }
}
