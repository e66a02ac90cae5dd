// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/** The cases that every parser of the project passes, each in three ways: in its chunks, at once, byte by byte. */
class EventStreamVectorsTest {

    private static final String FILE = "/vectors/event-stream-parser.json";

    record Vector(
            String name,
            String source,
            @Nullable String note,
            List<byte[]> chunks,
            List<Recorder.Event> expected,
            String lastEventId,
            @Nullable Long reconnectionTime) {

        byte[] whole() {
            var out = new ByteArrayOutputStream();
            chunks.forEach(out::writeBytes);
            return out.toByteArray();
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private final Recorder recorder = new Recorder();
    private final EventParser parser = new EventParser(recorder, EventParser.Limits.USUAL, "");

    static List<Vector> vectors() throws IOException {
        try (InputStream file = Objects.requireNonNull(EventStreamVectorsTest.class.getResourceAsStream(FILE), FILE)) {
            return List.of(JsonMapper.shared().readValue(file, Vector[].class));
        }
    }

    @Test
    void allVectorsAreThere() throws IOException {
        assertThat(vectors()).hasSize(139);
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void inItsChunks(Vector vector) {
        for (byte[] chunk : vector.chunks()) {
            parser.feed(chunk, 0, chunk.length);
        }
        assertSaid(vector);
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void atOnce(Vector vector) {
        byte[] whole = vector.whole();
        parser.feed(whole, 0, whole.length);
        assertSaid(vector);
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void byteByByte(Vector vector) {
        Cuts.feedBytewise(parser, vector.whole());
        assertSaid(vector);
    }

    private void assertSaid(Vector vector) {
        parser.end();
        assertThat(recorder.events()).isEqualTo(vector.expected());
        assertThat(parser.lastEventId()).isEqualTo(vector.lastEventId());
        assertThat(lastRetry()).isEqualTo(vector.reconnectionTime());
    }

    private @Nullable Long lastRetry() {
        Long last = null;
        for (Object what : recorder.said()) {
            if (what instanceof Recorder.Retry retry) {
                last = retry.millis();
            }
        }
        return last;
    }
}
