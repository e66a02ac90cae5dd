// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real program with a key: what it says, what it asks for, and what it keeps to itself. */
class ProductionIT {

    private static final String SECRET = "a secret of two and thirty bytes";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private int status(URI uri, String token) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri);
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    private HttpResponse<String> publish(URI server, String token) throws IOException, InterruptedException {
        return client.send(
                HttpRequest.newBuilder(server.resolve("/api/publish"))
                        .header("Content-Type", "application/json")
                        .header("Authorization", "Bearer " + token)
                        .POST(HttpRequest.BodyPublishers.ofString("{\"channel\":\"news/a\",\"data\":\"hello\"}"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** What {@code hibiki token} prints. */
    private static String token(String key, String... options) throws IOException, InterruptedException {
        List<String> args = new ArrayList<>(List.of("token", "--key", key));
        args.addAll(List.of(options));
        try (HibikiProcess hibiki = HibikiProcess.start(args.toArray(String[]::new))) {
            assertThat(hibiki.status()).as(hibiki.err().toString()).isZero();
            return String.join("\n", hibiki.out());
        }
    }

    private static URI local(HibikiProcess hibiki) {
        return URI.create("http://localhost:" + hibiki.uri().getPort() + "/");
    }

    @Test
    void thePortForMetricsAsksForNoToken_andHasNothingElse() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start(
                Map.of("HIBIKI_JWT_KEY", SECRET), "serve", "--port", "0", "--log", "memory", "--metrics-port", "0")) {
            URI server = local(hibiki);
            String said = await().until(
                            () -> hibiki.out().stream()
                                    .filter(line -> line.startsWith("Metrics are on "))
                                    .findFirst(),
                            Optional::isPresent)
                    .orElseThrow();
            URI metrics = URI.create(said.substring("Metrics are on ".length()));
            assertThat(metrics.getHost()).isEqualTo("127.0.0.1");
            String page = client.send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
            assertThat(page).contains("hibiki_streams_open 0.0\n");
            assertThat(status(metrics.resolve("/healthz"), "")).isEqualTo(200);
            assertThat(status(metrics.resolve("/readyz"), "")).isEqualTo(200);
            assertThat(status(metrics.resolve("/api/events"), "")).isEqualTo(404);
            assertThat(status(server.resolve("/metrics"), "")).isEqualTo(401);
            assertThat(status(server.resolve("/metrics"), token(SECRET, "--sub", "ann")))
                    .isEqualTo(403);
            assertThat(status(server.resolve("/metrics"), token(SECRET, "--admin")))
                    .isEqualTo(200);
        }
    }

    @Test
    void withAKeyItAsksForTokens_saysSo_andHasNoPlayground() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start(
                Map.of("HIBIKI_JWT_KEY", SECRET), "serve", "--port", "0", "--log", "memory", "--anonymous")) {
            URI server = local(hibiki);
            String ann = token(SECRET, "--sub", "ann", "--subscribe", "news/*", "--publish", "news/*", "--for", "1h");
            String admin = token(SECRET, "--admin");
            try (EventTail stream = EventTail.open(client, server.resolve("/api/events/news/a?token=" + ann));
                    EventTail open = EventTail.open(client, server.resolve("/api/events/public/x"))) {
                await().until(() ->
                        !stream.clientId().isEmpty() && !open.clientId().isEmpty());
                assertThat(publish(server, ann).statusCode()).isEqualTo(200);
                await().until(() -> stream.data().contains("hello"));
            }
            assertThat(publish(server, admin).statusCode()).isEqualTo(403);
            for (String path : List.of("/", "/events", "/event", "/sse", "/examples/chat/", "/chat/a/events")) {
                assertThat(status(server.resolve(path), ann)).as(path).isEqualTo(404);
            }
            for (String path : List.of("/metrics", "/api/channels")) {
                assertThat(status(server.resolve(path), "")).isEqualTo(401);
                assertThat(status(server.resolve(path), ann)).isEqualTo(403);
                assertThat(status(server.resolve(path), admin)).isEqualTo(200);
            }
            assertThat(status(server.resolve("/readyz"), "")).isEqualTo(200);
            hibiki.signal("TERM");
            assertThat(hibiki.status()).isZero();

            assertThat(hibiki.out().get(0))
                    .endsWith(" in production mode: publishing and subscribing need a token, but for channels under"
                            + " public/");
            assertThat(hibiki.out().get(3))
                    .contains("bind 0.0.0.0 (default with a key)")
                    .contains("jwt.key *** (HIBIKI_JWT_KEY)");
            assertThat(hibiki.err()).anyMatch(line -> line.contains("/api/events/news/a?token=***"));
            String all = hibiki.out() + "" + hibiki.err();
            assertThat(all).doesNotContain(SECRET).doesNotContain(ann).doesNotContain(admin);
            assertThat(all).doesNotContain("Exception").doesNotContain("LEAK");
        }
    }

    @Test
    void demoPutsThePlaygroundOn() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start(
                "serve", "--port", "0", "--log", "memory", "--jwt-key", SECRET, "--demo", "--bind", "127.0.0.1")) {
            URI server = local(hibiki);
            assertThat(status(server, "")).isEqualTo(200);
            assertThat(status(server.resolve("/api/events"), "")).isEqualTo(401);
            try (EventTail demo = EventTail.open(client, server.resolve("/sse"))) {
                await().until(() -> !demo.data().isEmpty());
            }
        }
    }

    @Test
    void whatIsWrongWithKeysIsToldAtOnce_withoutThem() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start(
                "serve", "--port", "0", "--log", "memory", "--jwt-key", "too-short-a-secret", "--jwt-alg", "HS512")) {
            assertThat(hibiki.status()).isEqualTo(2);
            assertThat(hibiki.err())
                    .containsExactly("jwt.key: 18 bytes (expected: at least 64 bytes, for jwt.alg HS512)");
        }
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--jwks-url", "ftp://x", "--jwt-alg", "none")) {
            assertThat(hibiki.status()).isEqualTo(2);
            assertThat(hibiki.err())
                    .anyMatch(line -> line.startsWith("jwks-url: ftp://x (expected: a URL with http:// or https://)"))
                    .anyMatch(line -> line.startsWith("jwt.alg: none (expected: one of HS256, "));
        }
    }

    private static KeyPair pair(String algorithm) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(
                algorithm.matches("[RP]S.*") ? "RSA" : algorithm.equals("EdDSA") ? "Ed25519" : "EC");
        if (algorithm.startsWith("ES")) {
            generator.initialize(256);
        }
        return generator.generateKeyPair();
    }

    private static Path pem(Path folder, String what, byte[] der) throws IOException {
        String base64 = Base64.getMimeEncoder().encodeToString(der);
        return Files.writeString(
                folder.resolve(what.replace(' ', '-')),
                "-----BEGIN " + what + "-----\n" + base64 + "\n-----END " + what + "-----\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"RS256", "PS512", "ES256", "EdDSA"})
    void tokensOfAPrivateKeyAreBelievedByWhoHasThePublicOne(String algorithm, @TempDir Path folder) throws Exception {
        KeyPair pair = pair(algorithm);
        Path mine = pem(folder, "PRIVATE KEY", pair.getPrivate().getEncoded());
        Path known = pem(folder, "PUBLIC KEY", pair.getPublic().getEncoded());
        String token = token("@" + mine, "--alg", algorithm, "--sub", "ann", "--publish", "news/*");
        try (HibikiProcess hibiki = HibikiProcess.start(
                "serve", "--port", "0", "--log", "memory", "--jwt-key", "@" + known, "--jwt-alg", algorithm)) {
            assertThat(publish(local(hibiki), token).statusCode()).isEqualTo(200);
            assertThat(publish(local(hibiki), token.substring(0, token.length() - 9) + "AAAAAAAAA")
                            .statusCode())
                    .isEqualTo(401);
            try (HibikiProcess publish = HibikiProcess.start(
                    Map.of("HIBIKI_TOKEN", token), "publish", local(hibiki).toString(), "news/b", "hello")) {
                assertThat(publish.status()).isZero();
            }
        }
    }
}
