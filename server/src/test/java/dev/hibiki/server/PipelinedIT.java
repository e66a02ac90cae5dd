// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests that a peer sends before it has an answer: they wait for their turn, and take nobody else's. */
class PipelinedIT {

    /** More than any of this takes; who is starved runs out of it. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final AtomicReference<EventLoop> loop = new AtomicReference<>();
    private final List<TestSite> sites = new ArrayList<>();
    private final TestSite site;

    PipelinedIT() throws InterruptedException {
        site = site(transports().findFirst().orElseThrow());
    }

    static Stream<Transport> transports() {
        return Stream.of(Transport.values()).filter(Transport::isAvailable);
    }

    private TestSite site(Transport transport) throws InterruptedException {
        return site(transport, Duration.ofSeconds(2));
    }

    private TestSite site(Transport transport, Duration requestTime) throws InterruptedException {
        TestSite begun =
                new TestSite(transport, new Limits(10, 1000, 200, 600, requestTime, Duration.ofMinutes(1), 2, 2));
        sites.add(begun);
        begun.router.add("GET", "/loop", exchange -> {
            loop.set(exchange.channel().eventLoop());
            exchange.answer(Response.text(""));
        });
        return begun;
    }

    @AfterEach
    void close() {
        sites.forEach(TestSite::close);
    }

    /** A connection that belongs to the loop of another. */
    private RawClient neighbourOf(EventLoop wanted, int port) throws IOException {
        while (true) {
            RawClient client = RawClient.connect(port);
            client.get("/loop").answer();
            if (wanted.equals(loop.get())) {
                return client;
            }
            client.close();
        }
    }

    private RawHttp2 http2NeighbourOf(EventLoop wanted, int port) throws IOException {
        while (true) {
            RawHttp2 client = RawHttp2.connect(port);
            RawHttp2.Answer answer = client.answer(client.get("/loop"));
            await().until(() -> answer.ended);
            if (wanted.equals(loop.get())) {
                return client;
            }
            client.close();
        }
    }

    private static String requests(String path, int many) {
        return ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n").repeat(many);
    }

    /** Asks many times on a connection of the loop that was seen last, and takes the answers. */
    private interface Asking {
        void ask(TestSite site, EventLoop loop) throws IOException;
    }

    @ParameterizedTest
    @MethodSource("transports")
    void ofAThousandThatComeAtOnceAFewAreServed_thenItIsTheTurnOfTheLoopsOtherConnections(Transport transport)
            throws Exception {
        List<String> served = servedWhenOneAsksAmong(transport, (site, loop) -> {
            try (RawClient many = neighbourOf(loop, site.port)) {
                many.send(requests("/many", 1000));
                for (int i = 0; i < 1000; i++) {
                    many.answer();
                }
            }
        });
        assertThat(served).hasSize(1001);
        assertThat(served.indexOf("one")).isBetween(1, HttpConnection.TOGETHER);
    }

    @ParameterizedTest
    @MethodSource("transports")
    void ofTwoHundredStreamsThatAreOpenedAtOnceAFewAreServed_thenItIsTheTurnOfTheOthers(Transport transport)
            throws Exception {
        List<String> served = servedWhenOneAsksAmong(transport, (site, loop) -> {
            try (RawHttp2 many = http2NeighbourOf(loop, site.port)) {
                many.hold();
                var answers = new ArrayList<RawHttp2.Answer>();
                for (int i = 0; i < 200; i++) {
                    answers.add(many.answer(many.get("/many")));
                }
                many.sendHeld();
                await().until(() -> answers.stream().allMatch(answer -> answer.ended));
            }
        });
        assertThat(served).hasSize(201);
        assertThat(served.indexOf("one")).isBetween(1, 2 * (HttpConnection.TOGETHER + Turns.PIECE / 13));
    }

    private List<String> servedWhenOneAsksAmong(Transport transport, Asking many) throws Exception {
        TestSite site = site(transport);
        List<String> served = new CopyOnWriteArrayList<>();
        ByteBuffer asked = ByteBuffer.wrap(requests("/one", 1).getBytes(US_ASCII));
        try (SocketChannel one = SocketChannel.open(new InetSocketAddress("localhost", site.port))) {
            one.write(ByteBuffer.wrap(requests("/loop", 1).getBytes(US_ASCII)));
            assertThat(one.read(ByteBuffer.allocate(1000))).isPositive();
            one.configureBlocking(false);
            site.router.add("GET", "/many", exchange -> {
                if (served.isEmpty()) {
                    write(one, asked); // from the loop: so it is there before the second of the many is looked at
                }
                served.add("many");
                exchange.answer(Response.text(""));
            });
            site.router.add("GET", "/one", exchange -> {
                served.add("one");
                exchange.answer(Response.text(""));
            });
            many.ask(site, Objects.requireNonNull(loop.get()));
            await().until(() -> served.contains("one"));
        }
        return served;
    }

