// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import dev.hibiki.event.SseEvent;
import java.io.IOException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a token lets its bearer do, over real sockets: no less and no more. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GrantedIT {

    private static final String CHOSEN = "this-id-was-chosen-by-me";

    private final HibikiServer server = HibikiServer.start(config -> config
            .port(0)
            .bind("127.0.0.1")
            .tokens(tokens -> tokens.jwtKey(Jwt.SECRET).anonymous(true))
            .get("/me", request -> Response.text(request.caller().requireUser()))
            .stream("/program", stream -> stream.subscribe("program")));

    @AfterAll
    void close() {
        server.close();
    }

    private RawClient connect() throws IOException {
        return RawClient.connect(server.port());
    }

    private static String bearer(String token) {
        return "Authorization: Bearer " + token + "\r\n";
    }

    /** A stream that has begun. */
    private RawClient stream(String target, String token) throws IOException {
        RawClient client = connect();
        assertThat(client.get(target, token.isEmpty() ? "" : bearer(token)).head())
                .startsWith("HTTP/1.1 200 ");
        return client;
    }

    private RawClient.Answer post(String target, String token, String json) throws IOException {
        try (RawClient client = connect()) {
            String headers = "Content-Type: application/json\r\n" + (token.isEmpty() ? "" : bearer(token));
            return client.post(target, headers, json).answer();
        }
    }

    private void publish(String channel, String data) {
        server.hub().publish(channel, SseEvent.of(data)).join();
    }

    private void notifyUser(String user, String data) {
        server.hub().notifyUser(user, SseEvent.of(data)).join();
    }

    @Test
    void allChannelsAreThoseThatAreGranted_liveAndOnReplay() throws IOException {
        String all = Jwt.of("ann", List.of("**"), List.of());
        try (RawClient live = stream("/api/events/**", all)) {
            String start = live.clientId();
            assertThat(start).isNotEmpty();
            publish("a", "first");
            String first = live.chunksUntil("data: first\n\n");
            String id = first.replaceAll("(?s).*id: (\\S+)\ndata: first\n\n", "$1");
            notifyUser("bob", "for bob");
            publish("b/c", "second");
            notifyUser("ann", "for ann");
            String rest = live.chunksUntil("data: for ann\n\n");
            assertThat(rest).contains("data: second\n").doesNotContain("for bob");

            try (RawClient back = stream("/api/events/**?lastEventId=" + id, all)) {
                assertThat(back.chunksUntil("data: for ann\n\n"))
                        .contains("data: second\n")
                        .doesNotContain("for bob");
            }
            try (RawClient bob = stream("/api/events?lastEventId=" + id, Jwt.of("bob", List.of(), List.of()))) {
                publish("c", "third");
                server.hub().broadcast(SseEvent.of("to all")).join();
                assertThat(bob.chunksUntil("data: to all\n\n"))
                        .contains("data: for bob\n")
                        .doesNotContain("second")
                        .doesNotContain("for ann")
                        .doesNotContain("third");
            }
        }
    }

    @Test
    void whoTakesOverTheClientIdOfAnotherUserGetsNothingOfHis() throws IOException {
        String ann = Jwt.of("ann", List.of("secret"), List.of("client/*"));
        try (RawClient stream = stream("/api/events?clientId=" + CHOSEN, ann)) {
            assertThat(stream.clientId()).isEqualTo(CHOSEN);
            String subscribe = "{\"clientId\":\"" + CHOSEN + "\",\"channel\":\"secret\"}";
            assertThat(post("/api/events/subscribe", ann, subscribe).status()).isEqualTo(200);
            publish("secret", "1");
            assertThat(post("/api/send/" + CHOSEN, ann, "{\"data\":\"sent\"}").status())
                    .isEqualTo(200);
            stream.chunksUntil("data: sent\n\n");
            String bob = Jwt.of("bob", List.of("secret"), List.of());
            try (RawClient other = stream("/api/events?since=1h&clientId=" + CHOSEN, bob)) {
                assertThat(other.clientId()).isNotEqualTo(CHOSEN);
                publish("secret", "2");
                notifyUser("bob", "to bob");
                assertThat(other.chunksUntil("data: to bob\n\n"))
                        .doesNotContain("data: sent")
                        .doesNotContain("data: 2\n");
            }
            stream.chunksUntil("data: 2\n\n"); // and was not ended
        }
    }

    @Test
    void liveChannelsAreAddedToOnesOwnStreamOnly_andOnlyWhatItsTokenGrants() throws IOException {
        String ann = Jwt.of("ann", List.of("a/*"), List.of());
        try (RawClient stream = stream("/api/events", ann)) {
            String client = stream.clientId();
            String a = "{\"clientId\":\"" + client + "\",\"channel\":\"a/1\"}";
            String b = "{\"clientId\":\"" + client + "\",\"channel\":\"b\"}";
            String wider = Jwt.of("ann", List.of("**"), List.of());
            String bob = Jwt.of("bob", List.of("**"), List.of());
            String admin = Jwt.admin();
            assertThat(post("/api/events/subscribe", "", a).status()).isEqualTo(401);
            assertThat(post("/api/events/subscribe", bob, a).status()).isEqualTo(403);
            assertThat(post("/api/events/unsubscribe", bob, a).status()).isEqualTo(403);
            assertThat(post("/api/events/subscribe", ann, b).status()).isEqualTo(403);
            assertThat(post("/api/events/subscribe", wider, b).status()).isEqualTo(403);
            assertThat(post("/api/events/subscribe", admin, b).status()).isEqualTo(403);
            assertThat(post("/api/events/subscribe", ann, a).status()).isEqualTo(200);
            assertThat(post("/api/events/subscribe", ann, a.replace(client, CHOSEN + "x"))
                            .status())
                    .isEqualTo(404);
            publish("b", "no");
            publish("a/1", "yes");
            assertThat(stream.chunksUntil("data: yes\n\n")).doesNotContain("data: no");
        }
    }

    @Test
    void publicChannelsAreReadAlsoWithATokenThatGrantsOthers() throws IOException {
        String ann = Jwt.of("ann", List.of("news/*"), List.of("client/*"));
        try (RawClient stream = stream("/api/events?channel=news/a&channel=public/**", ann)) {
            stream.clientId();
            publish("public/x", "for all");
            publish("news/a", "for ann");
            assertThat(stream.chunksUntil("data: for ann\n\n")).contains("data: for all\n");
        }
    }

    @Test
    void publicChannelsAreReadByAnybody_andNothingElse() throws IOException {
        try (RawClient stream = stream("/api/events?channel=public/x&channel=public/**&username=ann", "")) {
            stream.clientId();
            publish("secret", "no");
            publish("public/x", "yes");
            assertThat(stream.chunksUntil("data: yes\n\n")).doesNotContain("data: no");
        }
        for (String target : List.of("/api/events/public", "/api/events/**", "/api/events?userId=ann")) {
            try (RawClient client = connect()) {
                assertThat(client.get(target).answer().status()).as(target).isEqualTo(401);
            }
        }
        assertThat(post("/api/publish", "", "{\"channel\":\"public/x\",\"data\":1}")
                        .status())
                .isEqualTo(401);
    }

    @Test
    void aUserIsWhoeverTheTokenNames_alsoIfNoChannelCouldBeCalledThat() throws IOException {
        String user = "auth0|響 1/2";
        String token = Jwt.of(claims -> claims.claim("userId", user));
        String publisher = Jwt.of("p", List.of(), List.of("user/*"));
        try (RawClient stream = stream("/api/events?channel=user/auth0~7C~E9~9F~BF~201~2F2", token)) {
            stream.clientId();
            assertThat(post("/api/notify/auth0%7C%E9%9F%BF%201%2F2", publisher, "{\"data\":\"yours\"}")
                            .status())
                    .isEqualTo(200);
            stream.chunksUntil("data: yours\n\n");
        }
    }

    @Test
    void eachCallOfAPublisherIsGrantedByItsOwnName() throws IOException {
        String one = "{\"data\":1}";
        assertThat(post("/api/broadcast", Jwt.of("p", List.of(), List.of("broadcast")), one)
                        .status())
                .isEqualTo(200);
        assertThat(post("/api/publish", Jwt.of("p", List.of(), List.of("broadcast")), one)
                        .status())
                .isEqualTo(200);
        assertThat(post("/api/notify/ann", Jwt.of("p", List.of(), List.of("user/ann")), one)
                        .status())
                .isEqualTo(200);
        assertThat(post("/api/notify/bob", Jwt.of("p", List.of(), List.of("user/ann")), one)
                        .status())
                .isEqualTo(403);
        try (RawClient client = connect()) {
            String lines = "{\"channel\":\"a\",\"data\":1}\n{\"channel\":\"b\",\"data\":2}\n";
            client.post(
                    "/api/publish",
                    "Content-Type: application/x-ndjson\r\n" + bearer(Jwt.of("p", List.of(), List.of("b"))),
                    lines);
            client.head();
            String[] answers = client.chunksToEnd().split("\n", -1);
            assertThat(answers[0]).contains("\"status\":403").contains("\"success\":false");
            assertThat(answers[1]).contains("\"success\":true");
        }
    }

    @Test
    void aTokenStandsInTheHeaderTheQueryOfAStreamOrACookie() throws IOException {
        String token = Jwt.of("ann", List.of("a"), List.of("a"));
        String cookie = "Cookie: x=y; hibiki_token=" + token + "\r\n";
        try (RawClient query = stream("/api/events/a?token=" + token, "");
                RawClient jar = connect();
                RawClient page = connect()) {
            query.clientId();
            assertThat(jar.get("/api/events/a", cookie).head()).startsWith("HTTP/1.1 200 ");
            String own = cookie + "Origin: http://localhost\r\nContent-Type: application/json\r\n";
            assertThat(page.post("/api/publish", own, "{\"channel\":\"a\",\"data\":1}")
                            .answer()
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void aProgramsPathsAskWhoItIs_orNot() throws IOException {
        try (RawClient client = connect();
                RawClient stream = connect()) {
            assertThat(client.get("/me").answer().status()).isEqualTo(401);
            assertThat(client.get("/me", bearer("garbage")).answer().body()).contains("Invalid token");
            assertThat(client.get("/me", bearer(Jwt.of("ann", List.of(), List.of())))
                            .answer()
                            .body())
                    .isEqualTo("ann");
            assertThat(stream.get("/program").head()).startsWith("HTTP/1.1 200 ");
            publish("program", "1");
            stream.chunksUntil("data: 1\n\n");
        }
    }

    @Test
    void onlyAdminsSeeTheChannels() throws IOException {
        try (RawClient client = connect()) {
            assertThat(client.get("/api/channels", bearer(Jwt.admin())).answer().status())
                    .isEqualTo(200);
            assertThat(client.get("/healthz").answer().status()).isEqualTo(200);
            assertThat(client.get("/readyz").answer().status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
                "ES512"
            })
    void eachAlgorithmIsChecked(String name) throws Exception {
        var algorithm = JWSAlgorithm.parse(name);
        var key = name.startsWith("HS")
                ? Jwt.secret("x".repeat(64))
                : name.startsWith("ES")
                        ? new ECKeyGenerator(Curve.forJWSAlgorithm(algorithm)
                                        .iterator()
                                        .next())
                                .generate()
                        : new RSAKeyGenerator(2048).generate();
        String written = name.startsWith("HS")
                ? "x".repeat(64)
                : name.startsWith("ES")
                        ? Jwt.pem(key.toECKey().toPublicKey())
                        : Jwt.pem(key.toRSAKey().toPublicKey());
        isBelieved(written, name, Jwt.signed(algorithm, key, "at+jwt", claims -> claims.subject("ann")));
    }

    @Test
    void anAlgorithmThatIsNotConfiguredIsRefused_alsoIfTheKeyFitsIt() throws Exception {
        var key = new RSAKeyGenerator(2048).generate();
        String token = Jwt.signed(JWSAlgorithm.PS256, key, null, claims -> claims.subject("ann"));
        String written = Jwt.pem(key.toPublicKey());
        try (HibikiServer own = HibikiServer.start(config -> config.port(0)
                        .bind("127.0.0.1")
                        .tokens(tokens -> tokens.jwtKey(written).jwtAlg("RS256")));
                RawClient client = RawClient.connect(own.port())) {
            assertThat(client.get("/api/events", bearer(token)).answer().body())
                    .contains("Invalid token")
                    .contains("algorithm");
        }
    }

    @Test
    void ed25519IsCheckedToo() throws Exception {
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        String signed = Base64URL.encode("{\"alg\":\"EdDSA\"}") + "." + Base64URL.encode("{\"sub\":\"ann\"}");
        var signature = Signature.getInstance("Ed25519");
        signature.initSign(pair.getPrivate());
        signature.update(signed.getBytes(US_ASCII));
        isBelieved(Jwt.pem(pair.getPublic()), "EdDSA", signed + "." + Base64URL.encode(signature.sign()));
    }

    /** And is not when a bit of its signature is another. */
    private static void isBelieved(String key, String algorithm, String token) throws IOException {
        int at = token.length() - 20;
        String forged = token.substring(0, at) + (token.charAt(at) == 'A' ? 'B' : 'A') + token.substring(at + 1);
        try (HibikiServer own = HibikiServer.start(config -> config.port(0)
                        .bind("127.0.0.1")
                        .tokens(tokens -> tokens.jwtKey(key).jwtAlg(algorithm)));
                RawClient client = RawClient.connect(own.port());
                RawClient forger = RawClient.connect(own.port())) {
            assertThat(client.get("/api/events", bearer(token)).head()).startsWith("HTTP/1.1 200 ");
            assertThat(forger.get("/api/events", bearer(forged)).answer().status())
                    .isEqualTo(401);
        }
    }

    @Test
    void aUserIsPresentByTheNameInTheToken() throws IOException {
        String token = Jwt.of(claims ->
                claims.subject("u1").claim("name", "Ann").claim("hibiki", Map.of("subscribe", List.of("room/*"))));
        try (HibikiServer own = HibikiServer.start(config -> config.port(0)
                        .bind("127.0.0.1")
                        .tokens(tokens -> tokens.jwtKey(Jwt.SECRET))
                        .presence("room/*"));
                RawClient client = RawClient.connect(own.port())) {
            client.get("/api/events/room/1?username=Eve", bearer(token)).head();
            client.chunksUntil("data: {\"userId\":\"u1\",\"username\":\"Ann\"}\n\n");
        }
    }
}
