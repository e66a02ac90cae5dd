// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import static dev.hibiki.client.ScriptedServer.STREAM;
import static dev.hibiki.client.ScriptedServer.says;
import static dev.hibiki.client.ScriptedServer.saysAndStays;
import static dev.hibiki.client.ScriptedServer.status;
import static dev.hibiki.client.ScriptedServer.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Closing, wherever it comes from: nothing more is told, and nothing is left. */
class ClosingIT {

    private static final Duration SOON = Duration.ofMillis(100);
    private static final Duration LONG = Duration.ofSeconds(60);

    private final Recorder told = new Recorder();

    private static EventSourceConfig.Builder config(ScriptedServer server) {
        return EventSourceConfig.builder(server.uri()).reconnectionTime(SOON).mostBackoff(SOON);
    }

    @AfterEach
    void noThreadIsLeft() {
        await().until(() -> Recorder.threads().isEmpty());
    }

    @Test
    void closingEndsTheThreadAndTheConnection_whateverItDoes_andTellsNothingMore() throws Exception {
        for (ScriptedServer.Step step :
                List.of(saysAndStays(""), saysAndStays(STREAM), says(STREAM + "retry: 60000\n\n"), status(503))) {
            try (var server = new ScriptedServer(step)) {
                var source = EventSource.open(
                        config(server).mostBackoff(Duration.ofMinutes(1)).build(), told);
                server.nextAsked();
                source.close();
                assertThat(source.awaitClosed(LONG)).isTrue();
                await().until(() -> server.connections() == 0);
                told.rest();
                source.restart();
                assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
                assertThat(told.rest()).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"start", "open", "event", "gap", "comment", "failure"})
    void closingFromWithinACallIsTheLastCall(String last) throws Exception {
        String gap = "event: hibiki.gap\ndata: {}\n\n";
        try (var server = new ScriptedServer(says(STREAM + "data: x\n\n" + gap + ":c\n" + "data: y\n\n:d\n" + gap))) {
            var calls = new LinkedBlockingQueue<String>();
            var source = EventSource.open(config(server).build(), new EventSource.Listener() {
                private final LinkedBlockingQueue<EventSource> itself = new LinkedBlockingQueue<>();

                private void called(String call) {
                    calls.add(call);
                    if (call.equals(last)) {
                        EventSource source = itself.element();
                        source.close();
                        assertThat(awaits(source)).isFalse();
                    }
                }

                @Override
                public void onStart(EventSource source) {
                    itself.add(source);
                    called("start");
                }

                @Override
                public void onOpen() {
                    called("open");
                }

                @Override
                public void onEvent(ReceivedEvent event) {
                    called("event");
                }

                @Override
                public void onGap(Gap gap) {
                    called("gap");
                }

                @Override
                public void onComment(String text) {
                    called("comment");
                }

                @Override
                public void onFailure(Failure failure) {
                    called("failure");
                }
            });
            assertThat(source.awaitClosed(LONG)).isTrue();
            var all = List.of("start", "open", "event", "gap", "comment", "event", "comment", "gap", "failure");
            assertThat(List.copyOf(calls)).isEqualTo(all.subList(0, all.indexOf(last) + 1));
            assertThat(server.asked.size()).isEqualTo(last.equals("start") ? 0 : 1);
            await().until(() -> server.connections() == 0);
        }
    }

    private static boolean awaits(EventSource source) {
        try {
            return source.awaitClosed(Duration.ofDays(1));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void closingWhileACallRunsLetsItEnd_andItIsTheLast() throws Exception {
        var inCall = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var calls = new LinkedBlockingQueue<String>();
        try (var server = new ScriptedServer(saysAndStays(STREAM + "id: 1\ndata: x\n\nid: 2\ndata: y\n\n"))) {
            var source = EventSource.open(config(server).build(), event -> {
                inCall.countDown();
                try {
                    assertThat(goOn.await(60, TimeUnit.SECONDS)).isTrue();
                    calls.add(event.data());
                } catch (InterruptedException e) {
                    calls.add("interrupted");
                }
            });
            assertThat(inCall.await(60, TimeUnit.SECONDS)).isTrue();
            source.close();
            assertThat(source.awaitClosed(Duration.ZERO)).isFalse();
            goOn.countDown();
            assertThat(source.awaitClosed(LONG)).isTrue();
            assertThat(List.copyOf(calls)).containsExactly("x");
            assertThat(source.lastEventId()).isEqualTo("1");
        }
    }

    @Test
    void closingDuringARedirectAsksNobodyElse() throws Exception {
        var redirecting = new CountDownLatch(1);
        try (var other = new ScriptedServer(saysAndStays(STREAM));
                var server = new ScriptedServer((asked, out) -> {
                    assertThat(redirecting.await(60, TimeUnit.SECONDS)).isTrue();
                    write(out, "HTTP/1.1 307 Moved\r\nLocation: " + other.uri() + "\r\n\r\n");
                })) {
            var source = EventSource.open(config(server).build(), told);
            server.nextAsked();
            source.close();
            redirecting.countDown();
            assertThat(source.awaitClosed(LONG)).isTrue();
            assertThat(told.rest()).isEmpty();
            assertThat(other.asked).isEmpty();
            await().until(() -> server.connections() == 0);
        }
    }

    @Test
    void closingInterruptsATokenSupplierThatDoesNotAnswer() throws Exception {
        var asked = new CountDownLatch(1);
        try (var server = new ScriptedServer(saysAndStays(STREAM))) {
            var source = EventSource.open(
                    config(server)
                            .token(() -> {
                                asked.countDown();
                                try {
                                    TimeUnit.DAYS.sleep(1);
                                } catch (InterruptedException e) {
                                    throw new IllegalStateException(e);
                                }
                                return "never";
                            })
                            .build(),
                    told);
            assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();
            source.close();
            assertThat(source.awaitClosed(LONG)).isTrue();
            assertThat(told.rest()).isEmpty();
            assertThat(server.asked).isEmpty();
        }
    }

    @Test
    void whatComesToItsEndByItselfLeavesNothingEither() throws Exception {
        for (String end : List.of("204 No Content", "404 Not Found", "200 OK\r\nContent-Type: text/html")) {
            String body = end.startsWith("204") ? "" : "Content-Length: 100000\r\n";
            try (var server = new ScriptedServer(saysAndStays("HTTP/1.1 " + end + "\r\n" + body + "\r\n"))) {
                var source = EventSource.open(config(server).build(), told);
                assertThat(source.awaitClosed(LONG)).isTrue();
                assertThat(told.next(1).get(0)).endsWith(" ends");
                if (!body.isEmpty()) { // after a 204 it may serve somebody else
                    await().until(() -> server.connections() == 0);
                }
            }
        }
    }
}
