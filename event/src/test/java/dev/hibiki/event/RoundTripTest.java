// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is written is read again, whatever it is and wherever it is cut. */
class RoundTripTest {

    private static final String FIRST_ID = "where-it-resumed";

    @Test
    void whatIsWrittenIsRead_whereverItIsCut() {
        Seeded.check(3_000, random -> {
            var stream = new ByteArrayOutputStream();
            var expected = new ArrayList<Object>();
            String lastEventId = FIRST_ID;
            for (int blocks = random.nextInt(12); blocks > 0; blocks--) {
                lastEventId = writeBlock(stream, expected, lastEventId, random);
            }

            var recorder = new Recorder();
            var parser = new EventParser(recorder, EventParser.Limits.USUAL, FIRST_ID);
            Cuts.feedCut(parser, stream.toByteArray(), random);

            assertThat(recorder.said()).isEqualTo(expected);
            assertThat(parser.lastEventId()).isEqualTo(lastEventId);
        });
    }

    @Test
    void bodyAndFrameTogetherAreTheSameAsEncode() {
        Seeded.check(1_000, random -> {
            String id = anyId(random);
            SseEvent event = anyEvent(random).withId(id);
            assertThat(EventEncoder.frame(id, EventEncoder.body(event))).isEqualTo(EventEncoder.encode(event));
        });
    }

    /** Writes a comment, a reconnection time or an event, adds what a reader should say of it, and returns the last id. */
    private static String writeBlock(
            ByteArrayOutputStream stream, List<Object> expected, String lastEventId, Random random) {
        switch (random.nextInt(6)) {
            case 0 -> {
                String text = Texts.oneLineWithoutNul(random);
                stream.writeBytes(EventEncoder.comment(text));
                expected.add(new Recorder.Comment(Texts.withoutLoneSurrogates(text)));
                return lastEventId;
            }
            case 1 -> {
                Duration retry = anyRetry(random);
                stream.writeBytes(EventEncoder.retry(retry));
                expected.add(new Recorder.Retry(retry.toMillis()));
                return lastEventId;
            }
            default -> {
                SseEvent event = anyEvent(random);
                stream.writeBytes(EventEncoder.encode(event));
                String id = event.id() == null ? lastEventId : event.id();
                expect(event, id, expected);
                return id;
            }
        }
    }

    private static void expect(SseEvent event, String id, List<Object> expected) {
        if (event.retry() != null) {
            expected.add(new Recorder.Retry(event.retry().toMillis()));
        }
        String type = event.type() == null ? "message" : Texts.withoutLoneSurrogates(event.type());
        expected.add(new Recorder.Event(type, Texts.withLineFeeds(Texts.withoutLoneSurrogates(event.data())), id));
    }

    private static SseEvent anyEvent(Random random) {
        String type = Texts.oneLineWithoutNul(random);
        @Nullable String typeOrNone = type.isEmpty() || random.nextBoolean() ? null : type;
        @Nullable String id = random.nextBoolean() ? null : anyId(random);
        @Nullable Duration retry = random.nextInt(4) == 0 ? anyRetry(random) : null;
        return new SseEvent(id, typeOrNone, retry, Texts.any(random));
    }

    private static String anyId(Random random) {
        var id = new StringBuilder();
        for (int length = 1 + random.nextInt(SseEvent.MAX_ID_LENGTH); length > 0; length--) {
            id.append((char) (' ' + random.nextInt(0x7F - ' ')));
        }
        return id.toString().strip().isEmpty() ? "0" : id.toString().strip();
    }

    private static Duration anyRetry(Random random) {
        return Duration.ofMillis(1_000 + random.nextInt(3_599_001));
    }
}
