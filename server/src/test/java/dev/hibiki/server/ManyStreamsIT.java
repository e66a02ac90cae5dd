// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hibiki.event.SseEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ManyStreamsIT {

    private static final int STREAMS = 1000;
    private static final int EVENTS = 50;

    static List<String> transports() {
        return Stream.of(Transport.values())
                .filter(Transport::isAvailable)
                .map(Transport::word)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("transports")
    void everyStreamGetsEveryBroadcastOnceInOrder_andNoneIsLeftAfterwards(String transport) throws IOException {
        var clients = new ArrayList<RawClient>();
        try (var server = HibikiServer.start(config -> config.port(0).transport(transport))) {
            for (int i = 0; i < STREAMS; i++) {
                RawClient client = RawClient.connect(server.port());
                clients.add(client);
                client.get("/api/events").head();
                client.chunk();
            }
            for (RawClient client : clients) {
                client.chunksUntil("}\n\n"); // connected
            }
            assertThat(server.openStreams()).isEqualTo(STREAMS);
            for (int i = 0; i < EVENTS; i++) {
                server.hub().broadcast(SseEvent.of("n" + i)).join();
            }
            var expected = new StringBuilder();
            for (int i = 0; i < EVENTS; i++) {
                expected.append("id: (\\S+)\ndata: n").append(i).append("\n\n");
            }
            Pattern all = Pattern.compile(expected.toString());
            String first = clients.get(0).chunksUntil("data: n" + (EVENTS - 1) + "\n\n");
            assertThat(first).matches(all);
            for (RawClient client : clients.subList(1, STREAMS)) {
                assertThat(client.chunksUntil("data: n" + (EVENTS - 1) + "\n\n"))
                        .isEqualTo(first);
            }
            for (RawClient client : clients) {
                client.close();
            }
            await().until(() -> server.openStreams() == 0 && server.hub().openStreams() == 0);
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }
}
