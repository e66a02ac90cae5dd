// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import static dev.hibiki.client.ScriptedServer.STREAM;
import static dev.hibiki.client.ScriptedServer.says;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The cases that every client of the project passes, through a real connection: in their chunks, at once, byte by byte. */
class VectorsIT {

    static List<JsonNode> vectors() throws IOException {
        String file = "/vectors/event-stream-parser.json";
        try (InputStream in = Objects.requireNonNull(VectorsIT.class.getResourceAsStream(file), file)) {
            var vectors = new ArrayList<JsonNode>();
            JsonMapper.shared().readTree(in).forEach(vectors::add);
            assertThat(vectors).hasSize(139);
            return vectors;
        }
    }

    @ParameterizedTest
    @MethodSource("vectors")
    void eachCaseIsReadTheSame_howeverItIsCut(JsonNode vector) throws Exception {
        var chunks = new ArrayList<byte[]>();
        vector.get("chunks").forEach(chunk -> chunks.add(chunk.binaryValue()));
        var whole = new ByteArrayOutputStream();
        chunks.forEach(whole::writeBytes);
        var bytes = new ArrayList<byte[]>();
        for (byte b : whole.toByteArray()) {
            bytes.add(new byte[] {b});
        }
        var expected = new ArrayList<String>();
        expected.add("open");
        vector.get("expected")
                .forEach(event -> expected.add(event.get("type").asString() + "|"
                        + event.get("data").asString() + "|"
                        + event.get("lastEventId").asString()));
        expected.add("END_OF_STREAM 200 goes on");
        for (List<byte[]> parts : List.of(chunks, List.of(whole.toByteArray()), bytes)) {
            var told = new Recorder();
            try (var server = new ScriptedServer(
                            (asked, out) -> {
                                ScriptedServer.write(out, STREAM);
                                for (byte[] part : parts) {
                                    out.write(part);
                                    out.flush();
                                }
                            },
                            says("HTTP/1.1 204 No Content\r\n\r\n"));
                    var source = EventSource.open(EventSourceConfig.of(server.uri()), told)) {
                var all = new ArrayList<String>();
                while (!all.contains("END_OF_STREAM 200 goes on")) {
                    all.addAll(told.next(1));
                }
                all.removeIf(line -> line.startsWith(":"));
                assertThat(all).isEqualTo(expected);
                assertThat(source.lastEventId())
                        .isEqualTo(vector.get("lastEventId").asString());
            }
        }
    }
}
