// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import static dev.hibiki.client.ScriptedServer.STREAM;
import static dev.hibiki.client.ScriptedServer.says;
import static dev.hibiki.client.ScriptedServer.saysAndStays;
import static dev.hibiki.client.ScriptedServer.status;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What connections do that break, stall or are asked for too often. Each event comes once, in order, and the reasons are told exactly. */
class BrokenConnectionsIT {

    private static final Duration SOON = Duration.ofMillis(100);

    /** The head of an answer that will be longer than what comes of it. */
    private static final String LONG =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100000\r\n\r\n";

    private static final String CHUNKED =
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    private final Recorder told = new Recorder();

    private static EventSourceConfig.Builder config(ScriptedServer server) {
        return EventSourceConfig.builder(server.uri()).reconnectionTime(SOON).mostBackoff(SOON);
    }

    private static byte[] bytes(String text, int... more) {
        var all = new ByteArrayOutputStream();
        all.writeBytes(text.getBytes(UTF_8));
        IntStream.of(more).forEach(all::write);
        return all.toByteArray();
    }

    /** What an answer may break off within, and the id that the next request has then: a CR alone ends its line. */
    static Stream<Arguments> places() {
        return Stream.of(
                Arguments.of("an event", bytes("id: 2\ndata: hal"), "1"),
                Arguments.of("a field name", bytes("id: 2\nda"), "1"),
                Arguments.of("a character", bytes("id: 2\ndata: ", 0xF0, 0x9F), "1"),
                Arguments.of("a CRLF", bytes("id: 2\r\ndata: b\r\n\r"), "2"),
                Arguments.of("the end of an event", bytes("id: 2\ndata: b\n"), "1"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("places")
    void whatBreaksOffInTheMiddleLosesNothing_andDoublesNothing(String place, byte[] part, String resumed)
            throws Exception {
        for (String head : List.of(LONG, CHUNKED + "2000\r\n")) {
            ScriptedServer.Step first = says(head + "id: 1\ndata: a\n\n");
            ScriptedServer.Step second = (asked, out) -> {
                out.write(head.getBytes(UTF_8));
                out.write(part);
            };
            ScriptedServer.Step third = (asked, out) -> {
                var text = new StringBuilder(STREAM);
                for (int id = Integer.parseInt(asked.headers().get("last-event-id")) + 1; id <= 3; id++) {
                    text.append("id: ").append(id).append("\ndata: ").append(" abc".charAt(id));
                    text.append("\n\n");
                }
                ScriptedServer.write(out, text.toString());
                TimeUnit.DAYS.sleep(1);
            };
            try (var server = new ScriptedServer(first, second, third);
                    var source = EventSource.open(config(server).build(), told)) {
                await().until(() -> source.lastEventId().equals("3"));
                assertThat(told.rest())
                        .containsExactlyElementsOf(
                                resumed.equals("2")
                                        ? List.of(
                                                "open",
                                                "message|a|1",
                                                "NETWORK 0 goes on",
                                                "open",
                                                "message|b|2",
                                                "NETWORK 0 goes on",
                                                "open",
                                                "message|c|3")
                                        : List.of(
                                                "open",
                                                "message|a|1",
                                                "NETWORK 0 goes on",
                                                "open",
                                                "NETWORK 0 goes on",
                                                "open",
                                                "message|b|2",
                                                "message|c|3"));
                assertThat(server.asked)
                        .extracting(asked -> asked.headers().get("last-event-id"))
                        .containsExactly(null, "1", resumed);
            }
        }
    }

    @Test
    void aResetIsANetworkFailure() throws Exception {
        try (var server = new ScriptedServer(
                        saysAndStays(LONG + "id: 1\ndata: a\n\n"), saysAndStays(STREAM + "data: b\n\n"));
                var source = EventSource.open(config(server).build(), told)) {
            assertThat(told.next(2)).containsExactly("open", "message|a|1");
            server.reset();
            assertThat(told.next(3)).containsExactly("NETWORK 0 goes on", "open", "message|b|1");
            assertThat(source.state()).isEqualTo(EventSource.State.OPEN);
        }
    }

    @Test
    void anAnswerThatIsNoHttpIsANetworkFailure() throws Exception {
        try (var server = new ScriptedServer(says("hello\r\n\r\n"), saysAndStays(STREAM + "data: a\n\n"));
                var source = EventSource.open(config(server).build(), told)) {
            assertThat(told.next(3)).containsExactly("NETWORK 0 goes on", "open", "message|a|");
            assertThat(source.state()).isEqualTo(EventSource.State.OPEN);
        }
    }

    @Test
    void aFloodArrivesWhole() throws Exception {
        var expected = new ArrayList<String>();
        var flood = new StringBuilder(STREAM);
        for (int id = 0; id < 30_000; id++) {
            expected.add(Integer.toString(id));
            flood.append("id: ").append(id).append("\ndata: ").append(id).append("\n\n");
        }
        var got = new LinkedBlockingQueue<String>();
        try (var server = new ScriptedServer(saysAndStays(flood.toString()));
                var source = EventSource.open(config(server).build(), event -> got.add(event.data()))) {
            await().until(() -> source.lastEventId().equals("29999"));
            assertThat(List.copyOf(got)).isEqualTo(expected);
            assertThat(server.asked).hasSize(1);
        }
    }

    @Test
    void aServerThatFailsForEverIsNotAskedInCircles_andGivenUpAsConfigured() throws Exception {
        try (var server = new ScriptedServer(status(500));
                var source = EventSource.open(config(server).maxRetries(4).build(), told)) {
            assertThat(told.next(5))
                    .containsExactly(
                            "STATUS 500 goes on",
                            "STATUS 500 goes on",
                            "STATUS 500 goes on",
                            "STATUS 500 goes on",
                            "STATUS 500 ends");
            assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
            long last = server.nextAsked().atNanos();
            for (int again = 1; again <= 4; again++) {
                long next = server.nextAsked().atNanos();
                assertThat(next - last).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(95));
                last = next;
            }
            assertThat(server.asked).isEmpty();
        }
    }

    @Test
    void aRetryAfterThatNoTimerTakesIsWaitedFor_andADateIsReadAsOne() throws Exception {
        String date = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                ZonedDateTime.now(ZoneOffset.UTC).plusSeconds(3600));
        var delays = new LinkedBlockingQueue<Duration>();
        try (var server = new ScriptedServer(
                        status(503, "Retry-After: 99999999999\r\n"), status(429, "Retry-After: " + date + "\r\n"));
                var source = EventSource.open(config(server).build(), new EventSource.Listener() {
                    @Override
                    public void onEvent(ReceivedEvent event) {}

                    @Override
                    public void onFailure(Failure failure) {
                        delays.add(failure.retryIn() == null ? Duration.ZERO : failure.retryIn());
                    }
                })) {
            assertThat(delays.poll(60, TimeUnit.SECONDS)).isGreaterThan(Duration.ofDays(24));
            await().until(() -> source.state() == EventSource.State.WAITING);
            source.restart();
            assertThat(delays.poll(60, TimeUnit.SECONDS)).isBetween(Duration.ofSeconds(3500), Duration.ofSeconds(3600));
        }
    }
}
