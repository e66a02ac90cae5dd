// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static dev.hibiki.server.RawHttp2.CONTINUATION;
import static dev.hibiki.server.RawHttp2.DATA;
import static dev.hibiki.server.RawHttp2.END_STREAM;
import static dev.hibiki.server.RawHttp2.HEADERS;
import static dev.hibiki.server.RawHttp2.PING;
import static dev.hibiki.server.RawHttp2.RST_STREAM;
import static dev.hibiki.server.RawHttp2.SETTINGS;
import static dev.hibiki.server.RawHttp2.WINDOW_UPDATE;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hibiki.event.SseEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Peers of HTTP/2 that want something too often. They read each answer, so nothing queues up, and what cuts them off is the limit on what
 * they do and no other; each case fails when its limit is taken away.
 */
class Http2FloodsIT {

    private static final int PROTOCOL_ERROR = 1;
    private static final int ENHANCE_YOUR_CALM = 11;

    private final HibikiServer server = HibikiServer.start(config -> config
            .port(0)
            .limits(limits -> limits.headers(2000).requestLine(300))
            .post("/echo", request -> new Response(200, "text/plain", java.util.Map.of(), request.body()))
            .stream("/room/{name}", stream -> stream.subscribe("room/" + stream.path("name"))));

    @AfterEach
    void close() {
        server.close();
    }

    private static void until(java.util.concurrent.Callable<Boolean> condition) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(5))
                .until(condition);
    }

    /** What a peer sends again and again. */
    private interface Flood {
        void send(RawHttp2 client, int i) throws IOException;

        /** Whether a ping may come in between. */
        default boolean pauses() {
            return true;
        }
    }

    /** A head that comes in pieces and never ends. */
    private record Pieces(int bytes) implements Flood {

        @Override
        public void send(RawHttp2 client, int i) throws IOException {
            if (i == 0) {
                client.frame(HEADERS, END_STREAM, 1, client.block(":method", "GET"));
            }
            client.frame(CONTINUATION, 0, 1, bytes == 0 ? new byte[0] : client.block("x" + i, "a".repeat(bytes)));
        }

        @Override
        public boolean pauses() {
            return false;
        }
    }

    /** Event streams that make the server reset them, in groups, because opening one after the other takes longer than the limit's window. */
    private static final class Resetting implements Flood {

        private static final int GROUP = 50;
        private final List<Integer> open = new ArrayList<>();

        @Override
        public void send(RawHttp2 client, int i) throws IOException {
            open.add(client.get("/room/a"));
            if (open.size() == GROUP) {
                until(() -> client.closed
                        || open.stream()
                                .allMatch(stream -> client.answer(stream).body().startsWith("retry:")));
                for (int stream : open) {
                    client.frame(WINDOW_UPDATE, 0, stream, RawHttp2.number(0));
                }
                open.clear();
            }
        }
    }

    static Stream<Arguments> floods() {
        return Stream.of(
                flood("streams that are reset", MultiplexedConnection.MAX_RESETS, (client, i) -> {
                    int stream = client.get("/room/a");
                    client.frame(RST_STREAM, 0, stream, RawHttp2.number(8));
                }),
                flood("streams that we must reset", MultiplexedConnection.MAX_RESETS, (client, i) -> {
                    int stream = client.open("POST", "/echo", 0);
                    client.frame(WINDOW_UPDATE, 0, stream, RawHttp2.number(0));
                }),
                flood(
                        "streams that we must reset while they are event streams",
                        MultiplexedConnection.MAX_RESETS,
                        new Resetting()),
                flood(
                        "settings",
                        MultiplexedConnection.MAX_QUESTIONS,
                        (client, i) -> client.frame(SETTINGS, 0, 0, new byte[0])),
                flood(
                        "pings",
                        MultiplexedConnection.MAX_QUESTIONS,
                        (client, i) -> client.frame(PING, 0, 0, new byte[8])),
                flood(
                        "pieces of a head with nothing in them",
                        MultiplexedConnection.MAX_SMALL_CONTINUATIONS,
                        new Pieces(0)),
                Arguments.of("pieces of a head that are large together", 2, PROTOCOL_ERROR, new Pieces(2000)),
                flood("frames without anything in them", MultiplexedConnection.MAX_EMPTY_FRAMES, (client, i) -> {
                    if (i == 0) {
                        client.open("POST", "/echo", 0);
                    }
                    client.frame(DATA, 0, 1, new byte[0]);
                }));
    }

    private static Arguments flood(String name, int limit, Flood flood) {
        return Arguments.of(name, limit, ENHANCE_YOUR_CALM, flood);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("floods")
    void whoWantsSomethingTooOftenIsToldSoAndCutOff_nobodyElseIs(String name, int limit, int why, Flood flood)
            throws Exception {
        try (RawHttp2 neighbour = RawHttp2.connect(server.port());
                RawHttp2 client = RawHttp2.connect(server.port())) {
            RawHttp2.Answer stream = neighbour.answer(neighbour.get("/room/b"));
            until(() -> stream.body().contains("data: {}\n\n"));
            int allowed = limit * 9 / 10;
            send(flood, client, 0, allowed);
            assertThat(client.closed).as("cut off within the limit").isFalse();
            send(flood, client, allowed, 3 * limit + 50);
            until(() -> client.closed);
            assertThat(client.goAway).as(name).isEqualTo(why);
            until(() -> server.openStreams() == 1);
            server.hub().publish("room/b", SseEvent.of("undisturbed")).join();
            until(() -> stream.body().endsWith("data: undisturbed\n\n"));
        }
    }

    /** Sends them, and lets the server answer now and then. */
    private static void send(Flood flood, RawHttp2 client, int from, int to) {
        try {
            for (int i = from; i < to && !client.closed; i++) {
                flood.send(client, i);
                if (flood.pauses() && (i % 50 == 49 || i == to - 1)) {
                    int pongs = client.pongs.get();
                    client.frame(PING, 0, 0, "hibiki!!".getBytes(US_ASCII));
                    until(() -> client.closed || client.pongs.get() > pongs);
                }
            }
        } catch (IOException cutOff) {
            until(() -> client.closed);
        }
    }
}
