// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import static dev.hibiki.client.ScriptedServer.STREAM;
import static dev.hibiki.client.ScriptedServer.says;
import static dev.hibiki.client.ScriptedServer.saysAndStays;
import static dev.hibiki.client.ScriptedServer.status;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client asks for, and where it takes its token. */
class RequestIT {

    private static final Duration SOON = Duration.ofMillis(100);

    private final Recorder told = new Recorder();

    private static EventSourceConfig.Builder config(ScriptedServer server) {
        return EventSourceConfig.builder(server.uri()).reconnectionTime(SOON).mostBackoff(SOON);
    }

    @Test
    void theRequestIsWhatWasConfigured_andTheLastIdComesAlong() throws Exception {
        try (var server = new ScriptedServer(says(STREAM + "id: 8\n\n"), saysAndStays(STREAM));
                var source = EventSource.open(
                        config(server)
                                .request("POST", "{\"é\":1}")
                                .header("content-type", "application/json")
                                .header("X-Own", "1")
                                .lastEventId("7")
                                .build(),
                        told)) {
            ScriptedServer.Asked first = server.nextAsked();
            assertThat(first.line()).isEqualTo("POST /stream HTTP/1.1");
            assertThat(first.body()).hasSize("{\"é\":1}".getBytes(UTF_8).length);
            assertThat(first.headers())
                    .containsEntry("accept", "text/event-stream")
                    .containsEntry("cache-control", "no-cache")
                    .containsEntry("content-type", "application/json")
                    .containsEntry("x-own", "1")
                    .containsEntry("last-event-id", "7")
                    .doesNotContainKey("upgrade");
            assertThat(server.nextAsked().headers()).containsEntry("last-event-id", "8");
            assertThat(source.lastEventId()).isEqualTo("8");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"é", " outer", "outer ", "a\tb", "日本"})
    void anIdThatCannotBeAHeaderGoesIntoTheQuery(String id) throws Exception {
        try (var server = new ScriptedServer(saysAndStays(STREAM));
                var source = EventSource.open(config(server).lastEventId(id).build(), told)) {
            ScriptedServer.Asked asked = server.nextAsked();
            assertThat(asked.headers()).doesNotContainKey("last-event-id");
            assertThat(asked.line())
                    .isEqualTo("GET /stream?lastEventId=" + java.net.URLEncoder.encode(id, UTF_8) + " HTTP/1.1");
            assertThat(source.lastEventId()).isEqualTo(id);
        }
    }

    @Test
    void eachAttemptHasATokenOfItsOwn_andA401IsAnsweredWithAFreshOneOnce() throws Exception {
        var number = new AtomicInteger();
        try (var server = new ScriptedServer(
                        status(401), says(STREAM + "data: x\n\n"), status(401), status(401), status(401));
                var source = EventSource.open(
                        config(server)
                                .token(() -> "t" + number.incrementAndGet())
                                .build(),
                        told)) {
            assertThat(told.next(4))
                    .containsExactly("open", "message|x|", "END_OF_STREAM 200 goes on", "UNAUTHORIZED 401 ends");
            assertThat(server.asked)
                    .extracting(asked -> asked.headers().get("authorization"))
                    .containsExactly("Bearer t1", "Bearer t2", "Bearer t3", "Bearer t4");
            assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
        }
    }

