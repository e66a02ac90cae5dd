// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.EndReason;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The streams of an embedded server, as its users write them, over real sockets. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StreamsIT {

    /** By which a client that is gone would be noticed at last; it is not to be waited for. */
    private static final Duration BEFORE_A_KEEP_ALIVE = Duration.ofSeconds(10);

    private final List<EndReason> ended = new CopyOnWriteArrayList<>();
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger ends = new AtomicInteger();

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
    }));

    @AfterAll
    void close() {
        server.close();
    }

    final RawClient connect() throws IOException {
        return connect(server.port());
    }

    RawClient connect(int port) throws IOException {
        return RawClient.connect(port);
    }

    /** How a log names what these clients speak. */
    String version() {
        return "HTTP/1.1";
    }

    /** The head of a stream, without its date. */
    String streamHead() {
        return RawClient.lines(
                "HTTP/1.1 200 OK",
                "Content-Type: text/event-stream",
                "Cache-Control: no-cache, no-transform",
                "X-Accel-Buffering: no",
                "X-Content-Type-Options: nosniff",
                "Connection: keep-alive",
                "Transfer-Encoding: chunked",
                "vary: Origin",
                "");
    }

    @Test
    void aStreamBeginsWithTheseBytes_whateverItAccepts() throws IOException {
        for (String accept : new String[] {"", "Accept: text/html\r\n"}) {
            try (RawClient client = connect()) {
                String head = client.get("/event", accept).head();
                assertThat(head.replaceAll("(?i)date: .*\r\n", "")).isEqualTo(streamHead());
                assertThat(client.chunk()).isEqualTo("retry: 3000\n\n");
                assertThat(client.chunksUntil("data: 2\n\n"))
                        .matches("id: " + RawClient.EVENT_ID + "\\.\\d+\ndata: 1\n\nid: " + RawClient.EVENT_ID
                                + "\\.\\d+\ndata: 2\n\n");
            }
        }
    }

    @Test
    void overHttp10AStreamIsBare_andEndsWithTheConnection() throws IOException {
        try (RawClient client = RawClient.connect(server.port())) {
            String head = client.send("GET /once HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                    .head();
            assertThat(head).contains("Connection: close\r\n").doesNotContain("Transfer-Encoding");
            assertThat(client.toEnd())
                    .matches("retry: 3000\n\nid: " + RawClient.EVENT_ID + "\\.\\d+\nevent: only\ndata: one\n\n");
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
            await().atMost(BEFORE_A_KEEP_ALIVE).until(() -> ended.contains(EndReason.CLIENT_GONE));
        }
        await().until(() -> server.openStreams() == 0);
        var before = new AtomicInteger(-1);
        await().during(Duration.ofMillis(100)).until(() -> before.getAndSet(asked.get()) == asked.get());
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
    @ValueSource(strings = {"/room/%s?", "/api/events/room/%s?", "/api/events?channel=room/%s&"})
    void aStreamBeginsWhereItsRequestSays(String path) throws Exception {
        String room = "begin" + path.hashCode();
        String start = String.format(path, room);
        List<String> ids = new ArrayList<>();
        for (String data : List.of("one", "two", "three")) {
            ids.add(server.hub()
                    .publish("room/" + room, SseEvent.of(data))
                    .join()
                    .toString());
            server.hub().publish("room/other", SseEvent.of("other")).join();
        }
        try (RawClient client = connect()) { // before anything else is published that this stream reads
            client.get(start + "last=2").head();
            assertThat(data(client.chunksUntil("data: three\n\n"))).containsExactly("two", "three");
        }
        assertThat(begun(start)).isEmpty();
        assertThat(begun(start + "since=" + ids.get(0))).containsExactly("two", "three");
        assertThat(begun(start + "since=10m")).containsExactly("one", "two", "three");
        assertThat(begun(start + "since=2026-11-20T20:01:00+09:00")).containsExactly("one", "two", "three");
        assertThat(begun(start + "since=9999-12-31")).isEmpty();
        assertThat(begun(start + "last=10000")).containsExactly("one", "two", "three");
        assertThat(begun(start + "last=0")).isEmpty();
        assertThat(begun(start + "last=3&since=" + ids.get(1) + "&lastEventId="))
                .containsExactly("three");
        assertThat(begun(start + "since=10m&lastEventId=" + ids.get(1))).containsExactly("three");
        assertThat(begun(start + "since=1-0-1")).containsExactly("log-reset", "one", "two", "three");
        try (RawClient client = connect()) {
            RawClient.Answer answer = client.get(start + "since=soon").answer();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.body()).contains("\"detail\":\"since: soon (expected: an event's id, a time such as ");
            answer = client.get(start + "last=x").answer();
            assertThat(answer.body()).contains("\"detail\":\"last: x (expected: a whole number from 0 to 10000)\"");
        }
    }

    /** The data that a new stream gets before what is published after it has begun, and the reason of its gap. */
    private List<String> begun(String target) throws Exception {
        String end = "end " + ends.incrementAndGet();
        try (RawClient client = connect()) {
            client.get(target).head();
            String first = client.chunk();
            if (first.equals("retry: 3000\n\n")) { // what comes next may stand in one frame with it
                first += client.chunk();
            }
            server.hub().broadcast(SseEvent.of(end)).join();
            return data(first + client.chunksUntil("data: " + end + "\n\n"));
        }
    }

    private static List<String> data(String frames) {
        return frames.lines()
                .filter(line -> line.matches("data: (?!end |\\{}|.*clientId).*"))
                .map(line -> line.replaceAll("data: (\\{\"reason\":\"([a-z-]+)\".*)?", "$2"))
                .toList();
    }

    @Test
    void aFeedBeginsAnew_whateverIsAsked() throws IOException {
        try (RawClient client = connect()) {
            client.get("/event?since=soon&last=x").head();
            client.chunksUntil("data: 1\n\n");
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
        lines.list = new CopyOnWriteArrayList<>(); // a loop adds to it while it is looked at
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
                            "127.0.0.1 GET /room/logged?token=***&x=%0A " + version() + " 200 stream opened",
                            "127.0.0.1 GET /room/logged?token=***&x=%0A " + version()
                                    + " stream closed: the client has gone, after N ms"));
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
    void aFullServerRefusesStreamsSoftly() throws IOException {
        try (var small = HibikiServer.start(config -> config.port(0).limits(limits -> limits.streams(1)));
                RawClient first = connect(small.port());
                RawClient second = connect(small.port())) {
            first.get("/api/events").head();
            first.clientId();
            String head = second.get("/api/events").head();
            assertThat(head).startsWithIgnoringCase("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n");
            String retry = second.chunksToEnd();
            assertThat(retry).matches("retry: \\d{4,5}\n\n");
            assertThat(Integer.parseInt(retry.substring(7).trim())).isBetween(1000, 60_000);
            assertThat(second.toEnd()).isEmpty();
            assertThat(small.openStreams()).isEqualTo(1);
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
            await().during(Duration.ofMillis(300)).until(new Callable<>() {
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
}
