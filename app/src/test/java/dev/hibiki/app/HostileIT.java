// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Peers that mean harm: each is refused, costs little memory, and is not noticed by a publisher and a stream that go on meanwhile, an event
 * every few milliseconds.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileIT {

    /** A heap of its own that is resident from the start, so that what is resident grows only with what is not on the heap. */
    private static final List<String> FIXED_HEAP = List.of("-Xms192m", "-Xmx192m", "-XX:+AlwaysPreTouch");

    private static final long MEMORY_SLACK = 64L << 20;
    private static final long UNDISTURBED_NANOS = Duration.ofSeconds(2).toNanos();
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final HibikiProcess hibiki = start();
    private final int port = hibiki.uri().getPort();
    private final Footprint server = new Footprint(hibiki);
    private final List<Socket> sockets = new ArrayList<>();
    private @Nullable Witness witness;
    private long resident;
    private long files;

    private static HibikiProcess start() {
        try {
            return HibikiProcess.start(
                    FIXED_HEAP, "serve", "--port", "0", "--limits-request-time", "3s", "--logging-level", "warn");
        } catch (IOException notStarted) {
            throw new IllegalStateException(notStarted);
        }
    }

    /** Publishes one event after the other, each when the one before has come on a stream, and knows how long the longest took. */
    private static final class Witness implements AutoCloseable {
        private final PublishConnection publisher;
        private final EventTail stream;
        private final AtomicBoolean done = new AtomicBoolean();
        private final AtomicReference<String> failure = new AtomicReference<>("");
        private final Thread thread = new Thread(this::run);
        private volatile long longestNanos;
        private volatile int events;

        Witness(HibikiProcess hibiki) throws IOException, InterruptedException {
            publisher = new PublishConnection(hibiki.uri().getPort());
            stream = EventTail.open(HttpClient.newHttpClient(), hibiki.uri().resolve("/api/events/witness"));
            thread.start();
            await().until(() -> events > 100);
            longestNanos = 0;
        }

        private void run() {
            try {
                while (!done.get()) {
                    long begin = System.nanoTime();
                    int status = publisher
                            .post("/api/publish", "{\"channel\":\"witness\",\"data\":\"" + events + "\"}")
                            .status();
                    int number = events + 1;
                    await().atMost(PATIENCE)
                            .pollDelay(Duration.ofMillis(1))
                            .pollInterval(Duration.ofMillis(2))
                            .until(() -> stream.data().size() >= number);
                    if (status != 200 || !stream.data().get(events).equals(Integer.toString(events))) {
                        throw new IllegalStateException("event " + events + ": " + status);
                    }
                    longestNanos = Math.max(longestNanos, System.nanoTime() - begin);
                    events = number;
                    Thread.sleep(5);
                }
            } catch (Exception disturbed) {
                failure.set(disturbed.toString());
            }
        }

        @Override
        public void close() throws IOException {
            done.set(true);
            await().atMost(PATIENCE).until(() -> !thread.isAlive());
            publisher.close();
            stream.close();
        }
    }

    @BeforeAll
    void warm() throws Exception {
        for (int i = 0; i < 200; i++) {
            try (Socket socket = connect("127.0.0.1", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")) {
                assertThat(status(socket)).isEqualTo("200");
            }
        }
    }

    @BeforeEach
    void watch() throws Exception {
        witness = new Witness(hibiki);
        resident = server.resident();
        files = server.files();
    }

    @AfterEach
    void nobodyElseHasNoticed() throws Exception {
        for (Socket socket : sockets) {
            socket.close();
        }
        sockets.clear();
        await().atMost(PATIENCE).until(() -> server.files() <= files + 2);
        Witness watched = Objects.requireNonNull(witness);
        watched.close();
        long grown = server.resident() - resident;
        System.out.printf(
                "resident memory grew by %d KB, the longest way of an event was %d ms of %d%n",
                grown >> 10, watched.longestNanos / 1_000_000, watched.events);
        assertThat(watched.failure.get()).isEmpty();
        assertThat(watched.longestNanos).isLessThan(UNDISTURBED_NANOS);
        assertThat(grown).isLessThan(MEMORY_SLACK);
        assertThat(hibiki.err()).isEmpty();
    }

    @AfterAll
    void stop() {
        hibiki.close();
    }

    private Socket connect(String from, String begun) throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(from, 0));
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10_000);
        socket.setSoTimeout(20_000);
        socket.setTcpNoDelay(true);
        sockets.add(socket);
        send(socket, begun);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(ISO_8859_1));
    }

    /** The status of the answer, after which nothing else comes; {@code closed} if there is none. */
    private static String lastStatus(Socket socket) throws IOException {
        String answer = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
        assertThat(answer.split("HTTP/1.1 ", -1).length).as(answer).isLessThanOrEqualTo(2);
        return answer.isEmpty() ? "closed" : answer.substring(9, 12);
    }

    private static String status(Socket socket) throws IOException {
        return new String(socket.getInputStream().readNBytes(12), ISO_8859_1).substring(9);
    }

    @Test
    void tenThousandRequestsThatNeverEndAreEachTold408_andGo() throws Exception {
        String[] begun = {
            "",
            "GET /api/events HTT",
            "GET /api/events HTTP/1.1\r\nHost: localhost\r\nX-Endless: a",
            "POST /api/publish HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{\"data\":"
        };
        for (int i = 0; i < 10_000; i++) {
            connect("127.0.0." + (2 + i % 8), begun[i % begun.length]);
        }
        long held = server.files() - files;
        System.out.printf("%d half-open requests, %d KB%n", held, (server.resident() - resident) >> 10);
        assertThat(server.resident() - resident).isLessThan(MEMORY_SLACK);
        for (int i = 0; i < sockets.size(); i++) {
            assertThat(lastStatus(sockets.get(i))).isEqualTo(i % begun.length == 0 ? "closed" : "408");
        }
    }

    @Test
    void whoSendsByteByByteRunsOutOfTime_inTheHeadAndInTheBody() throws Exception {
        String head = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + "a".repeat(1000);
        String body = "{\"data\":\"" + "a".repeat(1000);
        List<Socket> slow = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            slow.add(connect("127.0.0.2", ""));
            slow.add(connect(
                    "127.0.0.2", "POST /api/publish HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000\r\n\r\n"));
        }
        long begin = System.nanoTime();
        AtomicBoolean ended = new AtomicBoolean();
        Thread dripping = new Thread(() -> {
            try {
                for (int n = 0; !ended.get() && n < 1000; n++) {
                    for (int i = 0; i < slow.size(); i++) {
                        String from = i % 2 == 0 ? head : body;
                        try {
                            send(slow.get(i), from.substring(n, n + 1));
                        } catch (SocketException refused) {
                            // that one was told
                        }
                    }
                    Thread.sleep(50);
                }
            } catch (IOException | InterruptedException failed) {
                throw new IllegalStateException(failed);
            }
        });
        dripping.start();
        for (Socket socket : slow) {
            assertThat(status(socket)).isEqualTo("408");
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(9));
        ended.set(true);
        dripping.join();
    }

    @Test
    void aHundredMegabytesAreNotTaken_byLengthOrByChunks_fromManyAtOnce() throws Exception {
        String post = "POST /api/publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
        List<Thread> senders = new ArrayList<>();
        List<String> statuses = new CopyOnWriteArrayList<>();
        byte[] chunk = ("10000\r\n" + "a".repeat(65_536) + "\r\n").getBytes(ISO_8859_1);
        for (int i = 0; i < 20; i++) {
            boolean chunked = i % 2 == 0;
            Socket socket = connect(
                    "127.0.0.2",
                    post + (chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: 104857600\r\n\r\n"));
            Thread sender = new Thread(() -> {
                try {
                    OutputStream out = socket.getOutputStream();
                    for (int n = 0; n < 1600; n++) {
                        out.write(chunk);
                    }
                } catch (IOException cut) {
                    // as it should be: nobody reads a hundred megabytes
                }
            });
            Thread reader = new Thread(() -> {
                try {
                    statuses.add(status(socket));
                } catch (IOException failed) {
                    statuses.add(failed.toString());
                }
            });
            senders.add(sender);
            senders.add(reader);
            sender.start();
            reader.start();
        }
        for (Thread sender : senders) {
            sender.join(PATIENCE.toMillis());
        }
        assertThat(statuses).hasSize(20).containsOnly("413");
    }

    @Test
    void tenThousandHeadersAreNotRead() throws Exception {
        StringBuilder head = new StringBuilder("GET /healthz HTTP/1.1\r\nHost: localhost\r\n");
        for (int i = 0; i < 10_000; i++) {
            head.append("X-").append(i).append(": a\r\n");
        }
        for (int i = 0; i < 20; i++) {
            Socket socket = connect("127.0.0.2", "");
            try {
                send(socket, head + "\r\n");
            } catch (SocketException cut) {
                // it has answered meanwhile
            }
            assertThat(status(socket)).isEqualTo("431");
        }
    }

    @Test
    void garbageIsRefusedOrClosed_alsoBehindARequest() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            byte[] garbage = new byte[1 + random.nextInt(3000)];
            random.nextBytes(garbage);
            boolean behind = i % 2 == 1;
            Socket socket = connect("127.0.0.2", behind ? "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" : "");
            socket.getOutputStream().write(garbage);
            socket.getOutputStream().write("\r\n\r\n".getBytes(ISO_8859_1));
            if (behind) {
                assertThat(status(socket)).isEqualTo("200");
            } else {
                assertThat(status(socket)).matches("4\\d\\d|505");
            }
        }
    }

    @Test
    void whoAsksWithoutEndAndTakesNoAnswerIsNotReadAnyMore() throws Exception {
        byte[] requests = "GET /api/channels HTTP/1.1\r\nHost: localhost\r\n\r\n"
                .repeat(1000)
                .getBytes(ISO_8859_1);
        List<Thread> asking = new ArrayList<>();
        AtomicBoolean ended = new AtomicBoolean();
        for (int i = 0; i < 10; i++) {
            Socket socket = connect("127.0.0.2", "");
            Thread thread = new Thread(() -> {
                try {
                    while (!ended.get()) {
                        socket.getOutputStream().write(requests);
                    }
                } catch (IOException closed) {
                    // at the end of the test
                }
            });
            asking.add(thread);
            thread.start();
        }
        Witness watching = Objects.requireNonNull(witness);
        int before = watching.events;
        await().atMost(PATIENCE).until(() -> watching.events > before + 200);
        ended.set(true);
        for (Socket socket : sockets) {
            socket.close();
        }
        for (Thread thread : asking) {
            thread.join(PATIENCE.toMillis());
        }
    }
}
