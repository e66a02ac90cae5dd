// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What happens to the one who takes more than a share, and that nobody else notices. */
class SharesIT {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final List<RawClient> clients = new ArrayList<>();
    private HibikiServer server = start(config -> config.hub(hub -> hub.streamMaxChannels(2))
            .limits(limits ->
                    limits.streamsPerUser(2).streamsPerAddress(3).event(10).bodies(64 << 10))
            .trustedProxy("127.0.0.9"));

    private HibikiServer start(Consumer<ServerConfig> configure) {
        return HibikiServer.start(config -> configure.accept(config.port(0).metrics(registry)));
    }

    private void startAgain(Consumer<ServerConfig> configure) {
        server.close();
        server = start(configure);
    }

    @AfterEach
    void close() throws IOException {
        for (RawClient client : clients) {
            client.close();
        }
        server.close();
    }

    private RawClient client(String from) throws IOException {
        RawClient client = RawClient.connectFrom(from, server.port());
        clients.add(client);
        return client;
    }

    private double refused(String limit) {
        return registry.get("hibiki.refused")
                .tag("limit", limit)
                .functionCounter()
                .count();
    }

    private boolean opens(String from, String target, String headers) throws IOException {
        RawClient client = client(from);
        assertThat(client.get(target, headers).head()).startsWith("HTTP/1.1 200 OK\r\n");
        String first = client.chunk();
        if (first.equals("retry: 3000\n\n")) {
            return true;
        }
        assertThat(first).matches("retry: \\d{4,5}\n\n");
        assertThat(client.chunk()).isEmpty();
        assertThat(client.toEnd()).isEmpty();
        return false;
    }

    @Test
    void aUserHasHisStreams_oneMoreIsRefusedSoftly_untilOneGoes() throws IOException {
        assertThat(opens("127.0.0.1", "/api/events?userId=ann", "")).isTrue();
        assertThat(opens("127.0.0.1", "/api/events?userId=ann", "")).isTrue();
        assertThat(opens("127.0.0.1", "/api/events?userId=ann", "")).isFalse();
        assertThat(opens("127.0.0.1", "/api/events?userId=bob", "")).isTrue();
        for (int i = 0; i < 5; i++) {
            assertThat(opens("127.0.0.1", "/api/events", "")).isTrue();
        }
        assertThat(refused("streams-per-user")).isEqualTo(1);
        clients.get(0).close();
        await().until(() -> server.openStreams() == 7);
        assertThat(opens("127.0.0.1", "/api/events?userId=ann", "")).isTrue();
    }

    @Test
    void anAddressHasItsStreams_alsoBehindAProxy_andNothingIsLeftOfThoseThatAreGone() throws IOException {
        for (int i = 0; i < 3; i++) {
            assertThat(opens("127.0.0.2", "/api/events?userId=u" + i, "X-Forwarded-For: 1.2.3." + i + "\r\n"))
                    .isTrue();
            assertThat(opens("127.0.0.9", "/api/events", "X-Forwarded-For: 9.9.9.9, 2001:db8::" + i + "\r\n"))
                    .isTrue();
            assertThat(opens("127.0.0.9", "/api/events", "")).isTrue();
        }
        assertThat(opens("127.0.0.2", "/api/events?userId=u9", "X-Real-IP: 1.2.3.4\r\n"))
                .isFalse();
        assertThat(opens("127.0.0.9", "/api/events", "X-Real-IP: 2001:db8::9\r\n"))
                .isFalse();
        assertThat(opens("127.0.0.9", "/api/events", "X-Forwarded-For: 2001:db8:1::1\r\n"))
                .isTrue();
        assertThat(opens("127.0.0.9", "/api/events", "")).isTrue();
        assertThat(opens("127.0.0.3", "/api/events?userId=u9", "")).isTrue();
        assertThat(refused("streams-per-address")).isEqualTo(2);
        assertThat(server.streamKeys()).isEqualTo(4 + 4); // four users, four addresses
        for (RawClient client : clients) {
            client.close();
        }
        await().until(() -> server.openStreams() == 0 && server.streamKeys() == 0);
    }

