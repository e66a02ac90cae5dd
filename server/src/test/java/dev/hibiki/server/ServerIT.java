// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.EndReason;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** The embedded server as its users write it, over real sockets. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ServerIT {

    private static final String ID = "\\d+-\\d+-[0-9a-z]+";

    private final List<EndReason> ended = new CopyOnWriteArrayList<>();
    private final AtomicInteger asked = new AtomicInteger();

    private final HibikiServer server = HibikiServer.start(config -> config.port(0).stream("/event", stream -> {
                stream.onClose(ended::add);
                var count = new AtomicInteger();
                stream.nowAndEvery(Duration.ofMillis(20), () -> {
                    asked.incrementAndGet();
                    return SseEvent.of(Integer.toString(count.incrementAndGet()));
                });
            })
            .stream("/room/{name}", stream -> stream.subscribe("room/" + stream.path("name")))
            .stream("/fails", stream -> {
                throw new IllegalStateException("secret");
            })
            .stream("/refuses", stream -> {
                throw HttpProblem.badRequest("interval: 7 (expected: 1)");
            })
            .stream("/feed-fails", stream -> {
                stream.onClose(ended::add);
                stream.nowAndEvery(Duration.ofMillis(5), () -> {
                    throw new IllegalStateException("the feed");
                });
            })
            .stream("/once", stream -> {
                stream.send(SseEvent.of("only", "one"));
                stream.end();
            })
            .get("/hello/{name}", request -> Response.text("Hello " + request.path("name")))
            .get("/number", request -> Response.json(Map.of("n", request.number("n", 3, 0.1, 3600))))
            .post("/say", request -> {
                request.hub()
                        .publish("said", SseEvent.of(request.json().path("text").asString()))
                        .join();
                return Response.json(201, Map.of("success", true));
            }));

    @AfterAll
    void close() {
        server.close();
    }

    private RawClient connect() throws IOException {
        return RawClient.connect(server.port());
    }

    @Test
    void aStreamBeginsWithTheseBytes_whateverItAccepts() throws IOException {
        for (String accept : new String[] {"", "Accept: text/html\r\n"}) {
            try (RawClient client = connect()) {
                String head = client.get("/event", accept).head();
                assertThat(head.replaceAll("Date: .*\r\n", ""))
                        .isEqualTo(RawClient.lines(
                                "HTTP/1.1 200 OK",
                                "Content-Type: text/event-stream",
                                "Cache-Control: no-cache, no-transform",
                                "X-Accel-Buffering: no",
                                "Connection: keep-alive",
                                "Transfer-Encoding: chunked",
                                "vary: Origin",
                                ""));
                assertThat(client.chunk()).isEqualTo("retry: 3000\n\n");
                assertThat(client.chunksUntil("data: 2\n\n"))
                        .matches("id: " + ID + "\\.\\d+\ndata: 1\n\nid: " + ID + "\\.\\d+\ndata: 2\n\n");
            }
        }
    }

    @Test
    void overHttp10AStreamIsBare_andEndsWithTheConnection() throws IOException {
        try (RawClient client = connect()) {
            String head = client.send("GET /once HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                    .head();
            assertThat(head).contains("Connection: close\r\n").doesNotContain("Transfer-Encoding");
            assertThat(client.toEnd()).matches("retry: 3000\n\nid: " + ID + "\\.\\d+\nevent: only\ndata: one\n\n");
        }
    }

    @Test
    void aStreamThatTheProgramEndsHasItsLastChunk_thenTheEnd() throws IOException {
        try (RawClient client = connect()) {
            client.get("/once").head();
            assertThat(client.chunksToEnd()).endsWith("event: only\ndata: one\n\n");
            assertThat(client.toEnd()).isEmpty();
        }
    }

    @Test
    void aClientThatGoesIsNoticed_itsFeedStops() throws Exception {
        for (boolean reset : new boolean[] {false, true}) {
            ended.clear();
            RawClient client = connect();
            client.get("/event").head();
            client.chunksUntil("data: 2\n\n");
            if (reset) {
                client.reset();
            } else {
                client.close();
            }
            await().atMost(Duration.ofSeconds(1)).until(() -> ended.contains(EndReason.CLIENT_GONE));
        }
        await().atMost(Duration.ofSeconds(2)).until(() -> server.openStreams() == 0);
        int before = asked.get();
        await().during(Duration.ofMillis(100)).until(() -> asked.get() == before);
    }

    @Test
    void aStreamReadsAChannel_andComesBackToWhatItMissed() throws Exception {
        String last;
        try (RawClient client = connect()) {
            client.get("/room/a").head();
            client.chunksUntil("data: {}\n\n");
            server.hub().publish("room/a", SseEvent.of("one")).join();
            server.hub().publish("room/b", SseEvent.of("other")).join();
            String one = client.chunksUntil("data: one\n\n");
            last = one.substring(one.indexOf("id: ") + 4, one.indexOf("\ndata: one"));
        }
        server.hub().publish("room/a", SseEvent.of("x", "two")).join();
        try (RawClient header = connect();
                RawClient query = connect();
                RawClient empty = connect()) {
            header.get("/room/a?lastEventId=0-0-0", "Last-Event-ID: " + last + "\r\n")
                    .head();
            assertThat(header.chunksUntil("event: x\ndata: two\n\n")).doesNotContain("hibiki.gap");
            query.get("/room/a?lastEventId=" + last, "Last-Event-ID: \r\n").head();
            assertThat(query.chunksUntil("event: x\ndata: two\n\n")).doesNotContain("hibiki.gap");
            empty.get("/room/a?lastEventId=").head();
            assertThat(empty.chunksUntil("data: {}\n\n")).doesNotContain("two");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "/fails, 500, the server failed to answer; it has logged why",
        "/refuses, 400, interval: 7 (expected: 1)",
        "/room/a%0Ab, 400, channel",
        "/room/%00, 400, channel",
        "/room/a%0D%0Adata:x, 400, channel",
        "/api/events?channel=a%0Ab, 400, channel",
        "/api/events?channel=a//b, 400, channel",
        "/api/events?clientId=short, 400, clientId",
        "/api/events/client/x, 400, channel",
    })
    void whatCannotOpenIsRefusedBeforeTheHead(String path, int status, String detail) throws IOException {
        try (RawClient client = connect()) {
            RawClient.Answer answer = client.get(path).answer();
            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.header("content-type")).isEqualTo("application/problem+json");
            assertThat(answer.body()).contains(detail).doesNotContain("secret");
            assertThat(client.get("/healthz").answer().status()).isEqualTo(200);
        }
    }

    @Test
    void aStreamIsLoggedAsItOpensAndAsItEnds_withoutItsToken() throws Exception {
        var logger = (Logger) LoggerFactory.getLogger("dev.hibiki.access");
        var lines = new ListAppender<ILoggingEvent>();
        lines.start();
        logger.setLevel(Level.INFO);
        logger.addAppender(lines);
        try (RawClient client = connect()) {
            client.get("/room/logged?token=secret&x=%0A", "Origin: http://localhost:3000\r\n");
            assertThat(client.head())
                    .contains("access-control-allow-origin: http://localhost:3000\r\n")
                    .contains("access-control-allow-credentials: true\r\n");
            client.chunk();
        }
        try {
            await().untilAsserted(() -> assertThat(lines.list)
                    .extracting(line -> line.getFormattedMessage().replaceAll("after \\d+ ms", "after N ms"))
                    .containsSubsequence(
                            "GET /room/logged?token=***&x=%0A 200 stream opened",
                            "GET /room/logged?token=***&x=%0A stream closed: the client has gone, after N ms"));
        } finally {
            logger.detachAppender(lines);
            logger.setLevel(null);
        }
    }

    @Test
    void aFeedThatThrowsEndsThatStreamOnly() throws IOException {
        try (RawClient other = connect();
                RawClient client = connect()) {
            other.get("/event").head();
            client.get("/feed-fails").head();
            client.chunksToEnd();
            assertThat(client.toEnd()).isEmpty();
            await().until(() -> ended.contains(EndReason.FAILED));
            other.chunksUntil("data: 5\n\n");
        }
    }

    @Test
    void requestsAreAnsweredByHandlers() throws IOException {
        try (RawClient client = connect()) {
            assertThat(client.get("/hello/%E9%9F%BF").answer().body()).isEqualTo("Hello 響");
            assertThat(client.get("/number?n=").answer().body()).isEqualTo("{\"n\":3.0}");
            for (String bad : new String[] {"x", "0", "3601", "NaN", "Infinity", "0x1p3", "1d", "-1", "1%0A"}) {
                RawClient.Answer answer = client.get("/number?n=" + bad).answer();
                assertThat(answer.status()).as(bad).isEqualTo(400);
                assertThat(answer.body())
                        .contains("\"detail\":\"n: is no number in the range (expected: a number from 0.1 to 3600)\"");
            }
            assertThat(client.post("/say", "{\"text\":\"x\"}").answer().status())
                    .isEqualTo(201);
            assertThat(client.post("/say", "{").answer().status()).isEqualTo(400);
            assertThat(client.post("/say", "Content-Type: text/plain\r\n", "{}")
                            .answer()
                            .status())
                    .isEqualTo(415);
        }
    }

    private static String connected(RawClient client) throws IOException {
        String all = client.chunksUntil("\n\n");
        while (!all.contains("\"type\":\"connected\"")) {
            all += client.chunksUntil("\n\n");
        }
        Matcher id = Pattern.compile("\"clientId\":\"([^\"]+)\"").matcher(all);
        assertThat(id.find()).as(all).isTrue();
        return id.group(1);
    }

    @Test
    void theApiPublishesToEveryKindOfReader() throws IOException {
        try (RawClient reader = connect();
                RawClient publisher = connect()) {
            reader.get("/api/events?channel=a&userId=u7").head();
            String clientId = connected(reader);
            assertThat(publisher
                            .post(
                                    "/api/publish",
                                    "{\"channel\":\"a\",\"event\":\"e\",\"data\":{\"n\" : 1.10, \"m\":1e400}}")
                            .answer()
                            .body())
                    .matches("\\{\"success\":true,\"id\":\"" + ID + "\"}");
            assertThat(reader.chunksUntil("data: {\"n\":1.10,\"m\":1e400}\n\n")).contains("\nevent: e\n");
            publisher.post("/api/publish", "{\"data\":\"all\\nlines\"}").answer();
            reader.chunksUntil("data: all\ndata: lines\n\n");
            publisher.post("/api/broadcast", "{\"data\":1}").answer();
            reader.chunksUntil("data: 1\n\n");
            publisher.post("/api/notify/u7", "{\"data\":2}").answer();
            reader.chunksUntil("data: 2\n\n");
            publisher.post("/api/send/" + clientId, "{\"data\":3}").answer();
            reader.chunksUntil("data: 3\n\n");
            assertThat(publisher
                            .post("/api/publish", "[{\"channel\":\"a\",\"data\":4},{\"data\":5}]")
                            .answer()
                            .body())
                    .matches("\\{\"success\":true,\"ids\":\\[\"" + ID + "\",\"" + ID + "\"]}");
            reader.chunksUntil("data: 5\n\n");
            assertThat(publisher
                            .post("/api/events/subscribe", "{\"clientId\":\"" + clientId + "\",\"channel\":\"b\"}")
                            .answer()
                            .body())
                    .startsWith("{\"success\":true,");
            publisher.post("/api/publish", "{\"channel\":\"b\",\"data\":6}").answer();
            reader.chunksUntil("data: 6\n\n");
            assertThat(publisher.get("/api/channels/a").answer().body())
                    .startsWith("{\"channel\":\"a\",\"streams\":1,");
            assertThat(publisher.get("/api/channels").answer().body()).contains("{\"channel\":\"a\",\"streams\":1,");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/api/publish|{\"channel\":\"a\"}|400|data: is missing",
                "/api/publish|{\"channel\":\"a b\",\"data\":1}|400|channel",
                "/api/publish|{\"channel\":\"a\\nb\",\"data\":1}|400|channel",
                "/api/publish|{\"channel\":\"user/7\",\"data\":1}|400|channel",
                "/api/publish|{\"channel\":\"a/*\",\"data\":1}|400|channel",
                "/api/publish|{\"event\":\"x\\ny\",\"data\":1}|400|event: contains a line break",
                "/api/publish|{\"event\":\"x\\ry\",\"data\":1}|400|event: contains a line break",
                "/api/publish|{\"event\":\"x\\u0000y\",\"data\":1}|400|event: contains NUL",
                "/api/publish|{\"event\":\"error\",\"data\":1}|400|event",
                "/api/publish|{\"event\":\"hibiki.gap\",\"data\":1}|400|event",
                "/api/publish|{\"data\":1,\"key\":\"k\"}|400|key: unknown field (expected: one of channel, data, event)",
                "/api/publish|[]|400|body: is an empty array",
                "/api/publish|[{\"data\":1},{}]|400|[1] data: is missing",
                "/api/broadcast|{\"channel\":\"a\",\"data\":1}|400|channel: unknown field",
                "/api/notify/a%0Ab|{\"data\":1}|400|",
                "/api/send/nobodynobodynobodynobody|{\"data\":1}|404|\"error\":\"Client not found\"",
                "/api/events/subscribe|{\"clientId\":\"nobodynobodynobodynobody\",\"channel\":\"a\"}|404|Client not found",
                "/api/events/subscribe|{\"channel\":\"a\"}|400|clientId: is missing",
                "/api/events/subscribe|{\"clientId\":\"x\",\"channel\":\"client/y\"}|400|channel",
            })
    void whatCannotBePublishedIsRefused_withItsReason(String path, String body, int status, String detail)
            throws IOException {
        try (RawClient client = connect()) {
            RawClient.Answer answer = client.post(path, body).answer();
            assertThat(answer.status()).as(answer.body()).isEqualTo(status);
            assertThat(answer.body()).contains(detail == null ? "" : detail.replace("\n", "\\n"));
        }
    }

    @Test
    void linesArePublishedWhileTheyCome() throws IOException {
        try (RawClient client = connect()) {
            client.send(RawClient.lines(
                    "POST /api/publish HTTP/1.1",
                    "Host: localhost",
                    "Content-Type: application/x-ndjson",
                    "Transfer-Encoding: chunked",
                    "",
                    "15",
                    "{\"data\":1,\"channel\":\"",
                    "5",
                    "l\"}\nx"));
            assertThat(client.head()).startsWith("HTTP/1.1 200 OK\r\n");
            assertThat(client.chunk()).matches("\\{\"success\":true,\"id\":\"" + ID + "\"}\n");
            client.send("1\r\n\n\r\n");
            assertThat(client.chunk()).startsWith("{\"success\":false,\"error\":\"Bad request\",\"status\":400,");
            client.send("b\r\n{\"data\":2}\n\r\n0\r\n\r\n");
            assertThat(client.chunksToEnd()).matches("\\{\"success\":true,\"id\":\"" + ID + "\"}\n");
            assertThat(client.get("/readyz").answer().body()).isEqualTo("{\"status\":\"ready\"}");
        }
    }

    @Test
    void tenThousandLinesArePublishedInOrder() throws IOException {
        try (RawClient client = connect();
                RawClient reader = connect()) {
            reader.get("/api/events/many").head();
            connected(reader);
            var body = new StringBuilder();
            for (int i = 0; i < 10_000; i++) {
                body.append("{\"channel\":\"many\",\"data\":").append(i).append("}\n");
            }
            var sender = new Thread(() -> {
                try {
                    client.post("/api/publish", "Content-Type: application/x-ndjson\r\n", body.toString());
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            sender.start();
            client.head();
            String answers = client.chunksToEnd();
            assertThat(answers.lines()).hasSize(10_000).allMatch(line -> line.startsWith("{\"success\":true,"));
            String events = reader.chunksUntil("data: 9999\n\n");
            List<String> data =
                    events.lines().filter(line -> line.startsWith("data: ")).toList();
            for (int i = 0; i < 10_000; i++) {
                assertThat(data.get(i)).isEqualTo("data: " + i);
            }
        }
    }

    @Test
    void aFullServerRefusesStreamsSoftly() throws IOException {
        try (var small = HibikiServer.start(config -> config.port(0).limitsStreams(1));
                RawClient first = RawClient.connect(small.port());
                RawClient second = RawClient.connect(small.port())) {
            first.get("/api/events").head();
            connected(first);
            String head = second.get("/api/events").head();
            assertThat(head).startsWith("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n");
            String retry = second.chunksToEnd();
            assertThat(retry).matches("retry: \\d{4,5}\n\n");
            assertThat(Integer.parseInt(retry.substring(7).trim())).isBetween(1000, 60_000);
            assertThat(second.toEnd()).isEmpty();
            assertThat(small.openStreams()).isEqualTo(1);
        }
    }

    @Test
    void tooManyRequestsForTheWorkersAre503() throws Exception {
        var release = new CountDownLatch(1);
        try (var small = HibikiServer.start(
                        config -> config.port(0).limitsWorkers(1).limitsQueue(1).get("/slow", request -> {
                            release.await();
                            return Response.text("done");
                        }));
                RawClient one = RawClient.connect(small.port());
                RawClient two = RawClient.connect(small.port());
                RawClient three = RawClient.connect(small.port())) {
            one.get("/slow");
            two.get("/slow");
            await().until(() -> {
                RawClient.Answer answer = three.get("/slow").answer();
                return answer.status() == 503 && answer.header("retry-after").equals("1");
            });
            release.countDown();
            assertThat(one.answer().body()).isEqualTo("done");
            assertThat(two.answer().body()).isEqualTo("done");
        }
    }

    @Test
    void aStalledReaderIsNotAsked_theOthersAre() throws Exception {
        var big = "x".repeat(8000);
        var sent = new AtomicInteger();
        try (var other = HibikiServer.start(config -> config.port(0).stream(
                        "/big",
                        stream -> stream.nowAndEvery(Duration.ofMillis(1), () -> {
                            sent.incrementAndGet();
                            return SseEvent.of(big);
                        })));
                RawClient stalled = RawClient.connectSmall(other.port())) {
            stalled.get("/big").head();
            await().during(Duration.ofMillis(300))
                    .atMost(Duration.ofSeconds(10))
                    .until(new Callable<>() {
                        private int before = -1;
                        private int same;

                        @Override
                        public Boolean call() {
                            same = before == sent.get() ? same + 1 : 0;
                            before = sent.get();
                            return same > 0;
                        }
                    });
            assertThat(sent.get()).isLessThan(200);
            stalled.chunksUntil("\n\n");
        }
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
                        .limitsBody(0)
                        .streamHeartbeat(Duration.ZERO)))
                .satisfies(refused -> assertThat(refused.problems())
                        .hasSize(5)
                        .contains(
                                "port: 70000 (expected: 0 to 65535)",
                                "transport: carrier-pigeon (expected: auto, io_uring, epoll or nio)",
                                "limits.body: 0 (expected: 1 to 67108864)")
                        .anyMatch(line -> line.startsWith("bind: 0.0.0.0 (expected: a loopback address, or insecure")));
    }
}
