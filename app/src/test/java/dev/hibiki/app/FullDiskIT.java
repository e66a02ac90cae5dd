// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hibiki.app.Publications.Event;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * When the disk is full publishers are told to come back later, streams stay open, and nothing that was acknowledged is lost: not when
 * there is room again, and not when the server is killed with its disk full.
 */
class FullDiskIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String FILL = "x".repeat(2_000);
    private static final String[] KEEP_ALL = {"--log-max-bytes", "1GB"};

    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private final List<Event> acknowledged = new ArrayList<>();
    private int sent;

    /** A stream that keeps all it gets, and counts its ends. */
    private static final class Listener implements StreamSwarm.Reader {
        private final List<Event> events = new ArrayList<>();
        private int ends;

        @Override
        public void onEvent(SwarmStream stream, String type, String data, String lastEventId) {
            events.add(new Event(lastEventId, type, data));
        }

        @Override
        public void onEnd(SwarmStream stream) {
            ends++;
        }
    }

    @Test
    void publishersAreToldToComeBack_streamsStayOpen_andItGoesOnWhenThereIsRoom() throws Exception {
        try (SmallDisk disk = new SmallDisk(folder, "4m");
                MortalServer server = new MortalServer(folder.resolve("data"), List.of(), KEEP_ALL)) {
            server.start();
            try (StreamSwarm swarm = new StreamSwarm(server.uri())) {
                Listener listener = new Listener();
                swarm.run(() -> swarm.open("/api/events/news", Map.of(), listener));
                await().atMost(PATIENCE).until(() -> swarm.ask(() -> listener.events.size() == 1));
                fill(server.uri());
                checkStream(swarm, listener);

                disk.resize("64m");
                await().atMost(PATIENCE).until(() -> publish(server.uri()).statusCode() == 200);
                for (int i = 0; i < 100; i++) {
                    assertThat(publish(server.uri()).statusCode()).isEqualTo(200);
                }
                checkStream(swarm, listener);
                server.kill();
                server.start();
                checkLog(swarm);
            }
        }
    }

    @Test
    void killedWithItsDiskFull_nothingAcknowledgedIsLost_andItStartsWhenThereIsRoom() throws Exception {
        try (SmallDisk disk = new SmallDisk(folder, "4m");
                MortalServer server = new MortalServer(folder.resolve("data"), List.of(), KEEP_ALL)) {
            server.start();
            fill(server.uri());
            server.kill();
            disk.resize("64m");
            server.start();
            try (StreamSwarm swarm = new StreamSwarm(server.uri())) {
                assertThat(publish(server.uri()).statusCode()).isEqualTo(200);
                checkLog(swarm);
            }
            assertThat(server.life().err()).isEmpty();
        }
    }

    /** Publishes until it is refused, and then some more. */
    private void fill(URI server) throws IOException, InterruptedException {
        int refused = 0;
        while (refused < 20) {
            HttpResponse<String> answer = publish(server);
            if (answer.statusCode() != 200) {
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
                assertThat(Integer.parseInt(
                                answer.headers().firstValue("Retry-After").orElse("none")))
                        .isBetween(1, 60);
                refused++;
            }
            assertThat(sent).as("published on a disk of 4 MB").isLessThan(10_000);
        }
    }

    private HttpResponse<String> publish(URI server) throws IOException, InterruptedException {
        String data = sent++ + FILL;
        HttpRequest request = HttpRequest.newBuilder(server.resolve("/api/publish"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"channel\":\"news\",\"data\":\"" + data + "\"}"))
                .build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() == 200) {
            acknowledged.add(new Event(DoggedPublisher.ids(answer.body()).get(0), "message", data));
        }
        return answer;
    }

    /** It is open, and has all that was acknowledged and nothing else. */
    private void checkStream(StreamSwarm swarm, Listener listener) {
        await().atMost(PATIENCE).until(() -> swarm.ask(() -> listener.events.size() > acknowledged.size()));
        swarm.check();
        assertThat(swarm.ask(() -> List.copyOf(listener.events.subList(1, listener.events.size()))))
                .isEqualTo(acknowledged);
        assertThat(swarm.ask(() -> listener.ends)).isZero();
    }

    /** What is kept is all that was acknowledged and nothing else. */
    private void checkLog(StreamSwarm swarm) {
        String last = acknowledged.get(acknowledged.size() - 1).data();
        assertThat(LogReading.until(swarm, "/api/events/news?since=1h", Map.of(), last))
                .isEqualTo(acknowledged);
    }
}
