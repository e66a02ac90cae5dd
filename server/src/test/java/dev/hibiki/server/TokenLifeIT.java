// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jwt.SignedJWT;
import dev.hibiki.event.SseEvent;
import dev.hibiki.log.EventLog;
import dev.hibiki.log.LastingEntries;
import dev.hibiki.log.MemoryLog;
import dev.hibiki.log.Publication;
import dev.hibiki.log.Retention;
import java.io.IOException;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A stream ends no later than its token, is told before, goes on with a fresh one, and ends at once when that is revoked. */
class TokenLifeIT {

    private final HibikiServer server =
            HibikiServer.start(config -> config
                    .port(0)
                    .bind("127.0.0.1")
                    .tokens(tokens -> tokens.jwtKey(Jwt.SECRET).jwtWarning(Duration.ofSeconds(4)))
                    .stream("/program", stream -> stream.subscribe("program")));

    @AfterEach
    void close() {
        server.close();
    }

    private static String token(
            String user, @Nullable String id, @Nullable Date expires, Date issued, String... subscribe) {
        return Jwt.of(claims -> claims.subject(user)
                .jwtID(id)
                .expirationTime(expires)
                .issueTime(issued)
                .claim("hibiki", Map.of("subscribe", List.of(subscribe))));
    }

    private static String lasting(long seconds, String... subscribe) {
        return token("ann", null, Jwt.in(seconds), Jwt.in(-5), subscribe);
    }

    private RawClient stream(String target, String token) throws IOException {
        return stream(server, target, token);
    }

    private static RawClient stream(HibikiServer server, String target, String token) throws IOException {
        RawClient client = RawClient.connect(server.port());
        assertThat(client.get(target, "Authorization: Bearer " + token + "\r\n").head())
                .startsWith("HTTP/1.1 200 ");
        return client;
    }

    private RawClient.Answer post(String target, String token, String json) throws IOException {
        return post(server, target, token, json);
    }

    private static RawClient.Answer post(HibikiServer server, String target, String token, String json)
            throws IOException {
        try (RawClient client = RawClient.connect(server.port())) {
            return client.post(
                            target, "Content-Type: application/json\r\nAuthorization: Bearer " + token + "\r\n", json)
                    .answer();
        }
    }

    @Test
    void itEndsInOrderAtItsTokensEnd_andIsToldBefore() throws IOException {
        String token = lasting(6, "a");
        try (RawClient one = stream("/api/events/a", token);
                RawClient other = stream("/program", token)) {
            for (RawClient client : List.of(one, other)) {
                String all = client.chunksToEnd();
                assertThat(System.currentTimeMillis()).isGreaterThan(expiry(token) - 100);
                assertThat(all)
                        .containsPattern("event: hibiki.token-expiring\\nid: \\S+\\ndata: \\{\"expiresAt\":"
                                + expiry(token)
                                + "}\n\n|id: \\S+\\nevent: hibiki.token-expiring\\ndata: \\{\"expiresAt\":"
                                + expiry(token) + "}\n\n");
                assertThat(all.split("token-expiring", -1)).hasSize(2);
            }
        }
        await().until(() -> server.openStreams() == 0);
    }

    private static long expiry(String token) {
        try {
            return SignedJWT.parse(token)
                    .getJWTClaimsSet()
                    .getExpirationTime()
                    .toInstant()
                    .toEpochMilli();
        } catch (ParseException impossible) {
            throw new AssertionError(impossible);
        }
    }

    @Test
    void aFreshTokenOfTheSameUserProlongsIt_andChannelsThatItDoesNotGrantGo() throws IOException {
        try (RawClient client = stream("/api/events?channel=a&channel=b", lasting(6, "a", "b"))) {
            String clientId = client.clientId();
            String body = "{\"clientId\":\"" + clientId + "\"}";
            assertThat(client.chunk()).contains("hibiki.token-expiring");
            String bob = token("bob", null, Jwt.in(60), Jwt.in(-5), "a", "b");
            assertThat(post("/api/events/token", bob, body).status()).isEqualTo(403);
            assertThat(post("/api/events/token", lasting(60), body.replace(clientId, "x"))
                            .status())
                    .isEqualTo(404);
            String fresh = lasting(8, "b", "c");
            assertThat(post("/api/events/token", fresh, body).body())
                    .isEqualTo(
                            "{\"success\":true,\"clientId\":\"" + clientId + "\",\"expiresAt\":" + expiry(fresh) + "}");
            server.hub().publish("a", SseEvent.of("gone")).join();
            server.hub().publish("b", SseEvent.of("kept")).join();
            assertThat(client.chunksUntil("data: kept\n\n")).doesNotContain("gone");
            String c = "{\"clientId\":\"" + clientId + "\",\"channel\":\"c\"}";
            assertThat(post("/api/events/subscribe", fresh, c).status()).isEqualTo(200);
            server.hub().publish("c", SseEvent.of("new")).join();
            client.chunksUntil("data: new\n\n");
            assertThat(client.chunksToEnd())
                    .contains("hibiki.token-expiring"); // again, before the end of the fresh one
            assertThat(System.currentTimeMillis()).isGreaterThanOrEqualTo(expiry(fresh) - 100);
        }
    }

