// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The parser says what {@link ReferenceParser} says, of any bytes, wherever they are cut. */
class EventParserDifferentialTest {

    private static final byte[][] TOKENS = {
        bytes("\r"),
        bytes("\n"),
        bytes(":"),
        bytes(" "),
        bytes("data"),
        bytes("id"),
        bytes("\0"),
        bytes("\uFEFF"),
        {(byte) 0xE2},
    };

    private static final byte[][] INGREDIENTS = {
        bytes("\r"),
        bytes("\n"),
        bytes("\r\n"),
        bytes("\n\n"),
        bytes("\r\r"),
        bytes("\r\n\r\n"),
        bytes("\n\r"),
        bytes("data"),
        bytes("data:"),
        bytes("data: "),
        bytes("event"),
        bytes("event: "),
        bytes("id"),
        bytes("id: "),
        bytes("id:1"),
        bytes("retry"),
        bytes("retry: "),
        bytes("retry:30"),
        bytes("0"),
        bytes("9999999999999999999"),
        bytes(":"),
        bytes(" "),
        bytes("Data:"),
        bytes("dat"),
        bytes("a"),
        bytes("message"),
        bytes("\0"),
        bytes("\t"),
        bytes("\uFEFF"),
        bytes("é"),
        bytes("響"),
        bytes("\uD83D\uDE00"),
        bytes("\u2028"),
        bytes("\u0085"),
        {(byte) 0xEF},
        {(byte) 0xEF, (byte) 0xBB},
        {(byte) 0xF0, (byte) 0x9F},
        {(byte) 0xE2, (byte) 0x82},
        {(byte) 0xED, (byte) 0xA0, (byte) 0x80},
        {(byte) 0xC0, (byte) 0x80},
        {(byte) 0x80},
        {(byte) 0xFF},
        bytes("0123456789abcdef0123456789"),
    };

    @Test
    void everyShortStreamIsReadAsTheStandardTellsIt_wholeAndByteByByte() {
        for (int length = 0; length <= 5; length++) {
            int[] digits = new int[length];
            do {
                var stream = new ByteArrayOutputStream();
                for (int digit : digits) {
                    stream.writeBytes(TOKENS[digit]);
                }
                stream.writeBytes(bytes("\ndata:z\n\n"));
                assertReadWholeAndByteByByte(stream.toByteArray());
            } while (Utf8Test.next(digits, TOKENS.length));
        }
    }

    private static void assertReadWholeAndByteByByte(byte[] stream) {
        ReferenceParser.Result expected = ReferenceParser.parse(stream, "before");

        var whole = new Recorder();
        new EventParser(whole, EventParser.Limits.USUAL, "before").feed(stream, 0, stream.length);
        assertThat(whole.said()).isEqualTo(expected.said());

        var bytewise = new Recorder();
        Cuts.feedBytewise(new EventParser(bytewise, EventParser.Limits.USUAL, "before"), stream);
        assertThat(bytewise.said()).isEqualTo(expected.said());
    }

    @Test
    void anyBytesAreReadAsTheStandardTellsIt_whereverTheyAreCut() {
        Seeded.check(10_000, random -> {
            byte[] stream = soup(random);
            ReferenceParser.Result expected = ReferenceParser.parse(stream, "before");

            var recorder = new Recorder();
            var parser = new EventParser(recorder, EventParser.Limits.USUAL, "before");
            Cuts.feedCut(parser, stream, random);

            assertThat(recorder.said()).isEqualTo(expected.said());
            assertThat(parser.lastEventId()).isEqualTo(expected.lastEventId());
        });
    }

    private static byte[] soup(Random random) {
        var stream = new ByteArrayOutputStream();
        for (int parts = random.nextInt(120); parts > 0; parts--) {
            stream.writeBytes(INGREDIENTS[random.nextInt(INGREDIENTS.length)]);
            if (random.nextInt(20) == 0) {
                stream.write(random.nextInt(256));
            }
        }
        return stream.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
