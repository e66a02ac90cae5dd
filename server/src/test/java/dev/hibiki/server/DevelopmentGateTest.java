// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DevelopmentGateTest {

    private static final Origins NAMED = new Origins(List.of("https://app.example"));

    private final DevelopmentGate gate = new DevelopmentGate(false, NAMED);
    private final DevelopmentGate beyond = new DevelopmentGate(true, NAMED);

    static RequestHead head(String method, String host, String... headers) {
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
        assertThat(gate.isOwnPage(origin, "localhost")).isFalse();
    }

    @Test
    void crossSiteWithoutOriginMayNotChangeAnything() {
        assertRefused(head("POST", "localhost", "Sec-Fetch-Site", "cross-site"), "sec-fetch-site");
        assertThatCode(() -> gate.check(head("GET", "localhost", "Sec-Fetch-Site", "cross-site")))
                .doesNotThrowAnyException();
        assertThatCode(() -> gate.check(head("POST", "localhost", "Sec-Fetch-Site", "same-origin")))
                .doesNotThrowAnyException();
    }

    @Test
    void aPageThatWasNamedMayChangeThings() {
        assertThatCode(() -> gate.check(head("POST", "localhost", "Origin", "https://app.example")))
                .doesNotThrowAnyException();
        assertRefused(head("POST", "localhost", "Origin", "https://app.example.evil.com"), "origin: is foreign");
        assertRefused(head("POST", "evil.com", "Origin", "https://app.example"), "host: is not this machine");
    }

    @Test
    void beyondLoopbackAPageOfTheServerItselfMayChangeThings_othersMayNot() {
        assertThatCode(() -> beyond.check(head("POST", "192.168.1.5:8080", "Origin", "http://192.168.1.5:8080")))
                .doesNotThrowAnyException();
        assertThatExceptionOfType(HttpProblem.class)
                .isThrownBy(() -> beyond.check(head("POST", "192.168.1.5:8080", "Origin", "http://evil.com")));
    }

    private void assertRefused(RequestHead head, String detail) {
        assertThatExceptionOfType(HttpProblem.class)
                .isThrownBy(() -> gate.check(head))
                .matches(problem -> problem.status() == 403 && problem.detail().startsWith(detail));
    }
}