    @Test
    void withoutATokenA401IsTheEnd_andASupplierThatFailsIsAskedAgain() throws Exception {
        try (var server = new ScriptedServer(status(401));
                var source = EventSource.open(config(server).build(), told)) {
            assertThat(told.next(1)).containsExactly("UNAUTHORIZED 401 ends");
            assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
        }
        var asked = new AtomicInteger();
        try (var server = new ScriptedServer(saysAndStays(STREAM));
                var source = EventSource.open(
                        config(server)
                                .token(() -> {
                                    if (asked.incrementAndGet() == 1) {
                                        throw new IllegalStateException("not yet");
                                    }
                                    return null;
                                })
                                .build(),
                        told)) {
            assertThat(told.next(2)).containsExactly("TOKEN 0 goes on", "open");
            assertThat(server.nextAsked().headers()).doesNotContainKey("authorization");
            assertThat(source.state()).isEqualTo(EventSource.State.OPEN);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void redirectsAreFollowed_andTheTokenStaysWithItsOrigin(int status) throws Exception {
        try (var other = new ScriptedServer(saysAndStays(STREAM));
                var server = new ScriptedServer(
                        status(status, "Location: /second\r\n"),
                        status(status, "Location: " + other.uri() + "?a=b\r\n"));
                var source = EventSource.open(
                        config(server)
                                .request("POST", "x")
                                .token(() -> "secret")
                                .header("Cookie", "c")
                                .build(),
                        told)) {
            assertThat(told.next(1)).containsExactly("open");
            server.nextAsked();
            ScriptedServer.Asked second = server.nextAsked();
            ScriptedServer.Asked third = other.nextAsked();
            String method = status >= 307 ? "POST" : "GET";
            assertThat(second.line()).isEqualTo(method + " /second HTTP/1.1");
            assertThat(second.body()).isEqualTo(status >= 307 ? "x" : "");
            assertThat(second.headers()).containsEntry("authorization", "Bearer secret");
            assertThat(third.line()).isEqualTo(method + " /stream?a=b HTTP/1.1");
            assertThat(third.headers()).doesNotContainKeys("authorization", "cookie");
            assertThat(source.state()).isEqualTo(EventSource.State.OPEN);
        }
    }

    @Test
    void redirectsThatLeadNowhereAreTheEnd() throws Exception {
        for (String location : List.of("", "Location: ftp://x/\r\n", "Location: :\r\n", "Location: /stream\r\n")) {
            try (var server = new ScriptedServer(status(302, location));
                    var source = EventSource.open(config(server).build(), told)) {
                assertThat(told.next(1)).as(location).containsExactly("REDIRECT 302 ends");
                assertThat(server.asked.size()).isEqualTo(location.contains("/stream") ? 21 : 1);
                assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
            }
        }
    }

    @Test
    void whatAHubSaysToClientsIsNoEvent_butAGapIsTold_andTheCursorMoves() throws Exception {
        try (var server = new ScriptedServer(
                        says(STREAM
                                + "id: 2\nevent: hibiki.gap\ndata: {\"reason\":\"expired\",\"after\":\"1\",\"resumedAt\":\"2\"}\n\n"
                                + "id: 3\nevent: hibiki.cursor\ndata: {}\n\n"),
                        saysAndStays(STREAM));
                var source = EventSource.open(config(server).lastEventId("1").build(), told)) {
            server.nextAsked();
            assertThat(server.nextAsked().headers()).containsEntry("last-event-id", "3");
            assertThat(told.next(3))
                    .containsExactly("open", "Gap[reason=expired, after=1, resumedAt=2]", "END_OF_STREAM 200 goes on");
            assertThat(source.lastEventId()).isEqualTo("3");
        }
    }

    @Test
    void aTokenThatExpiresIsReplacedInTime_withoutLosingTheId() throws Exception {
        var number = new AtomicInteger();
        try (var server = new ScriptedServer(
                        saysAndStays(
                                STREAM + "id: 1\ndata: x\n\nevent: hibiki.token-expiring\ndata: {}\n\ndata: lost?\n\n"),
                        saysAndStays(STREAM + "data: y\n\n"));
                var source = EventSource.open(
                        config(server)
                                .token(() -> "t" + number.incrementAndGet())
                                .build(),
                        told)) {
            assertThat(told.next(4)).containsExactly("open", "message|x|1", "open", "message|y|1");
            server.nextAsked();
            assertThat(server.nextAsked().headers())
                    .containsEntry("last-event-id", "1")
                    .containsEntry("authorization", "Bearer t2");
            assertThat(source.lastEventId()).isEqualTo("1");
        }
    }
}
