// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import static dev.hibiki.client.ScriptedServer.STREAM;
import static dev.hibiki.client.ScriptedServer.says;
import static dev.hibiki.client.ScriptedServer.saysAndStays;
import static dev.hibiki.client.ScriptedServer.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hibiki.client.Failure.Reason;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What goes wrong on this side, or before there is an answer: it is told in words, and nothing ends in silence. */
class FaultsIT {

    private static final Duration SOON = Duration.ofMillis(100);

    private final BlockingQueue<Failure> failures = new LinkedBlockingQueue<>();

    @AfterEach
    void noThreadIsLeft() {
        await().until(() -> Recorder.threads().isEmpty());
    }

    private static EventSourceConfig.Builder config(URI uri) {
        return EventSourceConfig.builder(uri).reconnectionTime(SOON).mostBackoff(SOON);
    }

    private Failure nextFailure() throws InterruptedException {
        Failure failure = failures.poll(60, TimeUnit.SECONDS);
        assertThat(failure).as("a failure").isNotNull();
        return failure;
    }

    private EventSource.Listener failing(Runnable onEvent) {
        return new EventSource.Listener() {
            @Override
            public void onEvent(ReceivedEvent event) {
                onEvent.run();
            }

            @Override
            public void onFailure(Failure failure) {
                failures.add(failure);
            }
        };
    }

    @Test
    void whatTheListenerThrewIsTheCause_andItsEventDoesNotCountAsSeen() throws Exception {
        var thrown = new AssertionError("thrown by the test");
        try (var server = new ScriptedServer(saysAndStays(STREAM + "id: 1\ndata: x\n\n"));
                var source = EventSource.open(config(server.uri()).build(), failing(() -> {
                    throw thrown;
                }))) {
            Failure failure = nextFailure();
            assertThat(failure.reason()).isEqualTo(Reason.LISTENER);
            assertThat(failure.goesOn()).isFalse();
            assertThat(failure.cause()).isSameAs(thrown);
            assertThat(failure)
                    .hasToString("LISTENER: the listener threw java.lang.AssertionError: thrown by the test");
            assertThat(source.lastEventId()).isEmpty();
            assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
        }
    }

    @Test
    void whatIsThrownAfterClosingGoesToTheThreadsHandler() throws Exception {
        var unheard = new LinkedBlockingQueue<Throwable>();
        var thrown = new IllegalStateException("thrown by the test");
        try (var server = new ScriptedServer(saysAndStays(STREAM + "data: x\n\n"))) {
            var source = EventSource.open(config(server.uri()).build(), new EventSource.Listener() {
                private final LinkedBlockingQueue<EventSource> itself = new LinkedBlockingQueue<>();

                @Override
                public void onStart(EventSource started) {
                    itself.add(started);
                    Thread.currentThread().setUncaughtExceptionHandler((thread, failed) -> unheard.add(failed));
                }

                @Override
                public void onEvent(ReceivedEvent event) {
                    itself.remove().close();
                    throw thrown;
                }
            });
            assertThat(source.awaitClosed(Duration.ofSeconds(60))).isTrue();
            assertThat(List.copyOf(unheard)).containsExactly(thrown);
        }
    }

    @Test
    void aListenerThatInterruptsItsThreadEndsTheSource_andThatIsTold() throws Exception {
        try (var server = new ScriptedServer(saysAndStays(STREAM + "data: x\n\n"));
                var source = EventSource.open(
                        config(server.uri()).build(),
                        failing(() -> Thread.currentThread().interrupt()))) {
            assertThat(nextFailure()).hasToString("UNEXPECTED: java.lang.InterruptedException");
            assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
        }
    }

    @Test
    void aTokenSupplierThatFailsInWhateverWayIsAskedAgain() throws Exception {
        var asked = new AtomicInteger();
        try (var server = new ScriptedServer(saysAndStays(STREAM));
                var source = EventSource.open(
                        config(server.uri())
                                .token(() -> switch (asked.incrementAndGet()) {
                                    case 1 -> throw new IllegalStateException("not yet");
                                    case 2 -> throw new NoClassDefFoundError("Issuer");
                                    case 3 -> "two\nlines";
                                    default -> "good";
                                })
                                .build(),
                        failing(() -> {}))) {
            assertThat(server.nextAsked().headers()).containsEntry("authorization", "Bearer good");
            assertThat(failures)
                    .extracting(failure -> failure.reason() + ": " + failure.detail())
                    .containsExactly(
                            "TOKEN: the token supplier threw java.lang.IllegalStateException: not yet",
                            "TOKEN: the token supplier threw java.lang.NoClassDefFoundError: Issuer",
                            "TOKEN: token: (a secret) (expected: printable ASCII)");
            assertThat(source.state()).isNotEqualTo(EventSource.State.CLOSED);
        }
    }

    @Test
    void aSupplierThatHasNoOtherTokenDoesNotMakeItsClientRunInCircles() throws Exception {
        String expiring = STREAM + "id: 1\nevent: hibiki.token-expiring\ndata: {}\n\nid: 2\ndata: x\n\n";
        var got = new LinkedBlockingQueue<String>();
        try (var server = new ScriptedServer(saysAndStays(expiring));
                var source = EventSource.open(
                        config(server.uri()).token(() -> "the only one").build(), event -> got.add(event.data()))) {
            assertThat(got.poll(60, TimeUnit.SECONDS)).isEqualTo("x");
            await().until(() -> source.lastEventId().equals("2"));
            assertThat(server.asked).hasSize(2);
        }
    }