    @Test
    void aClientThatComesBackTakesOverFromItself_howeverFullItIs() throws IOException {
        startAgain(config ->
                config.limits(limits -> limits.streams(2).streamsPerUser(1).streamsPerAddress(1)));
        String ann = "?userId=ann&clientId=" + "a".repeat(22);
        assertThat(opens("127.0.0.1", "/api/events?userId=bob", "")).isTrue();
        for (int i = 0; i < 3; i++) {
            assertThat(opens("127.0.0.2", "/api/events" + ann, "")).isTrue();
            await().until(() -> server.openStreams() == 2);
        }
        assertThat(opens("127.0.0.2", "/api/events?userId=ann&clientId=" + "b".repeat(22), ""))
                .isFalse();
        assertThat(refused("streams")).isEqualTo(1);
    }

    @Test
    void aStreamThatWasEndedHasNoPlaceAnyMore_thoughItsClientIsStillThere() throws IOException {
        startAgain(config -> config.limits(limits -> limits.streams(1)).stream("/short", stream -> stream.end()));
        for (int i = 0; i < 3; i++) {
            assertThat(opens("127.0.0.2", "/short", "")).isTrue();
            assertThat(clients.get(i).chunk()).isEmpty();
        }
    }

    @Test
    void oneConnectionTooManyIsClosedAtOnce_othersGoOn() throws IOException {
        startAgain(config -> config.limits(limits -> limits.connections(5).connectionsPerAddress(2)));
        RawClient first = client("127.0.0.2");
        assertThat(first.get("/healthz").answer().status()).isEqualTo(200);
        assertThat(client("127.0.0.2").get("/healthz").answer().status()).isEqualTo(200);
        assertThat(isClosed(client("127.0.0.2"))).isTrue();
        assertThat(refused("connections-per-address")).isEqualTo(1);
        for (int i = 0; i < 3; i++) {
            assertThat(client("127.0.0.1").get("/healthz").answer().status()).isEqualTo(200);
        }
        assertThat(isClosed(client("127.0.0.3"))).isTrue();
        assertThat(refused("connections")).isEqualTo(1);
        assertThat(first.get("/healthz").answer().status()).isEqualTo(200);
        first.close();
        await().until(() -> client("127.0.0.2").isServed());
    }

    private static boolean isClosed(RawClient client) throws IOException {
        try {
            return client.toEnd().isEmpty();
        } catch (SocketException reset) {
            return true;
        }
    }

    @Test
    void anEventThatIsTooLargeIs413_aloneInABatchAndInALine() throws IOException {
        RawClient client = client("127.0.0.1");
        assertThat(client.post("/api/publish", "{\"data\":\"0123456789\"}")
                        .answer()
                        .status())
                .isEqualTo(200);
        RawClient.Answer large =
                client.post("/api/publish", "{\"data\":\"012345678é\"}").answer();
        assertThat(large.status()).isEqualTo(413);
        assertThat(large.body()).contains("\"detail\":\"data: has 11 bytes (expected: at most 10)\"");
        RawClient.Answer batch = client.post("/api/publish", "[{\"data\":1},{\"data\":\"01234567890\"}]")
                .answer();
        assertThat(batch.status()).isEqualTo(413);
        assertThat(batch.body()).contains("\"detail\":\"[1] data: has 11 bytes");
        assertThat(client.post("/api/broadcast", "{\"data\":\"01234567890\"}")
                        .answer()
                        .status())
                .isEqualTo(413);
        client.post(
                "/api/publish", "Content-Type: application/x-ndjson\r\n", "{\"data\":\"01234567890\"}\n{\"data\":1}\n");
        client.head();
        assertThat(client.chunksToEnd())
                .matches("\\{\"success\":false,.*\"status\":413,.*}\n\\{\"success\":true,.*}\n");
        assertThat(refused("event")).isEqualTo(4);
    }

