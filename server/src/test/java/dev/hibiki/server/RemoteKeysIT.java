// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Keys that an issuer publishes at a URL, and changes, and the issuer that is away. */
class RemoteKeysIT {

    private final ECKey first = key("first");
    private final ECKey second = key("second");
    private final List<String> fetches = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private volatile JWKSet published = new JWKSet(List.of((JWK) first.toPublicJWK()));
    private volatile int status = 200;
    private HttpServer issuer;

    private static ECKey key(String id) {
        try {
            return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
        } catch (JOSEException impossible) {
            throw new AssertionError(impossible);
        }
    }

    @BeforeEach
    void publish() throws IOException {
        issuer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        issuer.setExecutor(threads);
        issuer.createContext("/keys", exchange -> {
            fetches.add("fetch");
            byte[] body = published.toString().getBytes(UTF_8);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        issuer.start();
    }

    @AfterEach
    void close() {
        issuer.stop(0);
        threads.shutdownNow();
    }

    private HibikiServer server(Duration refresh, Duration atMostEvery) {
        return HibikiServer.start(config -> config.port(0)
                .bind("127.0.0.1")
                .tokens(tokens -> tokens.jwksUrl(URI.create(
                                "http://localhost:" + issuer.getAddress().getPort() + "/keys"))
                        .jwtAlg("ES256")
                        .jwksPace(new RemoteKeys.Pace(refresh, atMostEvery))));
    }

    private static String token(ECKey key) {
        return Jwt.signed(JWSAlgorithm.ES256, key, null, claims -> claims.subject("ann"));
    }

    private static int status(HibikiServer server, ECKey key) throws IOException {
        try (RawClient client = RawClient.connect(server.port())) {
            String head = client.get("/api/events", "Authorization: Bearer " + token(key) + "\r\n")
                    .head();
            return Integer.parseInt(head.substring(9, 12));
        }
    }

    @Test
    void aTokenOfANewKeyIsBelievedAtOnce_andWhoeverMakesOneUpCausesNoMoreFetches() throws Exception {
        try (HibikiServer server = server(Duration.ofHours(1), Duration.ofMillis(400))) {
            await().until(() -> status(server, first) == 200);
            assertThat(fetches).hasSize(1);
            published = new JWKSet(List.of((JWK) second.toPublicJWK()));
            await().pollInterval(Duration.ofMillis(50)).until(() -> status(server, second) == 200);
            assertThat(status(server, first)).isEqualTo(401); // is withdrawn
            int before = fetches.size();
            long begin = System.nanoTime();
            ECKey made = key("made-up");
            for (int i = 0; i < 30; i++) {
                assertThat(status(server, made)).isEqualTo(401);
            }
            long allowed =
                    2 + (System.nanoTime() - begin) / Duration.ofMillis(400).toNanos();
            assertThat(fetches.size() - before).isLessThanOrEqualTo((int) allowed);
        }
    }

    @Test
    void keysAreFetchedAgainBeforeAnybodyAsks_andGoOnToCountWhileTheIssuerIsAway() throws Exception {
        try (HibikiServer server = server(Duration.ofMillis(300), Duration.ofMillis(100))) {
            await().until(() -> status(server, first) == 200);
            published = new JWKSet(List.of((JWK) first.toPublicJWK(), second.toPublicJWK()));
            await().until(() -> status(server, second) == 200);
            status = 500;
            int failed = fetches.size();
            await().until(() -> fetches.size() > failed + 2);
            assertThat(status(server, first)).isEqualTo(200);
            assertThat(status(server, second)).isEqualTo(200);
            status = 200;
            published = new JWKSet(List.of((JWK) second.toPublicJWK()));
            await().until(() -> status(server, first) == 401);
            assertThat(status(server, second)).isEqualTo(200);
        }
    }

    @Test
    void aServerThatStartsBeforeItsIssuerSaysSo_andRecovers() throws Exception {
        status = 503;
        try (HibikiServer server = server(Duration.ofHours(1), Duration.ofMillis(50))) {
            assertThat(status(server, first)).isEqualTo(503);
            status = 200;
            await().until(() -> status(server, first) == 200);
        }
    }

    @Test
    void aSecretIsNotToBeFetched() {
        assertThatThrownBy(() -> HibikiServer.start(config ->
                        config.port(0).tokens(tokens -> tokens.jwksUrl(URI.create("http://localhost:1/keys")))))
                .hasMessageContaining("jwt.alg: HS256 (expected: RS…, PS…, ES… or EdDSA");
    }
}
