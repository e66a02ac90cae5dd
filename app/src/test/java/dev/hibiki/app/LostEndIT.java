// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An older copy of the data directory is put back: what was appended after the copy was made is lost, and clients have seen of it. */
class LostEndIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @TempDir
    Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private MortalServer server;
    private Publications publications;

    @BeforeEach
    void begin() throws IOException {
        server = new MortalServer(folder.resolve("data"), List.of());
        publications = new Publications(server.uri());
    }

    @AfterEach
    void end() {
        server.close();
    }

    private String publish(String data) throws Exception {
        return publications.publish("news", List.of(data)).get(0).id();
    }

    /**
     * All lines of a stream that comes back after an id, up to the event with that data; without those that are each time others. The event
     * that begins it has an id where no gap follows.
     */
    private List<String> comesBack(String after, String upTo) throws Exception {
        try (EventTail stream =
                EventTail.open(client, server.uri().resolve("/api/events/news"), "Last-Event-ID", after)) {
            await().atMost(PATIENCE).until(() -> stream.data().contains(upTo));
            return stream.lines().stream()
                    .filter(line -> !line.isEmpty() && !line.startsWith("retry: ") && !line.contains("\"connected\""))
                    .toList();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    @Test
    void whoSawWhatIsLostIsTold_andGoesOnWhereTheLostEndBegan_alsoWhenTheLogHasGoneOn() throws Exception {
        server.start();
        publish("before");
        String last = publish("the last that is kept");
        server.kill();
        copy(folder.resolve("data"), folder.resolve("copy"));
        server.start();
        String seen = publish("lost, but seen");
        publish("lost");
        server.killAndLoseData();
        copy(folder.resolve("copy"), folder.resolve("data"));
        server.start();
        List<String> toldFirst = List.of(
                "id: " + last,
                "event: hibiki.gap",
                "data: {\"reason\":\"log-reset\",\"after\":\"" + seen + "\",\"resumedAt\":\"" + last + "\"}");

        String next = publish("new");
        List<String> newOnly = List.of("id: " + next, "data: new");
        List<String> toldThenNew =
                Stream.concat(toldFirst.stream(), newOnly.stream()).toList();
        assertThat(comesBack(seen, "new")).isEqualTo(toldThenNew);
        assertThat(comesBack(last, "new"))
                .as("one that saw nothing of it")
                .containsExactly("id: " + last, newOnly.get(0), newOnly.get(1));
        server.kill();
        server.start();
        assertThat(comesBack(seen, "new")).as("in a later life").isEqualTo(toldThenNew);
    }
}
