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

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the suites of others ask of a client: LaunchDarkly's contract tests for clients, and the tests of the web platform; as far as the
 * vectors and the other tests here do not ask it already. None of it is copied from there.
 */
class ConformanceIT {

    private final Recorder told = new Recorder();

    /** No delay at all, as those suites have it. */
    private static EventSourceConfig.Builder config(ScriptedServer server) {
        return EventSourceConfig.builder(server.uri()).reconnectionTime(Duration.ZERO);
    }

    @AfterEach
    void noThreadIsLeft() {
        await().until(() -> Recorder.threads().isEmpty());
    }

    @Test
    void thePlainRequestHasWhatItMustHave_andNothingElse() throws Exception {
        try (var server = new ScriptedServer(saysAndStays(STREAM));
                var source = EventSource.open(config(server).build(), told)) {
            ScriptedServer.Asked asked = server.nextAsked();
            assertThat(asked.line()).isEqualTo("GET /stream HTTP/1.1");
            asked.headers().remove("content-length", "0"); // which the JDK says before 19
            assertThat(asked.headers())
                    .containsOnlyKeys("host", "accept", "cache-control", "user-agent")
                    .containsEntry("accept", "text/event-stream")
                    .containsEntry("cache-control", "no-cache");
            assertThat(source.lastEventId()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "REPORT", "PUT"})
    void methodAndBodyAreSentAgainWithEachConnection(String method) throws Exception {
        try (var server = new ScriptedServer(says(STREAM), saysAndStays(STREAM));
                var source = EventSource.open(
                        config(server)
                                .request(method, "{\"hello\": \"world\"}")
                                .header("content-type", "application/json; charset=utf-8")
                                .build(),
                        told)) {
            for (int i = 0; i < 2; i++) {
                ScriptedServer.Asked asked = server.nextAsked();
                assertThat(asked.line()).isEqualTo(method + " /stream HTTP/1.1");
                assertThat(asked.body()).isEqualTo("{\"hello\": \"world\"}");
                assertThat(asked.headers()).containsEntry("content-type", "application/json; charset=utf-8");
            }
            assertThat(source.state()).isNotEqualTo(EventSource.State.CLOSED);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 307, 308})
    void aRedirectKeepsAMethodThatIsNotPost_andWithoutAPlaceItIsAnError(int status) throws Exception {
        try (var server = new ScriptedServer(status(status, "Location: /there\r\n"), saysAndStays(STREAM));
                var source =
                        EventSource.open(config(server).request("REPORT", "x").build(), told)) {
            server.nextAsked();
            ScriptedServer.Asked there = server.nextAsked();
            assertThat(there.line()).isEqualTo("REPORT /there HTTP/1.1");
            assertThat(there.body()).isEqualTo("x");
            assertThat(source.state()).isNotEqualTo(EventSource.State.CLOSED);
        }
        told.rest();
        for (String nowhere : new String[] {"Location:\r\n", ""}) {
            try (var server = new ScriptedServer(status(status, nowhere));
                    var source = EventSource.open(config(server).build(), told)) {
                assertThat(told.next(1)).containsExactly("REDIRECT " + status + " ends");
                assertThat(server.asked).hasSize(1);
                assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
            }
        }
    }

    @Test
    void anIdThatNoHeaderCanCarryGoesWhereTheRedirectGoes() throws Exception {
        try (var server = new ScriptedServer(
                        status(307, "Location: /there?a=b\r\n"),
                        status(307, "Location: /there?lastEventId=%E2%80%A6\r\n"),
                        saysAndStays(STREAM));
                var source = EventSource.open(config(server).lastEventId("…").build(), told)) {
            assertThat(server.nextAsked().line()).isEqualTo("GET /stream?lastEventId=%E2%80%A6 HTTP/1.1");
            assertThat(server.nextAsked().line()).isEqualTo("GET /there?a=b&lastEventId=%E2%80%A6 HTTP/1.1");
            assertThat(server.nextAsked().line()).isEqualTo("GET /there?lastEventId=%E2%80%A6 HTTP/1.1");
            assertThat(source.lastEventId()).isEqualTo("…");
        }
    }

    @Test
    void anEmptyIdTakesTheLastOneBack_andIsNotSent() throws Exception {
        try (var server = new ScriptedServer(
                        says(STREAM + "id: abc\ndata: Hello\n\nid: \ndata: World\n\n"),
                        saysAndStays(STREAM + "data: again\n\n"));
                var source = EventSource.open(config(server).build(), told)) {
            assertThat(told.next(5))
                    .containsExactly(
                            "open", "message|Hello|abc", "message|World|", "END_OF_STREAM 200 goes on", "open");
            server.nextAsked();
            assertThat(server.nextAsked().headers()).doesNotContainKey("last-event-id");
            assertThat(told.next(1)).containsExactly("message|again|");
            assertThat(source.lastEventId()).isEmpty();
        }
    }

    @Test
    void aLastIdStaysOverEventsWithoutOne_andWhatWasCutIsNotKept() throws Exception {
        try (var server = new ScriptedServer(
                        says(STREAM + "id: abc\ndata: Hello\n\ndata: World\n\nid: def\ndata: Goodbye"),
                        saysAndStays(STREAM + "data: We meet again\n\n"));
                var source = EventSource.open(config(server).build(), told)) {
            assertThat(told.next(6))
                    .containsExactly(
                            "open",
                            "message|Hello|abc",
                            "message|World|abc",
                            "END_OF_STREAM 200 goes on",
                            "open",
                            "message|We meet again|abc");
            server.nextAsked();
            assertThat(server.nextAsked().headers()).containsEntry("last-event-id", "abc");
            assertThat(source.lastEventId()).isEqualTo("abc");
        }
    }

    @Test
    void aCommentIsToldWithItsLine_beforeAnyEmptyOne() throws Exception {
        try (var server = new ScriptedServer((asked, out) -> {
                    write(out, STREAM + ":Hello\n");
                    TimeUnit.DAYS.sleep(1);
                });
                var source = EventSource.open(config(server).build(), told)) {
            assertThat(told.next(2)).containsExactly("open", ":Hello");
            assertThat(source.state()).isEqualTo(EventSource.State.OPEN);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void manyByteCharactersAndLineEndsComeInPieces(int piece) throws Exception {
        String text = "data: €豆腐\uD83C\uDF63\r\n\r\ndata: one\rdata: two\r\revent: greeting\ndata\ndata\n\n";
        try (var server = new ScriptedServer((asked, out) -> {
                    write(out, STREAM);
                    byte[] bytes = text.getBytes(UTF_8);
                    for (int at = 0; at < bytes.length; at += piece) {
                        out.write(bytes, at, Math.min(piece, bytes.length - at));
                        out.flush();
                    }
                    TimeUnit.DAYS.sleep(1);
                });
                var source = EventSource.open(config(server).build(), told)) {
            assertThat(told.next(4))
                    .containsExactly("open", "message|€豆腐\uD83C\uDF63|", "message|one\ntwo|", "greeting|\n|");
            assertThat(source.state()).isEqualTo(EventSource.State.OPEN);
        }
    }

    @Test
    void anEventOfAnySizeIsDeliveredAsSoonAsItIsThere() throws Exception {
        int[] sizes = {1, 128, 1023, 1024, 1025, 4094, 4096, 8191, 8192, 8193, 16_384, 32_768, 65_536, 1 << 20};
        try (var server = new ScriptedServer((asked, out) -> {
                    write(out, STREAM);
                    for (int size : sizes) {
                        write(out, "data: " + "x".repeat(size) + "\n\n");
                        await().until(() -> told.hasTold("message|" + "x".repeat(size) + "|"));
                    }
                    TimeUnit.DAYS.sleep(1);
                });
                var source = EventSource.open(config(server).build(), told)) {
            var all = new ArrayList<String>();
            all.add("open");
            IntStream.of(sizes).forEach(size -> all.add("message|" + "x".repeat(size) + "|"));
            await().until(() -> told.hasTold(all.get(all.size() - 1)));
            assertThat(told.rest()).isEqualTo(all);
            assertThat(source.state()).isEqualTo(EventSource.State.OPEN);
        }
    }

    @Test
    void aReconnectThatIsRefusedIsTheEnd_andNothingIsToldAfterIt() throws Exception {
        try (var server = new ScriptedServer(
                        says(STREAM + "retry: 2\ndata: opened\n\n"),
                        says(STREAM + "data: reconnected\n\n"),
                        says("HTTP/1.1 204 No Content\r\n\r\n"));
                var source = EventSource.open(config(server).build(), told)) {
            assertThat(source.awaitClosed(Duration.ofSeconds(60))).isTrue();
            assertThat(told.rest())
                    .containsExactly(
                            "open",
                            "message|opened|",
                            "END_OF_STREAM 200 goes on",
                            "open",
                            "message|reconnected|",
                            "END_OF_STREAM 200 goes on",
                            "NO_CONTENT 204 ends");
            assertThat(server.asked).hasSize(3);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {201, 202, 205, 206, 210, 299, 300, 304, 305})
    void aStatusThatIsNot200IsNoStream(int status) throws Exception {
        try (var server = new ScriptedServer(says("HTTP/1.1 " + status
                        + " TEST\r\nContent-Type: text/event-stream\r\nContent-Length: 9\r\n\r\ndata: x\n\n"));
                var source = EventSource.open(config(server).build(), told)) {
            assertThat(told.next(1)).containsExactly("REFUSED " + status + " ends");
            assertThat(source.state()).isEqualTo(EventSource.State.CLOSED);
        }
    }

    @Test
    void aRetryThatIsNoNumberLeavesTheOneBefore() throws Exception {
        try (var server = new ScriptedServer(says(STREAM + "retry: 7000\nretry: 1000x\ndata: x\n\n"))) {
            var failures = new ArrayList<Failure>();
            var source = EventSource.open(config(server).build(), new EventSource.Listener() {
                @Override
                public void onEvent(ReceivedEvent event) {}

                @Override
                public void onFailure(Failure failure) {
                    failures.add(failure);
                }
            });
            await().until(() -> source.state() == EventSource.State.WAITING);
            source.close();
            assertThat(source.awaitClosed(Duration.ofSeconds(60))).isTrue();
            assertThat(failures).extracting(Failure::retryIn).containsExactly(Duration.ofSeconds(7));
        }
    }
}
