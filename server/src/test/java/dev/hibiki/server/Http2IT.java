// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static dev.hibiki.server.RawHttp2.DATA;
import static dev.hibiki.server.RawHttp2.END_HEADERS;
import static dev.hibiki.server.RawHttp2.END_STREAM;
import static dev.hibiki.server.RawHttp2.HEADERS;
import static dev.hibiki.server.RawHttp2.PING;
import static dev.hibiki.server.RawHttp2.RST_STREAM;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.EndReason;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** HTTP/2 over real sockets: streams beside streams, and peers that want more than their share. */
class Http2IT {

    private static final int PROTOCOL_ERROR = 1;

    /** By which a client that is gone would be noticed at last; it is not to be waited for. */
    private static final Duration BEFORE_A_KEEP_ALIVE = Duration.ofSeconds(10);

    private final List<EndReason> ended = new CopyOnWriteArrayList<>();

    private final HibikiServer server =
            start(limits -> limits.idleTime(Duration.ofHours(1))); // nothing here waits for that

    /** With small limits of size, and whatever a test of time-outs asks for. */
    private HibikiServer start(Consumer<LimitsConfig> times) {
        return HibikiServer.start(config -> config
                .port(0)
                .limits(limits -> times.accept(limits.body(1000).headers(2000).requestLine(300)))
                .get(
                        "/asked",
                        request ->
                                Response.text(request.scheme() + " " + request.host() + " " + request.header("cookie")))
                .post("/echo", request -> new Response(200, "text/plain", java.util.Map.of(), request.body()))
                .stream("/room/{name}", stream -> {
            stream.onClose(ended::add);
            stream.subscribe("room/" + stream.path("name"));
        }));
    }

    /** One that does not wait long for a request. */
    private HibikiServer hasty() {
        return start(limits -> limits.requestTime(Duration.ofSeconds(1)));
    }

    @AfterEach
    void close() {
        server.close();
    }

    private RawHttp2 connect() throws IOException {
        return RawHttp2.connect(server.port());
    }

