// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import dev.hibiki.log.EventId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way to be refused on a server that has a key; each leaves no stream and no event behind, and says nothing of the token. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RefusalsIT {

    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String NEWS = "{\"channel\":\"news/a\",\"data\":1}";

    private final RSAKey rsa = rsa();

    private final HibikiServer server = HibikiServer.start(config -> config.port(0)
            .bind("127.0.0.1")
            .tokens(tokens ->
                    tokens.jwtKey(Jwt.SECRET).jwtIssuer("https://issuer").jwtAudience("hibiki")));

    private static RSAKey rsa() {
        try {
            return new RSAKeyGenerator(2048).generate();
        } catch (JOSEException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /**
     * One request that is refused.
     *
     * @param token what must not be shown anywhere
     */
    record Attempt(String name, String request, String token, int status, String error) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static String token(String user, Map<String, Object> hibiki) {
        return Jwt.of(claims ->
                claims.subject(user).issuer("https://issuer").audience("hibiki").claim("hibiki", hibiki));
    }

    private static String reader(String... patterns) {
        return token("ann", Map.of("subscribe", List.of(patterns)));
    }

    private static String get(String target, String headers) {
        return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
    }

    private static String post(String target, String headers, String body) {
        return "POST " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "Content-Length: " + body.length()
                + "\r\n\r\n" + body;
    }

    private static String bearer(String token) {
        return "Authorization: Bearer " + token + "\r\n";
    }

    @SuppressWarnings("unused") // by the parameterized test
    private Stream<Attempt> attempts() throws JOSEException {
        var all = new ArrayList<Attempt>();
        Map<String, Object> everything =
                Map.of("subscribe", List.of("**"), "publish", List.of("**", "broadcast", "user/*", "client/*"));
        Map<String, String> bad = new java.util.LinkedHashMap<>();
        bad.put("garbage", "garbage");
        bad.put("three parts of garbage", "a.b.c");
        bad.put("empty parts", "..");
        bad.put(
                "expired",
                Jwt.of(claims -> claims.subject("ann")
                        .issuer("https://issuer")
                        .audience("hibiki")
                        .expirationTime(Jwt.in(-31))
                        .claim("hibiki", everything)));
        bad.put(
                "not yet valid",
                Jwt.of(claims -> claims.subject("ann")
                        .issuer("https://issuer")
                        .audience("hibiki")
                        .notBeforeTime(Jwt.in(40))
                        .claim("hibiki", everything)));
        bad.put(
                "wrong key",
                Jwt.signed(
                        JWSAlgorithm.HS256,
                        Jwt.secret("another secret of 32 bytes, or 33"),
                        null,
                        claims -> claims.subject("ann")
                                .issuer("https://issuer")
                                .audience("hibiki")
                                .claim("hibiki", everything)));
        bad.put(
                "wrong issuer",
                Jwt.of(claims -> claims.subject("ann")
                        .issuer("https://issuer.evil")
                        .audience("hibiki")
                        .claim("hibiki", everything)));
        bad.put(
                "no issuer",
                Jwt.of(claims -> claims.subject("ann").audience("hibiki").claim("hibiki", everything)));
        bad.put(
                "wrong audience",
                Jwt.of(claims -> claims.subject("ann")
                        .issuer("https://issuer")
                        .audience("other")
                        .claim("hibiki", everything)));
        bad.put(
                "no audience",
                Jwt.of(claims -> claims.subject("ann").issuer("https://issuer").claim("hibiki", everything)));
        bad.put("alg none", Jwt.unsigned("ann"));
        bad.put(
                "another algorithm",
                Jwt.signed(
                        JWSAlgorithm.RS256,
                        rsa,
                        null,
                        claims -> claims.subject("ann")
                                .issuer("https://issuer")
                                .audience("hibiki")
                                .claim("hibiki", everything)));
        bad.put(
                "HS256 signed with an RSA public key",
                Jwt.signed(
                        JWSAlgorithm.HS256,
                        Jwt.secret(Jwt.pem(rsa.toRSAPublicKey())),
                        null,
                        claims -> claims.subject("ann")
                                .issuer("https://issuer")
                                .audience("hibiki")
                                .claim("hibiki", everything)));
        bad.put(
                "wrong typ",
                Jwt.signed(
                        JWSAlgorithm.HS256,
                        Jwt.secret(Jwt.SECRET),
                        "secevent+jwt",
                        claims -> claims.subject("ann")
                                .issuer("https://issuer")
                                .audience("hibiki")
                                .claim("hibiki", everything)));
        bad.put("a claim that is no grant", token("ann", Map.of("subscribe", "**", "publish", List.of("**"))));
        bad.put("a user without an id", token("", everything));
        bad.forEach((name, token) -> {
            add(all, name + ", on a stream", get("/api/events/news/a", bearer(token)), token, 401, "Invalid token");
            add(
                    all,
                    name + ", in the query",
                    get("/api/events/news/a?token=" + token, ""),
                    token,
                    401,
                    "Invalid token");
            add(
                    all,
                    name + ", publishing",
                    post("/api/publish", bearer(token) + JSON, NEWS),
                    token,
                    401,
                    "Invalid token");
            add(
                    all,
                    name + ", in a cookie",
                    get("/api/events", "Cookie: a=b; hibiki_token=" + token + "\r\n"),
                    token,
                    401,
                    "Invalid token");
        });

        String none = "Unauthorized";
        for (String path : List.of(
                "/api/events",
                "/api/events/news",
                "/api/events/public/x",
                "/api/events?channel=a",
                "/api/events?userId=ann",
                "/api/channels",
                "/api/channels/news")) {
            add(all, "no token, GET " + path, get(path, ""), "", 401, none);
        }
        for (String path : List.of(
                "publish",
                "broadcast",
                "notify/ann",
                "send/this-id-was-chosen-by-me",
                "events/subscribe",
                "events/unsubscribe",
                "events/token",
                "revoke")) {
            String body = path.startsWith("events") ? "{\"clientId\":\"x\",\"channel\":\"y\"}" : "{\"data\":1}";
            add(all, "no token, POST " + path, post("/api/" + path, JSON, body), "", 401, none);
        }
        String wide = token("ann", everything);
        add(all, "a token in a POST's query", post("/api/publish?token=" + wide, JSON, NEWS), wide, 401, none);
        add(all, "a token in the query of what is no stream", get("/api/channels?token=" + wide, ""), wide, 401, none);
        add(all, "another scheme", get("/api/events/news/a", "Authorization: Basic " + wide + "\r\n"), wide, 401, none);
        add(
                all,
                "lines without a token",
                post("/api/publish", "Content-Type: application/x-ndjson\r\n", NEWS + "\n"),
                "",
                401,
                none);

        String no = "Forbidden";
        String news = reader("news/*");
        for (String channel : List.of("other", "news", "news/a/b", "user/bob", "user/*", "broadcast/x", "hibiki/x")) {
            add(
                    all,
                    "not granted: " + channel,
                    get("/api/events?channel=news/a&channel=" + channel, bearer(news)),
                    news,
                    403,
                    no);
        }
        for (String channel : List.of("news/**", "*", "**", "*/a", "*/*")) {
            add(all, "wider than the grant: " + channel, get("/api/events/" + channel, bearer(news)), news, 403, no);
        }
        add(all, "a reserved word by **", get("/api/events/user/bob", bearer(wide)), wide, 403, no);
        add(all, "another user's stream", get("/api/events?userId=bob", bearer(wide)), wide, 403, no);
        String plain = token("ann", Map.of());
        add(all, "a stream without a grant", get("/api/events/news/a", bearer(plain)), plain, 403, no);
        String subscriber = reader("**");
        add(
                all,
                "publish with a subscribe grant",
                post("/api/publish", bearer(subscriber) + JSON, NEWS),
                subscriber,
                403,
                no);
        String publisher = token("ann", Map.of("publish", List.of("news/*", "**")));
        add(all, "subscribe with a publish grant", get("/api/events/news/a", bearer(publisher)), publisher, 403, no);
        add(
                all,
                "broadcast by **",
                post("/api/broadcast", bearer(publisher) + JSON, "{\"data\":1}"),
                publisher,
                403,
                no);
        add(
                all,
                "broadcast by publish",
                post("/api/publish", bearer(publisher) + JSON, "{\"data\":1}"),
                publisher,
                403,
                no);
        add(all, "notify by **", post("/api/notify/ann", bearer(publisher) + JSON, "{\"data\":1}"), publisher, 403, no);
        add(
                all,
                "send by **",
                post("/api/send/this-id-was-chosen-by-me", bearer(publisher) + JSON, "{\"data\":1}"),
                publisher,
                403,
                no);
        String one = token("ann", Map.of("publish", List.of("news/a")));
        add(
                all,
                "one of a batch",
                post("/api/publish", bearer(one) + JSON, "[" + NEWS + ",{\"channel\":\"b\",\"data\":2}]"),
                one,
                403,
                no);
        add(all, "channels, not an admin", get("/api/channels", bearer(wide)), wide, 403, no);
        add(
                all,
                "revoke, not an admin",
                post("/api/revoke", bearer(wide) + JSON, "{\"userId\":\"bob\"}"),
                wide,
                403,
                no);
        String cookie = "Cookie: hibiki_token=" + wide + "\r\n";
        for (String origin : List.of(
                "", "Origin: https://evil.example\r\n", "Origin: null\r\n", "Origin: http://localhost.evil\r\n")) {
            add(
                    all,
                    "a cookie's POST, " + origin.strip(),
                    post("/api/publish", cookie + origin + JSON, NEWS),
                    wide,
                    403,
                    no);
        }
        return all.stream();
    }

    private static void add(List<Attempt> all, String name, String request, String token, int status, String error) {
        all.add(new Attempt(name, request, token, status, error));
    }

    @ParameterizedTest
    @MethodSource("attempts")
    void isRefused_andLeavesNothingBehind(Attempt attempt) throws IOException {
        EventId before = server.hub().end();
        try (RawClient client = RawClient.connect(server.port())) {
            RawClient.Answer answer = client.send(attempt.request()).answer();
            assertThat(answer.status()).as(answer.body()).isEqualTo(attempt.status());
            assertThat(answer.body()).contains("\"error\":\"" + attempt.error() + "\"");
            assertThat(answer.header("www-authenticate"))
                    .isEqualTo(
                            attempt.error().equals("Unauthorized")
                                    ? "Bearer"
                                    : attempt.status() == 401 ? "Bearer error=\"invalid_token\"" : "");
            if (attempt.token().length() > 10) {
                assertThat(answer.head() + answer.body()).doesNotContain(attempt.token());
            }
        }
        assertThat(server.hub().end()).isEqualTo(before);
        assertThat(server.openStreams()).isZero();
    }

    @AfterAll
    void close() {
        server.close();
    }
}
