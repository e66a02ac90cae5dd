// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jwt.JWTClaimsSet;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who publishes line by line on one request needs a token that counts at each line, and is told at once if it has none. */
class TokenOfLinesIT {

    private static final String POST =
            "POST /api/publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n";

    private final HibikiServer server = HibikiServer.start(config -> config.port(0)
            .bind("127.0.0.1")
            .tokens(tokens -> tokens.jwtKey(Jwt.SECRET).jwtClockSkew(Duration.ZERO)));

    @AfterEach
    void close() {
        server.close();
    }

    private RawClient begin(Consumer<JWTClaimsSet.Builder> claims) throws IOException {
        String token = Jwt.of(all -> {
            all.subject("ann").jwtID("t1").issueTime(Jwt.in(-5)).claim("hibiki", Map.of("publish", List.of("a")));
            claims.accept(all);
        });
        RawClient client = RawClient.connect(server.port()).send(POST + "Authorization: Bearer " + token + "\r\n\r\n");
        line(client);
        assertThat(client.head()).startsWith("HTTP/1.1 200 OK\r\n");
        assertThat(client.chunk()).startsWith("{\"success\":true,");
        return client;
    }

    private static void line(RawClient client) throws IOException {
        client.send("19\r\n{\"channel\":\"a\",\"data\":1}\n\r\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"tokenId\":\"t1\"}", "{\"userId\":\"ann\"}"})
    void linesAfterItsRevocationAreRefused(String revoked) throws IOException {
        String admin = Jwt.of(claims -> claims.claim("hibiki", Map.of("admin", true)));
        try (RawClient publisher = begin(claims -> {});
                RawClient other = RawClient.connect(server.port())) {
            other.post(
                    "/api/revoke",
                    "Content-Type: application/json\r\nAuthorization: Bearer " + admin + "\r\n",
                    revoked);
            assertThat(other.answer().status()).isEqualTo(200);
            line(publisher);
            assertThat(publisher.chunk())
                    .isEqualTo("{\"success\":false,\"error\":\"Invalid token\",\"status\":401,"
                            + "\"detail\":\"the token was revoked\"}\n");
        }
    }

    @Test
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // what waits for a socket hears no interrupt
    void linesAfterItsEndAreRefused() throws IOException {
        try (RawClient publisher = begin(claims -> claims.expirationTime(Jwt.in(6)))) {
            String answer = "{\"success\":true,";
            while (answer.startsWith("{\"success\":true,")) {
                line(publisher);
                answer = publisher.chunk();
            }
            assertThat(answer).startsWith("{\"success\":false,\"error\":\"Invalid token\",\"status\":401,");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Authorization: Bearer bad\r\n"})
    void whoHasNoneThatCountsIsToldBeforeTheRequestEnds(String header) throws IOException {
        try (RawClient client = RawClient.connect(server.port()).send(POST + header + "\r\n")) {
            assertThat(client.head())
                    .startsWith("HTTP/1.1 401 Unauthorized\r\n")
                    .contains("connection: close\r\n");
        }
    }
}