    private static void until(java.util.concurrent.Callable<Boolean> condition) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(5))
                .until(condition);
    }

    @Test
    void aRequestIsAnsweredAsOverHttp11_withItsHostAndItsCookies() throws IOException {
        try (RawHttp2 client = connect()) {
            RawHttp2.Answer asked = client.answer(client.get("/asked", "cookie", "a=1", "cookie", "b=2"));
            RawHttp2.Answer missing = client.answer(client.get("/missing"));
            RawHttp2.Answer echo = client.answer(client.post("/echo", "{\"a\":1}"));
            RawHttp2.Answer head = client.answer(client.open("HEAD", "/asked", END_STREAM));
            until(() -> asked.ended && missing.ended && echo.ended && head.ended);
            assertThat(asked.body()).isEqualTo("http localhost a=1; b=2");
            assertThat(asked.head.replaceAll("date: .*\n", "")).isEqualTo("""
                            :status: 200
                            content-type: text/plain; charset=utf-8
                            content-length: 23
                            x-content-type-options: nosniff
                            vary: Origin
                            """);
            assertThat(missing.head).startsWith(":status: 404\n");
            assertThat(missing.body()).contains("\"status\":404");
            assertThat(echo.body()).isEqualTo("{\"a\":1}");
            assertThat(head.body()).isEmpty();
            assertThat(RawHttp2.header(head, "content-length")).isEqualTo("19");
        }
    }

    @Test
    void aStreamBeginsWithTheseFrames_andEndsWithTheServersWord() throws Exception {
        try (RawHttp2 client = connect()) {
            RawHttp2.Answer stream = client.answer(client.get("/room/a"));
            until(() -> stream.body().endsWith("data: {}\n\n"));
            assertThat(stream.head.replaceAll("date: .*\n", "").lines().sorted().toList())
                    .containsExactly(
                            ":status: 200",
                            "cache-control: no-cache, no-transform",
                            "content-type: text/event-stream",
                            "vary: Origin",
                            "x-accel-buffering: no",
                            "x-content-type-options: nosniff");
            assertThat(stream.body()).startsWith("retry: 3000\n\n");
            server.hub().publish("room/a", SseEvent.of("x", "one")).join();
            until(() -> stream.body().endsWith("event: x\ndata: one\n\n"));
            server.drain(Duration.ZERO);
            until(() -> stream.ended && client.closed);
            assertThat(stream.body()).matches("(?s).*data: one\n\nretry: \\d+\n\n");
            assertThat(client.goAway).isZero();
            assertThat(stream.reset).isEqualTo(-1);
        }
        assertThat(ended).containsExactly(EndReason.DRAINING);
    }

    @Test
    void twoHundredStreamsShareAConnection_andEachGetsItsEvents() throws Exception {
        try (RawHttp2 client = connect()) {
            var streams = new ArrayList<RawHttp2.Answer>();
            for (int i = 0; i < 200; i++) {
                streams.add(client.answer(client.get("/room/a")));
            }
            until(() -> streams.stream().allMatch(stream -> stream.body().endsWith("data: {}\n\n")));
            assertThat(server.openStreams()).isEqualTo(200);
            for (int i = 0; i < 50; i++) {
                server.hub()
                        .publish("room/a", SseEvent.of("x".repeat(1000) + i))
                        .join();
            }
            until(() -> streams.stream().allMatch(stream -> stream.body().endsWith("x49\n\n")));
            String events = streams.get(0).body().replaceFirst("(?s).*data: \\{\\}\n\n", "");
            assertThat(streams).allSatisfy(stream -> assertThat(stream.body()).endsWith(events));
        }
        until(() -> server.openStreams() == 0);
    }

    @Test
    void aStreamThatIsNotReadBlocksNoneOfItsNeighbours_andMissesNothing() throws Exception {
        try (RawHttp2 client = connect()) {
            int lazy = client.get("/room/a");
            client.stalls = stream -> stream == lazy;
            RawHttp2.Answer live = client.answer(client.get("/room/a"));
            until(() -> live.body().contains("data: {}\n\n")
                    && client.answer(lazy).body().contains("data: {}\n\n"));
            for (int i = 0; i < 2000; i++) {
                server.hub()
                        .publish("room/a", SseEvent.of("x".repeat(1000) + i))
                        .join();
            }
            until(() -> live.body().endsWith("x1999\n\n"));
            // Half of a window of 64 KB: what a client must have got before it says that it has read.
            until(() -> client.answer(lazy).size() >= 16_000);
            assertThat(client.answer(lazy).size()).isLessThanOrEqualTo(32_768);
            client.read(lazy);
            until(() -> client.answer(lazy).body().endsWith("x1999\n\n"));
            String events = live.body().replaceFirst("(?s).*data: \\{\\}\n\n", "");
            assertThat(client.answer(lazy).body()).endsWith(events).doesNotContain("hibiki.gap");
        }
    }

    @Test
    void aStreamThatItsClientResetsEndsAtOnce_theOthersGoOn() throws Exception {
        try (RawHttp2 client = connect()) {
            int one = client.get("/room/a");
            RawHttp2.Answer other = client.answer(client.get("/room/a"));
            until(() -> server.openStreams() == 2 && other.body().contains("data: {}\n\n"));
            client.frame(RST_STREAM, 0, one, RawHttp2.number(8));
            await().atMost(BEFORE_A_KEEP_ALIVE).until(() -> ended.equals(List.of(EndReason.CLIENT_GONE)));
            server.hub().publish("room/a", SseEvent.of("on")).join();
            until(() -> other.body().endsWith("data: on\n\n"));
        }
        await().atMost(BEFORE_A_KEEP_ALIVE).until(() -> ended.size() == 2);
    }

    @Test
    void aPingIsAnswered_andAConnectionWithoutAStreamIsClosed_notOneWith() throws Exception {
        try (HibikiServer impatient = start(limits -> limits.idleTime(Duration.ofSeconds(2)));
                RawHttp2 idle = RawHttp2.connect(impatient.port());
                RawHttp2 busy = RawHttp2.connect(impatient.port())) {
            RawHttp2.Answer stream = busy.answer(busy.get("/room/a"));
            idle.frame(PING, 0, 0, "hibiki!!".getBytes(US_ASCII));
            until(() -> idle.pongs.get() == 1);
            until(() -> idle.closed);
            assertThat(idle.goAway).isZero();
            await().during(Duration.ofMillis(2500)).until(() -> !busy.closed && !stream.ended);
        }
    }

    @Test
    void aBodyThatIsTooLongOrTooSlowIsRefused_andItsStreamEndedWithoutAnError() throws Exception {
        try (HibikiServer hasty = hasty();
                RawHttp2 client = RawHttp2.connect(hasty.port())) {
            int tooLong = client.open("POST", "/echo", 0);
            client.frame(DATA, 0, tooLong, new byte[1001]);
            RawHttp2.Answer told = client.answer(client.open("POST", "/echo", 0, "content-length", "1001"));
            RawHttp2.Answer slow = client.answer(client.open("POST", "/echo", 0));
            until(() -> client.answer(tooLong).reset == 0 && told.reset == 0 && slow.reset == 0);
            assertThat(client.answer(tooLong).head).startsWith(":status: 413\n");
            assertThat(told.head).startsWith(":status: 413\n");
            assertThat(slow.head).startsWith(":status: 408\n").doesNotContain("connection");
            RawHttp2.Answer next = client.answer(client.get("/asked"));
            until(() -> next.ended);
        }
    }

    @Test
    void aHeadThatIsUnclearOrTooMuchIsRefused_theConnectionGoesOn() throws Exception {
        try (RawHttp2 client = connect()) {
            RawHttp2.Answer hosts = client.answer(client.get("/asked", "host", "other"));
            RawHttp2.Answer path = client.answer(client.get("/" + "a".repeat(300)));
            RawHttp2.Answer headers = client.answer(client.get("/asked", "x", "a".repeat(2400)));
            RawHttp2.Answer connection = client.answer(client.get("/asked", "connection", "close"));
            until(() -> hosts.ended && path.ended && headers.ended && connection.reset >= 0);
            assertThat(hosts.head).startsWith(":status: 400\n");
            assertThat(path.head).startsWith(":status: 414\n");
            assertThat(headers.head).startsWith(":status: 431\n");
            assertThat(connection.reset).isEqualTo(PROTOCOL_ERROR);
            RawHttp2.Answer next = client.answer(client.get("/asked"));
            until(() -> next.ended);
        }
    }

    @Test
    void aPageMayReadWhyItsRequestWasRefused_howeverEarlyThatWas() throws Exception {
        try (HibikiServer hasty = hasty();
                RawHttp2 client = RawHttp2.connect(hasty.port())) {
            String page = "http://localhost:3000";
            List<RawHttp2.Answer> refused = List.of(
                    client.answer(client.get("/" + "a".repeat(300), "origin", page)),
                    client.answer(client.get("/asked", "origin", page, "host", "other")),
                    client.answer(client.get("/missing", "origin", page)),
                    client.answer(client.open("GET", "asked", END_STREAM, "origin", page)),
                    client.answer(client.open("POST", "/echo", 0, "origin", page)));
            until(() -> refused.stream().allMatch(answer -> answer.ended));
            assertThat(refused)
                    .extracting(answer -> answer.head.substring(9, 12))
                    .containsExactly("414", "400", "404", "400", "408");
            assertThat(refused)
                    .allSatisfy(answer -> assertThat(answer.head)
                            .contains("access-control-allow-origin: " + page + "\n")
                            .contains("vary: Origin\n"));
            RawHttp2.Answer foreign =
                    client.answer(client.get("/" + "a".repeat(300), "origin", "https://elsewhere.example"));
            until(() -> foreign.ended);
            assertThat(foreign.head).startsWith(":status: 414\n").doesNotContain("access-control-allow-origin");
        }
    }

    @Test
    void garbageAfterThePrefaceEndsTheConnection() throws Exception {
        try (RawHttp2 client = connect()) {
            client.frame(HEADERS, END_STREAM | END_HEADERS, 1, new byte[] {-1, -1, -1, -1, -1, -1, -1, -1});
            until(() -> client.closed);
        }
        try (HibikiServer impatient = start(limits -> limits.idleTime(Duration.ofSeconds(2)));
                RawClient client = RawClient.connect(impatient.port())) {
            client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
            client.toEnd();
        }
        try (HibikiServer hasty = hasty();
                RawClient client = RawClient.connect(hasty.port())) {
            client.send("PRI * HT");
            assertThat(client.answer().status()).isEqualTo(408);
        }
    }
}
