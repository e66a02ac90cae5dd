// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Peers that mean harm: each is refused, costs little memory, and does not stop a publisher and a stream that go on meanwhile. Each attack
 * lasts until those two have got a number of events through.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileIT {

    /** A heap of its own that is resident from the start, so that what is resident grows only with what is not on the heap. */
    private static final List<String> FIXED_HEAP = List.of("-Xms192m", "-Xmx192m", "-XX:+AlwaysPreTouch");

    private static final long MEMORY_SLACK = 64L << 20;

    /** How many events go their way while an attack is under way. */
    private static final int UNDISTURBED = 50;

    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final HibikiProcess hibiki = start();
    private final int port = hibiki.uri().getPort();
    private final Footprint server = new Footprint(hibiki);
    private final List<Socket> sockets = Collections.synchronizedList(new ArrayList<>());
    private @Nullable Witness witness;
    private long resident;
    private long files;

    private static HibikiProcess start() {
        try {
            return HibikiProcess.start(
                    FIXED_HEAP,
                    "serve",
                    "--port",
                    "0",
                    "--log",
                    "memory", // how long the disk of a busy machine takes is nobody's attack
                    "--limits-request-time",
                    "3s",
                    "--logging-level",
                    "warn");
        } catch (IOException notStarted) {
            throw new IllegalStateException(notStarted);
        }
    }

    /** Publishes one event after the other, each when the one before has come on a stream. */
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
            await().atMost(PATIENCE).until(() -> hasMade(UNDISTURBED, 0));
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
                    LockSupport.parkNanos(5_000_000);
                }
            } catch (Exception disturbed) {
                failure.set("event " + events + ": " + disturbed);
            }
        }

        /** Whether that many events have come since; fails once one has not. */
        boolean hasMade(int more, int since) {
            assertThat(failure.get()).isEmpty();
            return events >= since + more;
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
        sockets.clear(); // so that whichever test is the first has only its own
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
        assertThat(grown).isLessThan(MEMORY_SLACK);
        assertThat(hibiki.err()).isEmpty();
    }

    @AfterAll
    void stop() {
        hibiki.close();
    }

    private Socket connect(String from, String begun) throws IOException {
        return connect(from, 0, begun);
    }

    /** @param receiveBuffer how many bytes wait here, where nobody reads them; 0 for as many as the kernel likes */
    private Socket connect(String from, int receiveBuffer, String begun) throws IOException {
        Socket socket = new Socket();
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.bind(new InetSocketAddress(from, 0));
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10_000);
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.setTcpNoDelay(true);
        sockets.add(socket);
        send(socket, begun);
        return socket;
    }

    /** One attempt of many. */
    private interface Attempt {
        void make(int number) throws IOException;
    }

    /** Attacks that many times, and on until the witness has made its events. */
    private void attack(int atLeast, Attempt attempt) throws IOException {
        Witness watching = Objects.requireNonNull(witness);
        int before = watching.events;
        for (int i = 0; i < atLeast || !watching.hasMade(UNDISTURBED, before); i++) {
            attempt.make(i);
            if (i >= atLeast) {
                LockSupport.parkNanos(10_000_000); // as many as were wanted are under way; they are only kept up
            }
        }
    }

    /** Waits until the witness has made its events. */
    private void undisturbed() {
        Witness watching = Objects.requireNonNull(witness);
        int before = watching.events;
        await().atMost(PATIENCE).until(() -> watching.hasMade(UNDISTURBED, before));
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
        attack(10_000, i -> connect("127.0.0." + (2 + i % 8), begun[i % begun.length]));
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
        AtomicBoolean ended = new AtomicBoolean();
        AtomicInteger dripped = new AtomicInteger();
        Thread dripping = new Thread(() -> {
            for (int n = 0; !ended.get() && n < 1000; n++) {
                for (int i = 0; i < slow.size(); i++) {
                    String from = i % 2 == 0 ? head : body;
                    try {
                        send(slow.get(i), from.substring(n, n + 1));
                    } catch (IOException refused) {
                        // that one was told
                    }
                }
                dripped.set(n + 1);
                LockSupport.parkNanos(50_000_000);
            }
        });
        dripping.start();
        try {
            undisturbed();
            for (Socket socket : slow) {
                assertThat(status(socket)).isEqualTo("408");
            }
            assertThat(dripped).as("bytes of 1000 that had been sent").hasValueLessThan(1000);
        } finally {
            ended.set(true);
            dripping.join();
        }
    }

    @Test
    void aHundredMegabytesAreNotTaken_byLengthOrByChunks_fromManyAtOnce() throws Exception {
        String post = "POST /api/publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
        byte[] chunk = ("10000\r\n" + "a".repeat(65_536) + "\r\n").getBytes(ISO_8859_1);
        AtomicBoolean ended = new AtomicBoolean();
        List<Thread> senders = new ArrayList<>();
        List<String> statuses = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 20; i++) {
            boolean chunked = i % 2 == 0;
            String length = chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: 104857600\r\n\r\n";
            Thread sender = new Thread(() -> {
                do {
                    statuses.add(statusOf(post + length, chunk, 1600));
                    LockSupport.parkNanos(100_000_000);
                } while (!ended.get());
            });
            senders.add(sender);
            sender.start();
        }
        try {
            undisturbed();
        } finally {
            ended.set(true);
            for (Thread sender : senders) {
                sender.join(PATIENCE.toMillis());
            }
        }
        assertThat(statuses).hasSizeGreaterThanOrEqualTo(20).containsOnly("413");
    }

    /** What is answered to a request whose body goes on and on, while it does. */
    private String statusOf(String head, byte[] part, int parts) {
        try {
            Socket socket = connect("127.0.0.2", head);
            Thread sender = new Thread(() -> {
                try {
                    for (int n = 0; n < parts; n++) {
                        socket.getOutputStream().write(part);
                    }
                } catch (IOException cut) {
                    // as it should be: nobody reads a hundred megabytes
                }
            });
            sender.start();
            try {
                return status(socket);
            } finally {
                socket.close();
                sender.join(PATIENCE.toMillis());
            }
        } catch (IOException | InterruptedException failed) {
            return failed.toString();
        }
    }

    @Test
    void tenThousandHeadersAreNotRead() throws Exception {
        StringBuilder head = new StringBuilder("GET /healthz HTTP/1.1\r\nHost: localhost\r\n");
        for (int i = 0; i < 10_000; i++) {
            head.append("X-").append(i).append(": a\r\n");
        }
        String whole = head + "\r\n";
        attack(20, i -> {
            try (Socket socket = connect("127.0.0.2", "")) {
                sendUnlessCut(socket, whole);
                assertThat(status(socket)).isEqualTo("431");
            }
        });
    }

    private static void sendUnlessCut(Socket socket, String text) throws IOException {
        try {
            send(socket, text);
        } catch (SocketException cut) {
            // it has answered meanwhile
        }
    }

    @Test
    void garbageIsRefusedOrClosed_alsoBehindARequest() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        attack(300, i -> {
            byte[] garbage = new byte[1 + random.nextInt(3000)];
            random.nextBytes(garbage);
            boolean behind = i % 2 == 1;
            String begun = behind ? "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" : "";
            try (Socket socket = connect("127.0.0.2", begun)) {
                sendUnlessCut(socket, new String(garbage, ISO_8859_1) + "\r\n\r\n");
                assertThat(status(socket)).matches(behind ? "200" : "4\\d\\d|505");
            }
        });
    }

    @Test
    void twoHundredStreamsThatTakeNothingOfLargeEventsHoldThemOnce() throws Exception {
        try (PublishConnection publisher = new PublishConnection(port)) {
            String large = "{\"channel\":\"large\",\"data\":\"" + "x".repeat(1_000_000) + "\"}";
            // More than the window holds, from which all that are served in one turn share what they get.
            for (int i = 0; i < 40; i++) {
                assertThat(publisher.post("/api/publish", large).status()).isEqualTo(200);
            }
        }
        resident = server.resident(); // the log keeps them on the heap; its objects are nobody's attack
        attack(
                200,
                i -> connect(
                        "127.0.0." + (2 + i % 8),
                        4096,
                        "GET /api/events?channel=large&last=40 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        for (Socket socket : sockets) {
            assertThat(status(socket)).isEqualTo("200");
            assertThat(socket.getInputStream().readNBytes(10_000)).hasSize(10_000); // now it has an event pending
        }
        System.out.printf("%d such streams, %d KB%n", sockets.size(), (server.resident() - resident) >> 10);
        assertThat(server.resident() - resident).isLessThan(MEMORY_SLACK);
    }

    @Test
    void whoAsksWithoutEndAndTakesNoAnswerIsNotReadAnyMore() throws Exception {
        byte[] requests = "GET /api/channels HTTP/1.1\r\nHost: localhost\r\n\r\n"
                .repeat(1000)
                .getBytes(ISO_8859_1);
        List<Thread> asking = new ArrayList<>();
        AtomicLong asked = new AtomicLong();
        for (int i = 0; i < 10; i++) {
            Socket socket = connect("127.0.0.2", "");
            Thread thread = new Thread(() -> {
                try {
                    while (true) {
                        socket.getOutputStream().write(requests);
                        asked.addAndGet(1000);
                    }
                } catch (IOException closed) {
                    // at the end of the test
                }
            });
            asking.add(thread);
            thread.start();
        }
        Witness watching = Objects.requireNonNull(witness);
        AtomicLong askedBefore = new AtomicLong();
        AtomicInteger since = new AtomicInteger(watching.events);
        await().atMost(PATIENCE).until(() -> {
            if (!watching.hasMade(UNDISTURBED, since.get())) {
                return false;
            }
            since.set(watching.events);
            return asked.get()
                    == askedBefore.getAndSet(asked.get()); // nothing was taken while those events went their way
        });
        System.out.printf(
                "%d requests were sent until nothing was read any more, %d KB%n",
                asked.get(), (server.resident() - resident) >> 10);
        assertThat(server.resident() - resident).isLessThan(MEMORY_SLACK);
        for (Socket socket : sockets) {
            socket.close();
        }
        for (Thread thread : asking) {
            thread.join(PATIENCE.toMillis());
        }
    }
}