    @ParameterizedTest
    @MethodSource("transports")
    void nothingIsReadWhileARequestIsInHand_soWhatIsBehindItTakesNoMemory(Transport transport) throws Exception {
        TestSite site = site(transport, PATIENCE);
        var inHand = new CompletableFuture<Exchange>();
        var taken = new AtomicLong();
        site.router.add("GET", "/in-hand", exchange -> {
            exchange.channel().pipeline().addFirst(counter(taken));
            inHand.complete(exchange);
        });
        try (RawClient peer = RawClient.connect(site.port)) {
            assertThat(peer.get("/hello").answer().body()).isEqualTo("hello"); // a new connection reads once more
            peer.get("/in-hand");
            Exchange exchange = inHand.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            EventLoop loop = exchange.channel().eventLoop();
            for (int turn = 0; turn < 100; turn++) {
                peer.send(requests("/hello", 10));
                loop.submit(() -> {}).get();
            }
            assertThat(taken).hasValue(0);
            loop.submit(() -> exchange.answer(Response.text("done"))).get();
            assertThat(peer.answer().body()).isEqualTo("done");
            for (int i = 0; i < 1000; i++) {
                assertThat(peer.answer().body()).isEqualTo("hello");
            }
            assertThat(taken).hasValue(requests("/hello", 1000).length());
        }
    }

    /** Counts the bytes that are read from a socket. */
    private static ChannelHandler counter(AtomicLong bytes) {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                bytes.addAndGet(((ByteBuf) message).readableBytes());
                ctx.fireChannelRead(message);
            }
        };
    }

    @ParameterizedTest
    @MethodSource("transports")
    void whileConnectionsComeWithoutEndTheOthersAreServed(Transport transport) throws Exception {
        TestSite site = site(transport, PATIENCE);
        var enough = new AtomicBoolean();
        List<Thread> peers = new ArrayList<>();
        List<RawClient> others = new ArrayList<>();
        try {
            for (int i = 0; i < 8; i++) { // so that some belong to the loop that accepts
                others.add(RawClient.connect(site.port));
            }
            for (int i = 0; i < 4; i++) {
                var peer = new Thread(() -> connectWithoutEnd(site.port, enough));
                peers.add(peer);
                peer.start();
            }
            for (int i = 0; i < 5; i++) {
                for (RawClient other : others) {
                    assertThat(other.get("/hello").answer().body()).isEqualTo("hello");
                }
            }
        } finally {
            enough.set(true);
            for (RawClient other : others) {
                other.close();
            }
            for (Thread peer : peers) {
                peer.join();
            }
        }
    }

    private static void connectWithoutEnd(int port, AtomicBoolean enough) {
        while (!enough.get()) {
            try {
                RawClient.connectFrom("127.0.0.2", port).reset();
            } catch (IOException full) {
                // and again
            }
        }
    }

    private static void write(SocketChannel channel, ByteBuffer bytes) {
        try {
            channel.write(bytes);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Test
    void whatCameBeforeThePeerShutItsSideIsAnswered() throws Exception {
        try (RawClient client = RawClient.connect(site.port)) {
            client.send(
                    requests("/hello", 100) + "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc");
            client.shutOutput();
            for (int i = 0; i < 100; i++) {
                assertThat(client.answer().body()).isEqualTo("hello");
            }
            assertThat(client.answer().body()).isEqualTo("abc");
            assertThat(client.toEnd()).isEmpty();
        }
    }

    @Test
    void whatIsHalfThereWhenThePeerShutsItsSideEndsTheConnection() throws Exception {
        for (String half :
                List.of("GET /hel", "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nab")) {
            try (RawClient client = RawClient.connect(site.port)) {
                client.send(requests("/hello", 3) + half).shutOutput();
                assertThat(client.toEnd().split("HTTP/1.1 ", -1)).hasSize(4);
            }
        }
    }

    @Test
    void aHeadThatHasBegunBehindAnotherRequestMayTakeNoLongerThanAnyOther() throws Exception {
        try (RawClient client = RawClient.connect(site.port)) {
            client.send(requests("/hello", 2) + "GET /hello HTTP/1.1\r\nHost:");
            assertThat(client.answer().status()).isEqualTo(200);
            assertThat(client.answer().status()).isEqualTo(200);
            assertThat(client.answer().status()).isEqualTo(408); // who says nothing is told nothing
        }
    }

    @Test
    void aBodyInChunksOfOneByteBehindAnotherRequestIsTakenWhole() throws Exception {
        TestSite wide = new TestSite(transports().findFirst().orElseThrow(), Limits.DEFAULT);
        sites.add(wide);
        String head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
        try (RawClient client = RawClient.connect(wide.port)) {
            client.send(requests("/hello", 1) + head + "1\r\na\r\n".repeat(9000) + "0\r\n\r\n");
            assertThat(client.answer().body()).isEqualTo("hello");
            assertThat(client.answer().body()).isEqualTo("a".repeat(9000));
        }
    }

    @Test
    void aRefusalBetweenThemIsTheLastAnswer() throws Exception {
        try (RawClient client = RawClient.connect(site.port)) {
            client.send(requests("/hello", 20) + "GET /hello HTTP/1.1\r\n\r\n" + requests("/hello", 20));
            List<Integer> statuses = new ArrayList<>();
            for (int i = 0; i < 21; i++) {
                statuses.add(client.answer().status());
            }
            assertThat(statuses.subList(0, 20)).containsOnly(200);
            assertThat(statuses.get(20)).isEqualTo(400);
            assertThat(client.toEnd()).isEmpty();
        }
    }
}