    @Test
    void aRefreshedTokenCountsAsNoFailure() throws Exception {
        try (var server = new ScriptedServer(status(401), status(500), saysAndStays(STREAM + "data: x\n\n"))) {
            var got = new LinkedBlockingQueue<String>();
            try (var source = EventSource.open(
                    config(server.uri()).token(() -> "t").maxRetries(1).build(), event -> got.add(event.data()))) {
                assertThat(got.poll(60, TimeUnit.SECONDS)).isEqualTo("x");
                assertThat(source.state()).isEqualTo(EventSource.State.OPEN);
            }
        }
    }

    @Test
    void restartsAreNoFailuresEither_andWithoutRetriesTheFirstFailureIsTheEnd() throws Exception {
        try (var server = new ScriptedServer(
                        saysAndStays(STREAM), saysAndStays(STREAM), saysAndStays(STREAM), says(STREAM));
                var source = EventSource.open(config(server.uri()).maxRetries(0).build(), failing(() -> {}))) {
            for (int i = 0; i < 3; i++) {
                server.nextAsked();
                await().until(() -> source.state() == EventSource.State.OPEN);
                source.restart();
            }
            assertThat(nextFailure())
                    .hasToString("END_OF_STREAM 200: the stream ended; 1 failures in a row (expected: at most 0)");
            assertThat(failures).isEmpty();
        }
    }

    @Test
    void anUnknownHostAndAClosedPortAreToldInWords() throws Exception {
        try (var source = EventSource.open(
                config(URI.create("http://nobody.invalid/")).maxRetries(0).build(), failing(() -> {}))) {
            assertThat(nextFailure().detail()).startsWith("unknown host: nobody.invalid; ");
            assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
        }
        int port;
        try (var closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = closed.getLocalPort();
        }
        try (var source = EventSource.open(
                config(URI.create("http://127.0.0.1:" + port)).maxRetries(0).build(), failing(() -> {}))) {
            assertThat(nextFailure().detail()).startsWith("no connection to 127.0.0.1:" + port + "; ");
            assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
        }
    }

    @Test
    void aServerThatTakesNoConnectionsIsGivenUp_alsoWithATimeOutOfTheHttpClients() throws Exception {
        try (var full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var waiting = new ArrayList<Socket>();
            try {
                while (connects(full, waiting)) {
                    // until its queue is full
                }
                EventSourceConfig.Builder config = config(URI.create("http://127.0.0.1:" + full.getLocalPort()));
                try (var source = EventSource.open(config.connectTimeout(SOON).build(), failing(() -> {}))) {
                    assertThat(nextFailure()).asString().startsWith("TIMEOUT: no answer for 100 ms");
                    assertThat(nextFailure().goesOn()).isTrue();
                    assertThat(source.state()).isNotEqualTo(EventSource.State.CLOSED);
                }
                failures.clear();
                config.connectTimeout(Duration.ofSeconds(10))
                        .httpClient(HttpClient.newBuilder().connectTimeout(SOON).build());
                try (var source = EventSource.open(config.build(), failing(() -> {}))) {
                    assertThat(nextFailure()).asString().startsWith("TIMEOUT: HTTP connect timed out");
                    assertThat(source.state()).isNotEqualTo(EventSource.State.CLOSED);
                }
            } finally {
                for (Socket socket : waiting) {
                    socket.close();
                }
            }
        }
    }

    private static boolean connects(ServerSocket full, List<Socket> waiting) throws Exception {
        var socket = new Socket();
        waiting.add(socket);
        try {
            socket.connect(full.getLocalSocketAddress(), 1000);
            return waiting.size() < 100;
        } catch (SocketTimeoutException isFull) {
            return false;
        }
    }

    @Test
    void aStreamThatIsCompressedIsTheEnd_forNoEventCouldBeRead() throws Exception {
        try (var server = new ScriptedServer(saysAndStays(
                        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Encoding: gzip\r\n\r\n"));
                var source = EventSource.open(config(server.uri()).build(), failing(() -> {}))) {
            assertThat(nextFailure()).hasToString("WRONG_TYPE 200: content coding: 'gzip' (expected: none)");
            assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
        }
    }

    @Test
    void whatTheServerAskedForHoldsAfterAFailureToConnectToo() throws Exception {
        try (var server = new ScriptedServer(says(STREAM + "retry: 60000\n\n"), status(500));
                var source = EventSource.open(config(server.uri()).build(), failing(() -> {}))) {
            assertThat(nextFailure().retryIn()).isEqualTo(Duration.ofSeconds(60));
            source.restart();
            assertThat(nextFailure().retryIn()).isEqualTo(Duration.ofSeconds(60));
        }
    }

    @Test
    void aDateInRetryAfterIsWaitedFor_aPastOneNot() throws Exception {
        try (var server = new ScriptedServer(
                        status(503, "Retry-After: Fri, 01 Jan 2500 00:00:00 GMT\r\n"),
                        status(503, "Retry-After: Sat, 01 Jan 2000 00:00:00 GMT\r\n"));
                var source = EventSource.open(config(server.uri()).build(), failing(() -> {}))) {
            assertThat(nextFailure().retryIn()).isEqualTo(Duration.ofMillis(Integer.MAX_VALUE));
            source.restart();
            assertThat(nextFailure().retryIn()).isEqualTo(SOON);
        }
    }
}
