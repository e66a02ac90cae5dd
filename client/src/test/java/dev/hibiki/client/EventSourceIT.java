// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import static dev.hibiki.client.ScriptedServer.STREAM;
import static dev.hibiki.client.ScriptedServer.says;
import static dev.hibiki.client.ScriptedServer.saysAndStays;
import static dev.hibiki.client.ScriptedServer.status;
import static dev.hibiki.client.ScriptedServer.write;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hibiki.event.EventParser;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What servers do, and what a client makes of it. */
class EventSourceIT {

    private static final Duration SOON = Duration.ofMillis(100);

    private final Recorder told = new Recorder();

    private static EventSourceConfig.Builder config(ScriptedServer server) {
        return EventSourceConfig.builder(server.uri()).reconnectionTime(SOON).mostBackoff(SOON);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 403, 404, 405, 406, 410, 418, 304})
    void aStatusThatWillNotPassIsTheEnd(int status) throws Exception {
        try (var server = new ScriptedServer(status(status));
                var source = EventSource.open(config(server).build(), told)) {
            assertThat(told.next(1)).containsExactly("REFUSED " + status + " ends");
            assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
        }
    }

    @Test
    void noContentIsTheEnd() throws Exception {
        try (var server = new ScriptedServer(says("HTTP/1.1 204 No Content\r\n\r\n"));
                var source = EventSource.open(config(server).build(), told)) {
            assertThat(told.next(1)).containsExactly("NO_CONTENT 204 ends");
            assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/html", "text/event-streams", "application/json; x=text/event-stream", ""})
    void anotherTypeIsTheEnd(String type) throws Exception {
        try (var server = new ScriptedServer(says("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\n\r\ndata: x\n\n"));
                var source = EventSource.open(config(server).build(), told)) {
            assertThat(told.next(1)).containsExactly("WRONG_TYPE 200 ends");
            assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TEXT/Event-Stream", "text/event-stream; charset=utf-8", "text/event-stream;x"})
    void theTypeIsReadAsMediaTypesAre(String type) throws Exception {
        try (var server = new ScriptedServer(
                        saysAndStays("HTTP/1.1 200 OK\r\nContent-Type: " + type + "\r\n\r\ndata: x\n\n"));
                var source = EventSource.open(config(server).build(), told)) {
            assertThat(told.next(2)).containsExactly("open", "message|x|");
            assertThat(source.state()).isEqualTo(EventSource.State.OPEN);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 425, 429, 500, 502, 503, 504, 599})
    void aStatusThatMayPassIsTriedAgain(int status) throws Exception {
        try (var server = new ScriptedServer(status(status), saysAndStays(STREAM + "data: x\n\n"));
                var source = EventSource.open(config(server).build(), told)) {
            assertThat(told.next(3)).containsExactly("STATUS " + status + " goes on", "open", "message|x|");
            assertThat(source.state()).isEqualTo(EventSource.State.OPEN);
        }
    }

    @Test
    void failuresInARowAreTriedAsOftenAsAllowed_andAnEventBeginsTheCountAnew() throws Exception {
        try (var server = new ScriptedServer(
                        status(500), status(500), says(STREAM + "data: x\n\n"), says(STREAM), status(500));
                var source = EventSource.open(config(server).maxRetries(2).build(), told)) {
            assertThat(told.next(8))
                    .containsExactly(
                            "STATUS 500 goes on",
                            "STATUS 500 goes on",
                            "open",
                            "message|x|",
                            "END_OF_STREAM 200 goes on",
                            "open",
                            "END_OF_STREAM 200 goes on",
                            "STATUS 500 ends");
            assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
        }
    }

    @Test
    void retryAfterIsWaitedFor() throws Exception {
        try (var server = new ScriptedServer(status(429, "Retry-After: 1\r\n"), saysAndStays(STREAM));
                var source = EventSource.open(config(server).build(), told)) {
            ScriptedServer.Asked first = server.nextAsked();
            ScriptedServer.Asked second = server.nextAsked();
            assertThat(second.atNanos() - first.atNanos()).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(990));
            assertThat(told.next(2)).containsExactly("STATUS 429 goes on", "open");
            assertThat(source.lastEventId()).isEmpty();
        }
    }

    @Test
    void anUnreachableServerIsTriedAgain() throws Exception {
        URI nobody;
        try (var server = new ScriptedServer(status(500))) {
            nobody = server.uri();
        }
        try (var source = EventSource.open(
                EventSourceConfig.builder(nobody)
                        .mostBackoff(SOON)
                        .maxRetries(1)
                        .build(),
                told)) {
            assertThat(told.next(2)).containsExactly("NETWORK 0 goes on", "NETWORK 0 ends");
            assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
        }
    }

    @Test
    void aServerThatDoesNotAnswerIsGivenUp_andTriedAgain() throws Exception {
        try (var server = new ScriptedServer(saysAndStays(""), saysAndStays(STREAM + "data: x\n\n"));
                var source = EventSource.open(
                        config(server).connectTimeout(Duration.ofSeconds(2)).build(), told)) {
            assertThat(told.next(3)).containsExactly("TIMEOUT 0 goes on", "open", "message|x|");
            assertThat(source.state()).isEqualTo(EventSource.State.OPEN);
        }
    }

    @Test
    void aStreamThatFallsSilentIsTakenForDead_commentsCount() throws Exception {
        try (var server = new ScriptedServer(
                        (asked, out) -> {
                            write(out, STREAM + "id: 1\ndata: x\n\n");
                            for (int i = 0; i < 6; i++) {
                                TimeUnit.MILLISECONDS.sleep(600);
                                write(out, ":beat\n\n");
                            }
                            TimeUnit.DAYS.sleep(1);
                        },
                        saysAndStays(STREAM + "data: y\n\n"));
                var source = EventSource.open(
                        config(server).idleTimeout(Duration.ofSeconds(3)).build(), told)) {
            assertThat(told.next(11))
                    .containsExactly(
                            "open",
                            "message|x|1",
                            ":beat",
                            ":beat",
                            ":beat",
                            ":beat",
                            ":beat",
                            ":beat",
                            "TIMEOUT 0 goes on",
                            "open",
                            "message|y|1");
            assertThat(source.lastEventId()).isEqualTo("1");
        }
    }

    @Test
    void whateverIsUnfinishedAtTheEndIsDropped_andAskedForAgain() throws Exception {
        String whole = "id: 1\ndata: é\r\n\r\nid: 2\ndata: two\n\n";
        byte[] bytes = whole.getBytes(UTF_8);
        var steps = new ArrayList<ScriptedServer.Step>();
        for (int cut = 0; cut < bytes.length; cut++) {
            int length = cut;
            steps.add((asked, out) -> {
                write(out, STREAM + "retry: 1\n");
                out.write(bytes, 0, length);
            });
        }
        steps.add(saysAndStays(STREAM + whole));
        try (var server = new ScriptedServer(steps.toArray(ScriptedServer.Step[]::new));
                var source = EventSource.open(config(server).build(), told)) {
            int firstWhole = "id: 1\ndata: é\r\n\r".getBytes(UTF_8).length;
            for (int cut = 0; cut < bytes.length; cut++) {
                ScriptedServer.Asked asked = server.nextAsked();
                assertThat(asked.headers().get("last-event-id"))
                        .as("request " + cut)
                        .isEqualTo(cut - 1 < firstWhole ? null : "1");
            }
            await().until(() -> source.lastEventId().equals("2"));
            List<String> all = told.rest();
            assertThat(all).filteredOn(line -> line.equals("message|two|2")).hasSize(1);
            assertThat(all).filteredOn(line -> line.equals("message|é|1")).hasSizeGreaterThan(1);
        }
    }

    @Test
    void aByteOrderMarkIsDroppedOnEachConnection() throws Exception {
        try (var server = new ScriptedServer(
                        says(STREAM + "\uFEFFdata: x\n\n"), saysAndStays(STREAM + "\uFEFFid: 1\ndata: y\n\n"));
                var source = EventSource.open(config(server).build(), told)) {
            assertThat(told.next(5))
                    .containsExactly("open", "message|x|", "END_OF_STREAM 200 goes on", "open", "message|y|1");
            await().until(() -> source.lastEventId().equals("1"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"retry: 0\n", "retry: x\n", "retry: -1\n", ""})
    void aServerThatEndsEachStreamAtOnceIsNotAskedInCircles(String retry) throws Exception {
        try (var server = new ScriptedServer(says(STREAM + retry + "data: x\n\n"));
                var source = EventSource.open(config(server).build(), told)) {
            long first = server.nextAsked().atNanos();
            server.nextAsked();
            long third = server.nextAsked().atNanos();
            assertThat(third - first).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(190));
            assertThat(source.state()).isNotEqualTo(EventSource.State.CLOSED);
        }
    }

    @Test
    void anEnormousRetryIsWaitedFor_untilItIsRestarted() throws Exception {
        try (var server = new ScriptedServer(says(STREAM + "retry: 99999999999\n\n"), saysAndStays(STREAM));
                var source = EventSource.open(config(server).build(), told)) {
            assertThat(told.next(2)).containsExactly("open", "END_OF_STREAM 200 goes on");
            await().until(() -> source.state() == EventSource.State.WAITING);
            source.restart();
            assertThat(told.next(1)).containsExactly("open");
        }
    }

    @Test
    void whatIsTooLargeIsTheEnd_afterAllBeforeIt() throws Exception {
        String large = "x".repeat(5 << 20);
        for (String data : List.of("data: " + large, ("data: " + "x".repeat(1 << 20) + "\n").repeat(5), ":" + large)) {
            try (var server = new ScriptedServer(says(STREAM + "id: 1\ndata: a\n\n" + data + "\n\n"));
                    var source = EventSource.open(config(server).build(), told)) {
                assertThat(told.next(3)).containsExactly("open", "message|a|1", "TOO_LARGE 200 ends");
                assertThat(source.lastEventId()).isEqualTo("1");
            }
        }
    }

    @Test
    void withinLargerLimitsItIsDelivered() throws Exception {
        String large = "x".repeat(5 << 20);
        try (var server = new ScriptedServer(saysAndStays(STREAM + "data: " + large + "\n\n"));
                var source = EventSource.open(
                        config(server)
                                .limits(new EventParser.Limits(6 << 20, 6 << 20))
                                .build(),
                        told)) {
            assertThat(told.next(2).get(1)).isEqualTo("message|" + large + "|");
            assertThat(source.state()).isEqualTo(EventSource.State.OPEN);
        }
    }
}
