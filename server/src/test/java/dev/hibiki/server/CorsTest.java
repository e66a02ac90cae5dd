// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static dev.hibiki.server.DevelopmentGateTest.head;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CorsTest {

    private static final Origins NAMED =
            new Origins(List.of("https://app.example", "http://10.0.0.1:8080", "https://*.shop.example"));
    private static final String EXPOSED = "Retry-After, ETag, Allow, WWW-Authenticate";

    private final Cors production = new Cors(NAMED, null);
    private final Cors development = new Cors(NAMED, new DevelopmentGate(false, NAMED));
    private final Cors every = new Cors(new Origins(List.of("*", "https://app.example")), null);

    private static Map<String, String> added(Cors cors, @Nullable String origin) {
        var headers = new DefaultHttpHeaders();
        cors.addHeaders(origin, "hub.example", headers);
        var all = new TreeMap<String, String>();
        headers.forEach(header -> all.put(header.getKey(), header.getValue()));
        return all;
    }

    private static Map<String, String> readable(String origin) {
        return new TreeMap<>(Map.of(
                "access-control-allow-origin",
                origin,
                "access-control-allow-credentials",
                "true",
                "access-control-expose-headers",
                EXPOSED,
                "vary",
                "Origin"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://app.example",
                "http://10.0.0.1:8080",
                "https://a.shop.example",
                "https://a-b.c_d.shop.example"
            })
    void aPageThatWasNamedMayReadWithCredentials(String origin) {
        assertThat(added(production, origin)).isEqualTo(readable(origin));
        assertThat(added(development, origin)).isEqualTo(readable(origin));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://app.example.evil.com",
                "https://evil.com",
                "http://app.example",
                "https://app.example:8443",
                "https://app.example/",
                "https://APP.example",
                "http://10.0.0.1",
                "https://shop.example",
                "https://.shop.example",
                "https://a..shop.example",
                "https://evilshop.example",
                "https://evil.com/.shop.example",
                "https://evil.com#.shop.example",
                "https://evil.com?.shop.example",
                "https://evil.com:80.shop.example",
                "https://x@a.shop.example",
                "https://*.shop.example",
                "https://a.shop.example:8443",
                "null",
                ""
            })
    void anyOtherMayNot_andCachesAreToldThatItDepends(String origin) {
        assertThat(added(production, origin)).isEqualTo(new TreeMap<>(Map.of("vary", "Origin")));
        assertThat(added(production, null)).isEqualTo(new TreeMap<>(Map.of("vary", "Origin")));
        assertThatExceptionOfType(HttpProblem.class)
                .isThrownBy(() -> production.preflight(preflight(origin)))
                .matches(problem -> problem.status() == 403);
    }

    @Test
    void loopbackPagesAreKnownInDevelopmentModeOnly() {
        for (String origin : new String[] {"http://localhost:5173", "https://127.0.0.1", "http://[::1]:3000"}) {
            assertThat(added(development, origin)).isEqualTo(readable(origin));
            assertThat(added(production, origin)).containsOnlyKeys("vary");
        }
    }

    @Test
    void whereEveryPageMayRead_onlyThoseNamedSendCredentials() {
        assertThat(added(every, "https://evil.com"))
                .isEqualTo(new TreeMap<>(Map.of(
                        "access-control-allow-origin",
                        "*",
                        "access-control-expose-headers",
                        EXPOSED,
                        "vary",
                        "Origin")));
        assertThat(added(every, "https://app.example")).isEqualTo(readable("https://app.example"));
        assertThat(every.isTrusted("https://evil.com", "evil.com")).isFalse();
        assertThat(every.isTrusted("https://app.example", "hub.example")).isTrue();
    }

    private static RequestHead preflight(String origin) {
        return head("OPTIONS", "hub.example", "Origin", origin, "Access-Control-Request-Method", "POST");
    }

    @Test
    void aPreflightIsAnsweredForADay() {
        for (Cors cors : List.of(production, development, every)) {
            Response answer = Objects.requireNonNull(cors.preflight(preflight("https://app.example")));
            assertThat(answer.status()).isEqualTo(204);
            assertThat(answer.headers())
                    .containsOnly(
                            Map.entry("Access-Control-Max-Age", "86400"),
                            Map.entry("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
                            Map.entry(
                                    "Access-Control-Allow-Headers",
                                    "last-event-id, content-type, authorization, idempotency-key, cache-control"));
        }
        assertThat(every.preflight(preflight("https://evil.com"))).isNotNull();
        assertThat(production.preflight(head("OPTIONS", "hub.example", "Origin", "https://evil.com")))
                .isNull();
        assertThat(production.preflight(
                        head("GET", "hub.example", "Origin", "https://x", "Access-Control-Request-Method", "GET")))
                .isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "",
                "app.example",
                "https://app.example/",
                "https://app.example:443",
                "http://app.example:80",
                "https://*",
                "https://a.*.example",
                "https://**.example",
                "*.example",
                "https://app.example:0",
                "https://a b",
                "https://app.example, https://b.example"
            })
    void whatNoBrowserWouldSendCannotBeNamed(String origin) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Origins(List.of(origin)))
                .withMessageStartingWith("cors.origin: " + origin + " (expected: an origin as browsers write it");
    }
}
