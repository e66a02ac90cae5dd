// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.EndReason;
import dev.hibiki.log.MemoryLog;
import dev.hibiki.log.Retention;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** How an embedded server begins and how it ends. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StartingAndClosingIT {

    private final HibikiServer server = HibikiServer.start(config -> config.port(0));

    @AfterAll
    void close() {
        server.close();
    }

    @Test
    void closingEndsStreamsInOrder_andLeavesNoThread() throws IOException {
        var reasons = new CopyOnWriteArrayList<EndReason>();
        long before = threads();
        HibikiServer other = HibikiServer.start(config -> config.port(0).stream("/feed", stream -> {
            stream.onClose(reasons::add);
            stream.nowAndEvery(Duration.ofMillis(10), () -> SseEvent.of("x"));
        }));
        try (RawClient client = RawClient.connect(other.port())) {
            client.get("/feed").head();
            client.chunksUntil("data: x\n\n");
            var closing = new Thread(other::close);
            closing.start();
            client.chunksToEnd();
            assertThat(client.toEnd()).isEmpty();
            await().until(() -> !closing.isAlive());
        }
        assertThat(reasons).containsExactly(EndReason.STOPPING);
        await().until(() -> threads() <= before);
        other.close();
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("hibiki-"))
                .count();
    }

    @Test
    void drainingEndsStreamsOneByOne_eachWithADelayOfItsOwn_andOnlyPagesAreServed() throws Exception {
        try (var other = HibikiServer.start(
                        config -> config.port(0).get("/page", request -> Response.text("page")).stream(
                                "/news", stream -> stream.subscribe("news")));
                RawClient kept = RawClient.connect(other.port())) {
            var streams = new ArrayList<RawClient>();
            for (int i = 0; i < 10; i++) {
                streams.add(RawClient.connect(other.port()).get(i < 5 ? "/api/events/news" : "/news"));
                streams.get(i).head();
                assertThat(streams.get(i).chunk() + streams.get(i).chunk()).contains("id: ");
            }
            assertThat(kept.get("/readyz").answer().status()).isEqualTo(200);
            CompletableFuture<Void> draining = CompletableFuture.runAsync(() -> other.drain(Duration.ofSeconds(5)));
            await("one by one: some have ended, and others have not")
                    .during(Duration.ofSeconds(1))
                    .until(() -> other.openStreams() > 0 && other.openStreams() < 10);
            assertThat(status(other, "GET", "/readyz").status()).isEqualTo(503);

            RawClient.Answer refused = status(other, "POST", "/api/publish");
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("retry-after")).isEqualTo("1");
            assertThat(refused.header("connection")).isEqualTo("close");
            RawClient.Answer page = kept.get("/page").answer();
            assertThat(page.body()).isEqualTo("page");
            assertThat(page.header("connection")).isEqualTo("close");
            try (RawClient late = RawClient.connect(other.port())) {
                assertThat(late.get("/api/events/news").head()).startsWith("HTTP/1.1 200 OK\r\n");
                assertThat(late.chunksToEnd()).matches("retry: \\d{4,5}\n\n");
            }

            var delays = new HashSet<Integer>();
            for (RawClient stream : streams) {
                String last = stream.chunksToEnd();
                assertThat(last).matches("retry: \\d{4,5}\n\n");
                delays.add(Integer.parseInt(last.substring(7).trim()));
                stream.close();
            }
            assertThat(delays)
                    .allMatch(millis -> millis >= 1000 && millis <= 60_000)
                    .hasSizeGreaterThan(7);
            draining.join();
            await().until(() -> other.openStreams() == 0); // also the last connection
            other.drain(Duration.ofMinutes(10));
        }
    }

    private static RawClient.Answer status(HibikiServer server, String method, String path) throws IOException {
        try (RawClient client = RawClient.connect(server.port())) {
            return method.equals("GET")
                    ? client.get(path).answer()
                    : client.post(path, "{\"data\":1}").answer();
        }
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // far less than it would wait for a stream
    void withoutStreamsDrainingIsOverAtOnce_alsoAfterTheEnd() {
        HibikiServer other = HibikiServer.start(config -> config.port(0));
        other.drain(Duration.ofMinutes(10));
        other.close();
        other.drain(Duration.ofMinutes(10));
        HibikiServer closed = HibikiServer.start(config -> config.port(0));
        closed.close();
        closed.drain(Duration.ofMinutes(10));
        assertThatIllegalArgumentException().isThrownBy(() -> closed.drain(Duration.ofMillis(-1)));
    }

    @Test
    void aStreamOfPublishesIsAnsweredForWhatIsInTheLog_thenToldThatNoMoreIs() throws Exception {
        try (var other = HibikiServer.start(config -> config.port(0));
                RawClient client = RawClient.connect(other.port())) {
            client.send(RawClient.lines(
                    "POST /api/publish HTTP/1.1",
                    "Host: localhost",
                    "Content-Type: application/x-ndjson",
                    "Transfer-Encoding: chunked",
                    "",
                    "b",
                    "{\"data\":1}\n"));
            client.head();
            assertThat(client.chunk()).startsWith("{\"success\":true,");
            String end = other.hub().end().toString();
            other.drain(Duration.ZERO);
            assertThat(client.chunk())
                    .isEqualTo("{\"success\":false,\"error\":\"Service unavailable\",\"status\":503,"
                            + "\"detail\":\"the server is stopping\"}\n");
            client.send("b\r\n{\"data\":2}\n\r\n");
            assertThat(client.chunk()).isEmpty();
            assertThat(client.toEnd()).isEmpty();
            assertThat(other.hub().end().toString()).isEqualTo(end);
        }
    }

    @Test
    void aLogThatTakesNothingIs503_andTheReasonIsPartOfReadiness() throws IOException {
        MemoryLog log = MemoryLog.create(Retention.DEFAULT);
        var trouble = new AtomicReference<@Nullable String>();
        try (var other = HibikiServer.start(config -> config.port(0).log(log).readiness(trouble::get))) {
            assertThat(status(other, "GET", "/readyz").body()).isEqualTo("{\"status\":\"ready\"}");
            assertThat(status(other, "POST", "/api/publish").status()).isEqualTo(200);
            log.close();
            trouble.set("the disk is full");
            RawClient.Answer refused = status(other, "POST", "/api/publish");
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("retry-after")).isEqualTo("1");
            RawClient.Answer notReady = status(other, "GET", "/readyz");
            assertThat(notReady.status()).isEqualTo(503);
            assertThat(notReady.body()).contains("\"detail\":\"not ready: the disk is full\"");
            trouble.set(null);
            assertThat(status(other, "GET", "/readyz").status()).isEqualTo(200);
        }
    }

    @Test
    void aPortInUseIsToldInOneLine() {
        assertThatExceptionOfType(ServerStartException.class)
                .isThrownBy(() -> HibikiServer.start(config -> config.port(server.port())))
                .satisfies(refused -> assertThat(refused.problems())
                        .singleElement()
                        .asString()
                        .startsWith("port: " + server.port()));
    }

    @Test
    void allBadSettingsAreToldAtOnce() {
        assertThatExceptionOfType(ServerStartException.class)
                .isThrownBy(() -> HibikiServer.start(config -> config.port(70_000)
                        .bind("0.0.0.0")
                        .transport("carrier-pigeon")
                        .limits(limits -> limits.body(0))
                        .hub(hub -> hub.streamHeartbeat(Duration.ZERO))))
                .satisfies(refused -> assertThat(refused.problems())
                        .hasSize(5)
                        .contains(
                                "port: 70000 (expected: 0 to 65535)",
                                "transport: carrier-pigeon (expected: auto, io_uring, epoll or nio)",
                                "limits.body: 0 (expected: 1 to 67108864)")
                        .anyMatch(line -> line.startsWith("bind: 0.0.0.0 (expected: a loopback address, or insecure")));
    }
}
