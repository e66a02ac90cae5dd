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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServeIT {

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(URI uri) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri)
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> publish(URI uri, String json) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri.resolve("/api/publish"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void theFirstLinesSayTheMode_theAddress_theSettings_andHowToStop() throws Exception {
        try (HibikiProcess hibiki =
                HibikiProcess.start(Map.of("HIBIKI_STREAM_HEARTBEAT", "5s"), "serve", "--port", "0")) {
            URI uri = hibiki.uri();
            String version = hibiki.out().get(0).split(" ", 3)[1];
            await().until(() -> hibiki.out().size() == 5);

            assertThat(version).matches("\\d+\\.\\d+\\.\\d+(-\\w+)?");
            assertThat(uri.getHost()).isEqualTo("localhost");
            assertThat(uri.getPort()).isPositive();
            assertThat(hibiki.out())
                    .containsExactly(
                            "Hibiki " + version + " in development mode: anybody on this machine may publish and"
                                    + " subscribe, nobody else can reach it",
                            "Hibiki " + version + " is listening on " + uri,
                            "Events are kept in " + hibiki.directory().resolve("hibiki-data")
                                    + " (durability fsync), also when the server stops",
                            "Settings: port 0 (--port), bind 127.0.0.1 (default), log file:./hibiki-data (default),"
                                    + " stream.heartbeat 5s (HIBIKI_STREAM_HEARTBEAT)",
                            "Open " + uri + "/ in a browser for the playground; Ctrl-C stops the server.");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    void aSignalEndsItInOrderWithStatusZero_andSoAllOpenStreams(String signal) throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0");
                EventTail stream = EventTail.open(client, hibiki.uri().resolve("/api/events/news"))) {
            await().until(() -> !stream.clientId().isEmpty());
            hibiki.signal(signal);

            assertThat(hibiki.status()).isZero();
            await().untilAsserted(() -> assertThat(stream.end()).isEqualTo("ended"));
            assertThat(hibiki.err()).noneMatch(line -> line.contains("Exception") || line.contains("LEAK"));
        }
    }

    /** Streams that are open, as many as a test wants. */
    private List<EventTail> open(URI uri, int count) throws IOException, InterruptedException {
        List<EventTail> streams = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            streams.add(EventTail.open(client, uri));
        }
        await().until(() ->
                streams.stream().noneMatch(stream -> stream.clientId().isEmpty()));
        return streams;
    }

    private boolean isReady(URI uri) throws IOException, InterruptedException {
        return get(uri.resolve("/readyz")).statusCode() == 200;
    }

    @Test
    void aSignalDrains_streamsEndOneByOneWithDelaysOfTheirOwn_andNothingNewIsTaken() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0", "--drain", "8s")) {
            URI uri = hibiki.uri();
            List<EventTail> streams = open(uri.resolve("/api/events/news"), 12);
            hibiki.signal("TERM");
            await("one by one: some have ended, and others have not")
                    .during(Duration.ofSeconds(1))
                    .until(() -> streams.stream().map(EventTail::end).distinct().count() == 2);
            assertThat(isReady(uri)).isFalse();

            HttpResponse<String> late = publish(uri, "{\"data\":1}");
            assertThat(late.statusCode()).isEqualTo(503);
            assertThat(late.headers().firstValue("retry-after")).hasValue("1");
            assertThat(get(uri.resolve("/")).statusCode()).isEqualTo(200);
            try (EventTail refused = EventTail.open(client, uri.resolve("/api/events/news"))) {
                await().until(() -> refused.end().equals("ended"));
                assertThat(refused.lines()).hasSize(2).first().asString().matches("retry: \\d{4,5}");
            }
            await().until(() -> streams.stream().allMatch(stream -> stream.end().equals("ended")));
            Set<String> delays = new HashSet<>();
            for (EventTail stream : streams) {
                List<String> lines = stream.lines();
                assertThat(lines.get(lines.size() - 2)).matches("retry: \\d{4,5}");
                delays.add(lines.get(lines.size() - 2));
            }
            assertThat(delays).hasSizeGreaterThan(9);
            assertThat(hibiki.status()).isZero();
            assertThat(hibiki.err()).noneMatch(line -> line.contains("Exception") || line.contains("LEAK"));
        }
    }

    @ParameterizedTest
    @CsvSource({"INT,130", "TERM,143", "HUP,129"})
    void aSecondSignalEndsItAtOnce(String signal, int status) throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0", "--drain", "10m")) {
            open(hibiki.uri().resolve("/api/events/news"), 6);
            hibiki.signal("TERM");
            await().until(() -> !isReady(hibiki.uri()));
            hibiki.signal(signal);

            assertThat(hibiki.status()).isEqualTo(status);
        }
    }

    @Test
    void withoutStreamsASignalEndsItAtOnce() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0", "--drain", "10m")) {
            assertThat(isReady(hibiki.uri())).isTrue();
            hibiki.signal("HUP");

            assertThat(hibiki.status()).isZero(); // for which is waited less long than it would drain
        }
    }

    @Test
    void aPortInUseIsOneLineAndStatusTwo() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "" + taken.getLocalPort())) {
            assertThat(hibiki.status()).isEqualTo(2);
            assertThat(hibiki.out()).isEmpty();
            assertThat(hibiki.err())
                    .hasSize(1)
                    .first()
                    .asString()
                    .isEqualTo("port: " + taken.getLocalPort()
                            + " on 127.0.0.1 is in use or not to be had (expected: a free port; 0 takes any)");
        }
    }

    @Test
    void aPortInUseIsToldTogetherWithWhatElseIsWrong() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                HibikiProcess hibiki = HibikiProcess.start(
                        "serve", "--port", "" + taken.getLocalPort(), "--stream-heartbeat", "soon", "--bnid", "x")) {
            assertThat(hibiki.status()).isEqualTo(2);
            assertThat(hibiki.err())
                    .containsExactly(
                            "--bnid: unknown option (expected: --bind)",
                            "stream.heartbeat: soon (expected: a duration from 100ms to 1h, such as 500ms, 15s, 2m, 1h"
                                    + " or 7d)",
                            "port: " + taken.getLocalPort()
                                    + " on 127.0.0.1 is in use or not to be had (expected: a free port; 0 takes any)");
        }
    }

    @Test
    void everythingThatIsWrongIsToldAtOnce_whoeverFindsIt_andNothingIsMade(@TempDir Path folder) throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = "" + taken.getLocalPort();
            String inUse = " is in use or not to be had (expected: a free port; 0 takes any)";
            assertRefused(
                    List.of(
                            "--bogus: unknown option (expected: one of --config, --port, ",
                            "cors.origin: no",
                            "stream.heartbeat: abc (expected: a duration from 100ms to 1h, such as 500ms, 15s, 2m, 1h or 7d)",
                            "jwt.key: 5 bytes (expected: at least 32 bytes, for jwt.alg HS256)",
                            "tls.cert: /nope cannot be read",
                            "tls.key: /nope2 cannot be read",
                            "log: " + file + " is not a directory (expected: one)",
                            "port: " + port + " on 127.0.0.1" + inUse,
                            "metrics.port: " + port + " on 127.0.0.1" + inUse),
                    "--bogus --stream-heartbeat abc --jwt-key short --cors-origin no --tls-cert /nope --tls-key /nope2"
                            + " --bind 127.0.0.1 --port " + port + " --metrics-port " + port + " --log file:" + file);
            assertRefused(
                    List.of(
                            "log: " + file + "/below cannot be used: ",
                            "jwt.key: 5 bytes (expected: at least 32 bytes, for jwt.alg HS256)",
                            "port: " + port + " on 127.0.0.1" + inUse),
                    "--jwt-key short --bind 127.0.0.1 --port " + port + " --log file:" + file + "/below");
            assertRefused(
                    List.of(
                            "bind: 0.0.0.0 (expected: a loopback address, or insecure, as long as no key protects the server)",
                            "port: " + port + " on 0.0.0.0" + inUse),
                    "--bind 0.0.0.0 --port " + port + " --log memory");
            Path made = folder.resolve("not/yet/made");
            assertRefused(
                    List.of("--bogus: unknown option (expected: one of --config, --port, "),
                    "--bogus --port 0 --log file:" + made);
            assertThat(folder.resolve("not")).doesNotExist();
        }
    }

    private static void assertRefused(List<String> lines, String options) throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start(("serve " + options).split(" ", -1))) {
            assertThat(hibiki.status()).as(hibiki.out().toString()).isEqualTo(2);
            assertThat(hibiki.err()).hasSameSizeAs(lines);
            for (int i = 0; i < lines.size(); i++) {
                assertThat(hibiki.err().get(i)).startsWith(lines.get(i));
            }
        }
    }

    @Test
    void beyondLoopbackNeedsInsecure() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0", "--bind", "0.0.0.0")) {
            assertThat(hibiki.status()).isEqualTo(2);
            assertThat(hibiki.err()).hasSize(1).first().asString().startsWith("bind: 0.0.0.0 (expected: a loopback");
        }
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0", "--bind", "0.0.0.0", "--insecure")) {
            assertThat(get(URI.create("http://127.0.0.1:" + hibiki.uri().getPort() + "/healthz"))
                            .statusCode())
                    .isEqualTo(200);
            assertThat(hibiki.out().get(0))
                    .endsWith("everybody who can reach 0.0.0.0 may publish and subscribe (insecure)");
        }
    }

    @Test
    void theSettingsFileIsRead(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(
                folder.resolve("hibiki.yaml"), "port: 0\nstream:\n  heartbeat: 100ms\n  heartbeat-text: still here\n");
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--config", file.toString());
                EventTail stream = EventTail.open(client, hibiki.uri().resolve("/api/events/quiet"))) {
            await().untilAsserted(() -> assertThat(stream.lines()).contains(":still here"));
        }
    }

    @Test
    void aPublishFromTheCommandLineReachesTheStream() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0");
                EventTail stream = EventTail.open(client, hibiki.uri().resolve("/api/events/news"));
                HibikiProcess publish =
                        HibikiProcess.start("publish", hibiki.uri() + "/", "news", "{\"a\": 1}", "--event", "price")) {
            assertThat(publish.status()).isZero();
            assertThat(publish.err()).isEmpty();
            assertThat(publish.out()).hasSize(1);
            String id = publish.out().get(0);
            await().untilAsserted(() -> assertThat(stream.lines())
                    .containsSubsequence("id: " + id, "event: price", "data: {\"a\": 1}", ""));
        }
    }

    @Test
    void eachLineOfStandardInputIsAnEvent_inOrder_asSoonAsItComes() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0");
                EventTail stream = EventTail.open(client, hibiki.uri().resolve("/api/events/log"));
                HibikiProcess publish =
                        HibikiProcess.start("publish", hibiki.uri().toString(), "log", "-")) {
            publish.write("first \u00e4\n");
            await().untilAsserted(() -> assertThat(stream.data()).containsExactly("first \u00e4"));

            StringBuilder many = new StringBuilder();
            for (int i = 0; i < 20_000; i++) {
                many.append("line ").append(i).append('\n');
            }
            publish.write(many.toString());
            publish.endInput();

            assertThat(publish.status()).isZero();
            assertThat(publish.err()).containsExactly("published 20001, refused 0");
            await().until(() -> stream.data().size() == 20_001);
            List<String> data = stream.data();
            for (int i = 0; i < 20_000; i++) {
                assertThat(data.get(i + 1)).isEqualTo("line " + i);
            }
        }
    }

    @Test
    void theSameCommandWithTheSameKeyPublishesOnce() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0")) {
            String uri = hibiki.uri().toString();
            List<String> ids = new ArrayList<>();
            for (String data : List.of("x", "x", "y")) {
                try (HibikiProcess publish = HibikiProcess.start("publish", uri, "news", data, "--key", "k")) {
                    publish.status();
                    ids.addAll(publish.out());
                    ids.addAll(publish.err());
                }
            }
            assertThat(ids).hasSize(3);
            assertThat(ids.get(1)).isEqualTo(ids.get(0));
            assertThat(ids.get(2))
                    .isEqualTo("refused: Conflict: key: k (expected: a key that was not used for another event)");
            for (String lines : List.of("a\n\nb\n", "a\n\nb\nc\n")) {
                try (HibikiProcess publish = HibikiProcess.start("publish", uri, "lines", "-", "--key", "k")) {
                    publish.write(lines);
                    publish.endInput();
                    assertThat(publish.status()).isZero();
                }
            }
            try (EventTail stream = EventTail.open(client, hibiki.uri().resolve("/api/events/lines?last=100"))) {
                await().untilAsserted(() -> assertThat(stream.data()).containsExactly("a", "", "b", "c"));
            }
        }
    }

    @Test
    void whatTheHubRefusesIsToldAndTheStatusIsOne() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0")) {
            String uri = hibiki.uri().toString();
            try (HibikiProcess publish = HibikiProcess.start("publish", uri, "no such//channel", "x")) {
                assertThat(publish.status()).isEqualTo(1);
                assertThat(publish.out()).isEmpty();
                assertThat(publish.err()).hasSize(1).first().asString().startsWith("refused: ");
            }
            try (HibikiProcess publish = HibikiProcess.start("publish", uri, "user/7", "-")) {
                publish.write("a\nb\n");
                publish.endInput();
                assertThat(publish.status()).isEqualTo(1);
                assertThat(publish.err()).hasSize(3);
                assertThat(publish.err().get(0)).startsWith("line 1 refused: ");
                assertThat(publish.err().get(2)).isEqualTo("published 0, refused 2");
            }
        }
    }

    @Test
    void aHubThatIsNotThereIsToldInOneLine() throws Exception {
        String uri;
        try (ServerSocket nobody = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            uri = "http://localhost:" + nobody.getLocalPort();
        }
        try (HibikiProcess publish = HibikiProcess.start("publish", uri, "news", "x")) {
            assertThat(publish.status()).isEqualTo(1);
            assertThat(publish.err()).containsExactly(uri + ": cannot be reached (expected: a hub that answers)");
        }
    }

    @Test
    void developmentModeHasThePlayground_itsTick_andAllReferenceSystems() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0")) {
            URI uri = hibiki.uri();
            HttpResponse<String> page = get(uri.resolve("/"));
            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(page.headers().firstValue("content-type")).hasValue("text/html; charset=utf-8");
            for (String name : List.of("echo", "counter", "ping", "guide", "chat")) {
                assertThat(get(uri.resolve("/examples/" + name + "/")).statusCode())
                        .as(name)
                        .isEqualTo(200);
            }
            for (String path : List.of("/events", "/events/system", "/events/custom", "/event", "/sse", "/chat/sse")) {
                try (EventTail stream = EventTail.open(client, uri.resolve(path))) {
                    await().untilAsserted(
                                    () -> assertThat(stream.lines()).as(path).startsWith("retry: 3000"));
                }
            }
            try (EventTail stream = EventTail.open(client, uri.resolve("/api/events/demo"))) {
                await().untilAsserted(() -> assertThat(stream.data()).hasSizeGreaterThan(1));
                assertThat(stream.lines()).contains("event: tick");
                assertThat(stream.data().get(0)).matches("\\{\"n\":\\d+,\"sentAt\":\\d{13}}");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"end,ended", "cut,broken"})
    void thePlaygroundMayBreakAStream(String how, String end) throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0");
                EventTail stream = EventTail.open(client, hibiki.uri().resolve("/api/events/news"))) {
            await().until(() -> !stream.clientId().isEmpty());
            HttpResponse<String> answer = post(hibiki.uri().resolve("/playground/" + stream.clientId() + "/" + how));

            assertThat(answer.body()).isEqualTo("{\"success\":true}");
            await().untilAsserted(() -> assertThat(stream.end()).isEqualTo(end));
            HttpResponse<String> again = post(hibiki.uri().resolve("/playground/" + stream.clientId() + "/" + how));
            assertThat(again.statusCode()).isEqualTo(404);
            assertThat(again.body()).contains("\"title\":\"Client not found\"");
        }
    }

    @Test
    void aFrozenStreamGoesOnFromTheLog() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0");
                EventTail stream = EventTail.open(client, hibiki.uri().resolve("/api/events/news"));
                EventTail other = EventTail.open(client, hibiki.uri().resolve("/api/events/news"))) {
            await().until(() ->
                    !stream.clientId().isEmpty() && !other.clientId().isEmpty());
            String calls = "/playground/" + stream.clientId() + "/freeze?ms=";
            assertThat(post(hibiki.uri().resolve(calls + "60001")).statusCode()).isEqualTo(400);
            assertThat(post(hibiki.uri().resolve(calls + "10000")).body()).isEqualTo("{\"success\":true}");
            try (PublishConnection publisher =
                    new PublishConnection(hibiki.uri().getPort())) {
                publisher.post(
                        "/api/publish",
                        "[{\"channel\":\"news\",\"data\":1},{\"channel\":\"news\",\"data\":2},{\"channel\":\"news\",\"data\":3}]");
            }
            await().untilAsserted(() -> assertThat(other.data()).containsExactly("1", "2", "3"));
            assertThat(stream.data()).isEmpty();
            await().untilAsserted(() -> assertThat(stream.data()).containsExactly("1", "2", "3"));
        }
    }

    @ParameterizedTest
    @CsvSource({"echo,/events", "counter,/event", "ping,/sse", "guide,/api/events", "chat,/sse"})
    void aReferenceSystemAloneHasItsOwnPaths(String name, String path) throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("example", name, "--port", "0");
                EventTail stream = EventTail.open(client, hibiki.uri().resolve(path))) {
            await().untilAsserted(() -> assertThat(stream.lines()).startsWith("retry: 3000"));
            assertThat(get(hibiki.uri().resolve("/")).statusCode()).isEqualTo(200);
            hibiki.signal("INT");
            assertThat(hibiki.status()).isZero();
        }
    }

    @Test
    void anExampleThatIsNoneIsToldWithTheNearest() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("example", "ecko")) {
            assertThat(hibiki.status()).isEqualTo(2);
            assertThat(hibiki.err()).containsExactly("ecko: unknown example (expected: echo)");
        }
    }

    @Test
    void versionAndHelpComeFromTheJar() throws Exception {
        try (HibikiProcess version = HibikiProcess.start("--version");
                HibikiProcess help = HibikiProcess.start("serve", "--help")) {
            assertThat(version.status()).isZero();
            assertThat(version.out()).hasSize(1).first().asString().matches("Hibiki \\d+\\.\\d+\\.\\d+.*");
            assertThat(help.status()).isZero();
            assertThat(help.out()).first().isEqualTo("Usage: hibiki serve [OPTION...]");
        }
    }
}