    @Test
    void revokingATokenEndsItsStreams_andItIsRefusedFromThenOn() throws IOException {
        String one = token("ann", "t1", Jwt.in(60), Jwt.in(-5), "a");
        String other = token("ann", "t2", Jwt.in(60), Jwt.in(-5), "a");
        try (RawClient ended = stream("/api/events/a", one);
                RawClient stays = stream("/api/events/a", other)) {
            ended.clientId();
            stays.clientId();
            assertThat(post("/api/revoke", Jwt.admin(), "{\"tokenId\":\"t1\"}").body())
                    .isEqualTo("{\"success\":true,\"ended\":1}");
            ended.chunksToEnd();
            server.hub().publish("a", SseEvent.of("still here")).join();
            stays.chunksUntil("data: still here\n\n");
        }
        try (RawClient again = RawClient.connect(server.port())) {
            RawClient.Answer answer = again.get("/api/events/a", "Authorization: Bearer " + one + "\r\n")
                    .answer();
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.body()).contains("\"error\":\"Invalid token\"").contains("was revoked");
        }
    }

    @Test
    void revokingAUserEndsAllHisStreams_untilHeIsIssuedANewToken() throws IOException {
        String before = token("ann", null, Jwt.in(60), Jwt.in(-5), "a");
        String bob = token("bob", null, Jwt.in(60), Jwt.in(-5), "a");
        try (RawClient ended = stream("/api/events/a", before);
                RawClient program = stream("/program", before);
                RawClient stays = stream("/api/events/a", bob)) {
            ended.clientId();
            stays.clientId();
            program.chunksUntil("data: {}\n\n");
            assertThat(post("/api/revoke", Jwt.admin(), "{\"userId\":\"ann\"}").body())
                    .isEqualTo("{\"success\":true,\"ended\":2}");
            ended.chunksToEnd();
            program.chunksToEnd();
            server.hub().publish("a", SseEvent.of("still here")).join();
            stays.chunksUntil("data: still here\n\n");
        }
        try (RawClient again = RawClient.connect(server.port())) {
            String notTelling = token("ann", null, Jwt.in(60), Date.from(Instant.EPOCH), "a");
            assertThat(again.get("/api/events/a", "Authorization: Bearer " + notTelling + "\r\n")
                            .answer()
                            .status())
                    .isEqualTo(401);
        }
        stream("/api/events/a", token("ann", null, Jwt.in(60), Jwt.in(2), "a")).close();
    }

    @Test
    void revokingAtAnotherServerOfTheSameLogEndsStreamsHereToo_andWhoStartsLaterKnowsIt() throws IOException {
        EventLog log = MemoryLog.create(new Retention(1, 1 << 20, Duration.ofDays(1)));
        String one = token("ann", "t1", Jwt.in(60), Jwt.in(-5), "a");
        Consumer<ServerConfig> config = asked -> asked.port(0)
                .bind("127.0.0.1")
                .tokens(tokens -> tokens.jwtKey(Jwt.SECRET))
                .log(log);
        try (HibikiServer here = HibikiServer.start(config);
                HibikiServer there = HibikiServer.start(config);
                RawClient ended = stream(here, "/api/events/a", one)) {
            ended.clientId();
            String revoke = "{\"tokenId\":\"t1\",\"exp\":" + expiry(one) / 1000 + "}";
            assertThat(post(there, "/api/revoke", Jwt.admin(), revoke).body())
                    .isEqualTo("{\"success\":true,\"ended\":0}");
            ended.chunksToEnd();
            there.hub().publish("news", SseEvent.of("the log keeps one entry")).join();
            try (HibikiServer later = HibikiServer.start(config)) {
                for (HibikiServer each : List.of(here, there, later)) {
                    assertThat(post(each, "/api/publish", one, "{\"channel\":\"a\",\"data\":1}")
                                    .status())
                            .isEqualTo(401);
                }
            }
        }
    }

    @Test
    void revokingThatCannotBeKeptIsRefused_andNothingEnds() throws IOException {
        String one = token("ann", "t1", Jwt.in(60), Jwt.in(-5), "a");
        EventLog log = MemoryLog.create(Retention.DEFAULT);
        try (HibikiServer full = HibikiServer.start(config -> config.port(0)
                        .bind("127.0.0.1")
                        .tokens(tokens -> tokens.jwtKey(Jwt.SECRET))
                        .log(log));
                RawClient stays = stream(full, "/api/events/a", one)) {
            stays.clientId();
            for (int first = 0; first < LastingEntries.MOST; first += 1000) {
                log.append(IntStream.range(first, first + 1000)
                                .mapToObj(i -> Publication.of("facts", SseEvent.of("x"))
                                        .lasting(new Publication.Lasting("" + i, Long.MAX_VALUE)))
                                .toList())
                        .join();
            }
            String revoke = "{\"tokenId\":\"t1\"}";
            RawClient.Answer refused = post(full, "/api/revoke", Jwt.admin(), revoke);
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.body()).contains("\"detail\":\"there are 100000 revocations, and no more fit\"");
            log.close();
            assertThat(post(full, "/api/revoke", Jwt.admin(), revoke).body())
                    .contains("\"detail\":\"the log cannot take events now\"");
            assertThat(full.openStreams()).isEqualTo(1);
            RawClient again = stream(full, "/api/events/a", one);
            again.close();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{} | body: names nothing (expected: either userId or tokenId)",
                "{'userId':'a','tokenId':'b'} | body: names both (expected: either userId or tokenId)",
                "{'tokenId':''} | tokenId: 0 characters long (expected: 1 to 500)",
                "{'tokenId':'a','exp':-1} | exp: -1 (expected: when the token ends, seconds since 1970)",
                "{'tokenId':'a','exp':1764000000000} | exp: 1764000000000 (expected: when the token ends, seconds since 1970)",
                "{'tokenId':'a','exp':'soon'} | exp: soon (expected: when the token ends, seconds since 1970)",
                "{'tokenId':'a','exp':1e9} | exp: 1e9 (expected: when the token ends, seconds since 1970)",
            })
    void whatCannotBeRevokedIsRefused(String body, String detail) throws IOException {
        RawClient.Answer answer = post("/api/revoke", Jwt.admin(), body.replace('\'', '"'));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.body()).contains("\"detail\":\"" + detail + "\"");
    }
}