    @Test
    void bodiesShareTheMemory_whoDoesNotFitIs503_andItIsGivenBack() throws IOException {
        String waiting =
                "POST /api/publish HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000\r\n\r\n" + " ".repeat(40_000);
        RawClient first = client("127.0.0.1").send(waiting);
        await().until(() -> registry.get("hibiki.bodies.bytes").gauge().value() == 40_000);
        RawClient.Answer refused = client("127.0.0.1").send(waiting).answer();
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.header("retry-after")).isEqualTo("1");
        RawClient lines = client("127.0.0.1");
        lines.post("/api/publish", "Content-Type: application/x-ndjson\r\n", " ".repeat(40_000) + "\n{\"data\":1}\n");
        lines.head();
        assertThat(lines.chunksToEnd()).matches("\\{\"success\":false,.*\"status\":503,.*}\n\\{\"success\":true,.*}\n");
        assertThat(refused("bodies")).isEqualTo(2);
        assertThat(client("127.0.0.1")
                        .post("/api/publish", "{\"data\":1}")
                        .answer()
                        .status())
                .isEqualTo(200);
        first.close();
        await().until(() -> registry.get("hibiki.bodies.bytes").gauge().value() == 0);
        assertThat(client("127.0.0.1")
                        .send(waiting)
                        .send(" ".repeat(10_000))
                        .answer()
                        .status())
                .isEqualTo(400);
        await().until(() -> registry.get("hibiki.bodies.bytes").gauge().value() == 0);
    }

    @Test
    void whoPublishesTooFastIs429_othersAreNot_linesAreReadMoreSlowly() throws IOException {
        startAgain(config -> config.limits(limits -> limits.publishes(10)));
        RawClient fast = client("127.0.0.2");
        // A hundred more than a second's worth: he is too fast for ten seconds, however slow this machine is.
        assertThat(fast.post("/api/publish", "[" + "{\"data\":1},".repeat(109) + "{\"data\":1}]")
                        .answer()
                        .status())
                .isEqualTo(200);
        for (String path : new String[] {"/api/publish", "/api/broadcast", "/api/notify/ann"}) {
            RawClient.Answer refused = fast.post(path, "{\"data\":1}").answer();
            assertThat(refused.status()).isEqualTo(429);
            assertThat(Integer.parseInt(refused.header("retry-after"))).isBetween(1, 11);
            assertThat(refused.body()).startsWith("{\"title\":\"Too many requests\",\"status\":429,");
        }
        assertThat(fast.post("/api/publish", "[{\"data\":1}]").answer().status())
                .isEqualTo(429);
        assertThat(client("127.0.0.2")
                        .post("/api/publish", "Content-Type: application/x-ndjson\r\n", "{\"data\":1}\n")
                        .answer()
                        .status())
                .isEqualTo(429);
        assertThat(refused("publishes")).isEqualTo(5);
        RawClient other = client("127.0.0.3");
        other.send(RawClient.lines(
                "POST /api/publish HTTP/1.1",
                "Host: localhost",
                "Content-Type: application/x-ndjson",
                "Transfer-Encoding: chunked",
                ""));
        String lines = "{\"data\":1}\n".repeat(12);
        long begin = System.nanoTime();
        other.send("84\r\n" + lines + "\r\n");
        other.head();
        other.send("84\r\n" + lines + "\r\n0\r\n\r\n");
        String answers = other.chunksToEnd();
        assertThat(answers.lines()).hasSize(24).allMatch(line -> line.startsWith("{\"success\":true,"));
        assertThat(System.nanoTime() - begin).isGreaterThan(200_000_000L); // twelve had been ten's worth and two
        await().until(() -> server.publishers() == 0);
    }

    @Test
    void moreChannelsThanAStreamMayHaveIs400_andCounted() throws IOException {
        RawClient client = client("127.0.0.1");
        assertThat(client.get("/api/events?channel=a&channel=b&channel=c")
                        .answer()
                        .status())
                .isEqualTo(400);
        assertThat(refused("channels")).isEqualTo(1);
    }

    @Test
    void aBodyThatWouldHaveToBeDecodedIs415() throws IOException {
        RawClient client = client("127.0.0.1");
        RawClient.Answer refused = client.post("/api/publish", "Content-Encoding: gzip\r\n", "{\"data\":1}")
                .answer();
        assertThat(refused.status()).isEqualTo(415);
        assertThat(refused.header("accept-encoding")).isEqualTo("identity");
        assertThat(client.post("/api/publish", "Content-Encoding: identity\r\n", "{\"data\":1}")
                        .answer()
                        .status())
                .isEqualTo(200);
    }
}
