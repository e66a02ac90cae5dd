// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code hibiki serve} as it is without options: with a log on disk, which outlives the process. */
class DurableServeIT {

    private static final Pattern ID = Pattern.compile("\"id\":\"([^\"]+)\"");

    @TempDir
    Path folder;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private HttpResponse<String> post(URI uri, String json) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri.resolve("/api/publish"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private String publish(URI uri, String data) throws IOException, InterruptedException {
        String answer =
                post(uri, "{\"channel\":\"news\",\"data\":\"" + data + "\"}").body();
        Matcher id = ID.matcher(answer);
        assertThat(id.find()).as(answer).isTrue();
        return id.group(1);
    }

    private EventTail news(URI uri, String query) throws IOException, InterruptedException {
        return EventTail.open(client, uri.resolve("/api/events/news" + query));
    }

    private HibikiProcess serve() throws IOException {
        return HibikiProcess.startIn(folder, "serve", "--port", "0");
    }

    @Test
    void whatWasPublishedOutlivesTheServer_andAClientGoesOnWhereItWas() throws Exception {
        List<String> ids = new ArrayList<>();
        for (boolean kill : new boolean[] {false, true}) {
            try (HibikiProcess hibiki = serve()) {
                for (int i = 0; i < 3; i++) {
                    ids.add(publish(hibiki.uri(), "n" + ids.size()));
                }
                if (kill) {
                    hibiki.kill();
                } else {
                    hibiki.signal("TERM");
                    assertThat(hibiki.status()).isZero();
                }
            }
        }
        try (HibikiProcess hibiki = serve();
                EventTail resumed = news(hibiki.uri(), "?lastEventId=" + ids.get(1));
                EventTail newest = news(hibiki.uri(), "?last=2");
                EventTail since = news(hibiki.uri(), "?since=1h")) {
            await().untilAsserted(() -> assertThat(resumed.data()).containsExactly("n2", "n3", "n4", "n5"));
            await().untilAsserted(() -> assertThat(newest.data()).containsExactly("n4", "n5"));
            await().untilAsserted(() -> assertThat(since.data()).hasSize(6));
            publish(hibiki.uri(), "new");
            await().untilAsserted(() -> assertThat(resumed.data()).last().isEqualTo("new"));
            assertThat(resumed.lines()).doesNotContain("event: hibiki.gap");
            assertThat(resumed.lines().stream().filter(line -> line.startsWith("id: ")))
                    .doesNotHaveDuplicates()
                    .contains("id: " + ids.get(5));
        }
    }

    @Test
    void aClientOfADeletedDirectoryIsToldThatTheLogIsAnother() throws Exception {
        String id;
        try (HibikiProcess hibiki = serve()) {
            id = publish(hibiki.uri(), "old");
            hibiki.kill();
        }
        HibikiProcess.delete(folder.resolve("hibiki-data"));
        try (HibikiProcess hibiki = serve()) {
            publish(hibiki.uri(), "new");
            try (EventTail stream = news(hibiki.uri(), "?lastEventId=" + id)) {
                await().untilAsserted(() -> assertThat(stream.data()).hasSize(2));
                assertThat(stream.lines()).contains("event: hibiki.gap");
                assertThat(stream.data().get(0)).startsWith("{\"reason\":\"log-reset\",\"after\":\"" + id + "\"");
                assertThat(stream.data().get(1)).isEqualTo("new");
            }
        }
    }

    @Test
    void aDirectoryThatIsInUseIsOneLine_togetherWithThePort() throws Exception {
        try (HibikiProcess hibiki = serve()) {
            int port = hibiki.uri().getPort();
            try (HibikiProcess second = HibikiProcess.startIn(folder, "serve", "--port", "" + port)) {
                assertThat(second.status()).isEqualTo(2);
                assertThat(second.out()).isEmpty();
                assertThat(second.err()).hasSize(2);
                assertThat(second.err().get(0)).contains("hibiki-data").contains("(expected: ");
                assertThat(second.err().get(1)).startsWith("port: " + port + " on 127.0.0.1 is in use");
            }
            publish(hibiki.uri(), "still there");
        }
    }

    @Test
    void aDamagedLogIsOneLine_andIsLeftAsItIs() throws Exception {
        try (HibikiProcess hibiki = serve()) {
            publish(hibiki.uri(), "x");
            hibiki.signal("TERM");
            assertThat(hibiki.status()).isZero();
        }
        Path database;
        try (Stream<Path> files = Files.list(folder.resolve("hibiki-data"))) {
            database = files.max((a, b) ->
                            Long.compare(a.toFile().length(), b.toFile().length()))
                    .orElseThrow();
        }
        byte[] damaged = "this is no database".repeat(1000).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        Files.write(database, damaged);
        try (HibikiProcess hibiki = serve()) {
            assertThat(hibiki.status()).isEqualTo(2);
            assertThat(hibiki.out()).isEmpty();
            assertThat(hibiki.err())
                    .hasSize(1)
                    .first()
                    .asString()
                    .contains("hibiki-data")
                    .contains("(expected: ");
        }
        assertThat(database).hasBinaryContent(damaged);
    }

    @Test
    void aPortInUseLetsTheDirectoryGo() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                HibikiProcess hibiki = HibikiProcess.startIn(folder, "serve", "--port", "" + taken.getLocalPort())) {
            assertThat(hibiki.status()).isEqualTo(2);
            assertThat(hibiki.err()).hasSize(1);
        }
        try (HibikiProcess hibiki = serve()) {
            publish(hibiki.uri(), "x");
        }
    }

    /** Publishers that do not look at the clock, a signal in their midst, and the log afterwards. */
    @Test
    void eachPublishThatWasAnsweredBeforeTheEndIsInTheLog_andNoOther() throws Exception {
        Set<String> acknowledged = ConcurrentHashMap.newKeySet();
        List<Integer> otherStatuses = new CopyOnWriteArrayList<>();
        AtomicBoolean gone = new AtomicBoolean();
        List<Thread> publishers = new ArrayList<>();
        try (HibikiProcess hibiki = HibikiProcess.startIn(folder, "serve", "--port", "0", "--drain", "500ms")) {
            URI uri = hibiki.uri();
            for (int i = 0; i < 6; i++) {
                String prefix = i + "-";
                publishers.add(new Thread(() -> {
                    for (int n = 0; !gone.get(); n++) {
                        try {
                            HttpResponse<String> answer =
                                    post(uri, "{\"channel\":\"news\",\"data\":\"" + prefix + n + "\"}");
                            if (answer.statusCode() == 200) {
                                acknowledged.add(prefix + n);
                            } else {
                                otherStatuses.add(answer.statusCode());
                            }
                        } catch (IOException closed) {
                            gone.set(true);
                        } catch (InterruptedException stop) {
                            return;
                        }
                    }
                }));
            }
            try (EventTail stream = news(uri, "")) {
                await().until(() -> !stream.clientId().isEmpty());
                publishers.forEach(Thread::start);
                await().until(() -> acknowledged.size() > 300);
                hibiki.signal("TERM");
                assertThat(hibiki.status()).isZero();
            }
            for (Thread publisher : publishers) {
                publisher.join(Duration.ofMinutes(1).toMillis());
            }
        }
        assertThat(otherStatuses).allMatch(status -> status == 503);
        try (HibikiProcess hibiki = serve()) {
            publish(hibiki.uri(), "end");
            try (EventTail stream = news(hibiki.uri(), "?since=1h")) {
                await().until(() -> stream.data().contains("end"));
                List<String> data = stream.data();
                assertThat(data).doesNotHaveDuplicates().containsAll(acknowledged);
                assertThat(data).hasSize(acknowledged.size() + 1);
            }
        }
    }
}
