// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DevelopmentGateTest {

    private final DevelopmentGate gate = new DevelopmentGate(false);
    private final DevelopmentGate beyond = new DevelopmentGate(true);

    private static RequestHead head(String method, String host, String... headers) {
        var request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.valueOf(method), "/");
        request.headers().set("Host", host);
        for (int i = 0; i < headers.length; i += 2) {
            request.headers().set(headers[i], headers[i + 1]);
        }
        return RequestHead.of(request);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LOCALHOST:8080",
                "app.localhost:3000",
                "127.0.0.1",
                "127.0.0.1:80",
                "127.255.0.9:65535",
                "[::1]",
                "[::1]:8080"
            })
    void thisMachineIsLetIn(String host) {
        assertThatCode(() -> gate.check(head("POST", host, "Origin", "http://" + host)))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "example.com", "localhost.example.com", "127.0.0.1.nip.io", "evil.com:8080", "127.1", "127.0.0.256",
                        "0.0.0.0", "::1",
                "[::2]", "192.168.1.5", "", "localhost:", "localhost:8080:80", "x@localhost", "evil.com#.localhost",
                        "evil/.localhost",
                "localhost."
            })
    void aForeignHostIsRefused(String host) {
        assertRefused(head("GET", host), "host: is not this machine");
        assertThatCode(() -> beyond.check(head("GET", host))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://evil.com",
                "null",
                "http://localhost.evil.com",
                "file://",
                "http://",
                "localhost",
                "ftp://localhost"
            })
    void aForeignOriginMayNotChangeAnything(String origin) {
        for (String method : new String[] {"POST", "PUT", "DELETE", "PATCH", "FOO"}) {
            assertRefused(head(method, "localhost", "Origin", origin), "origin: is foreign");
        }
        assertThatCode(() -> gate.check(head("GET", "localhost", "Origin", origin)))
                .doesNotThrowAnyException();
        assertThat(cors(gate, head("GET", "localhost", "Origin", origin)).toString())
                .doesNotContain("access-control");
    }

    @Test
    void crossSiteWithoutOriginMayNotChangeAnything() {
        assertRefused(head("POST", "localhost", "Sec-Fetch-Site", "cross-site"), "sec-fetch-site");
        assertThatCode(() -> gate.check(head("GET", "localhost", "Sec-Fetch-Site", "cross-site")))
                .doesNotThrowAnyException();
        assertThatCode(() -> gate.check(head("POST", "localhost", "Sec-Fetch-Site", "same-origin")))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({"http://localhost:5173", "https://127.0.0.1", "http://[::1]:3000"})
    void aLoopbackPageIsAnsweredWithCors(String origin) {
        HttpHeaders headers = cors(gate, head("GET", "localhost", "Origin", origin));
        assertThat(headers.get("vary")).isEqualTo("Origin");
        assertThat(headers.get("access-control-allow-origin")).isEqualTo(origin);
        assertThat(headers.get("access-control-allow-credentials")).isEqualTo("true");
        assertThat(cors(gate, head("GET", "localhost")).get("vary")).isEqualTo("Origin");
    }

    @Test
    void aPreflightIsAnswered_aForeignOneRefused() {
        Response answer = Objects.requireNonNull(gate.preflight(head(
                "OPTIONS", "localhost", "Origin", "http://localhost:5173", "Access-Control-Request-Method", "POST")));
        assertThat(answer.status()).isEqualTo(204);
        assertThat(answer.headers().get("Access-Control-Allow-Headers"))
                .isEqualTo("last-event-id, content-type, authorization, idempotency-key, cache-control");
        assertThat(gate.preflight(head("OPTIONS", "localhost", "Origin", "http://localhost")))
                .isNull();
        assertThatExceptionOfType(HttpProblem.class)
                .isThrownBy(() -> gate.preflight(head(
                        "OPTIONS", "localhost", "Origin", "http://evil.com", "Access-Control-Request-Method", "POST")))
                .matches(problem -> problem.status() == 403);
    }

    @Test
    void beyondLoopbackAPageOfTheServerItselfMayChangeThings_othersMayNot() {
        assertThatCode(() -> beyond.check(head("POST", "192.168.1.5:8080", "Origin", "http://192.168.1.5:8080")))
                .doesNotThrowAnyException();
        assertThatExceptionOfType(HttpProblem.class)
                .isThrownBy(() -> beyond.check(head("POST", "192.168.1.5:8080", "Origin", "http://evil.com")));
    }

    private static HttpHeaders cors(DevelopmentGate gate, RequestHead head) {
        var headers = new DefaultHttpHeaders();
        gate.addHeaders(head, headers);
        return headers;
    }

    private void assertRefused(RequestHead head, String detail) {
        assertThatExceptionOfType(HttpProblem.class)
                .isThrownBy(() -> gate.check(head))
                .matches(problem -> problem.status() == 403 && problem.detail().startsWith(detail));
    }
}
