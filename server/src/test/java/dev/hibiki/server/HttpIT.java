// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP/1.1 as it is on the wire, on the transport that this machine gives. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HttpIT {

    private final TestSite site = TestSite.onBestTransport(TestSite.LIMITS);
    private final TestSite impatient = TestSite.onBestTransport(TestSite.IMPATIENT);

    @AfterAll
    void close() {
        site.close();
        impatient.close();
    }

    private RawClient connect() throws IOException {
        return RawClient.connect(site.port);
    }

    /** To where a slow peer is soon out of time. */
    private RawClient connectToImpatient() throws IOException {
        return RawClient.connect(impatient.port);
    }

    @Test
    void anAnswerHasTheseBytes() throws IOException {
        try (RawClient client = connect()) {
            RawClient.Answer answer = client.get("/hello").answer();
            assertThat(answer.head().replaceAll("date: .*\r\n", ""))
                    .isEqualTo(RawClient.lines(
                            "HTTP/1.1 200 OK",
                            "content-type: text/plain; charset=utf-8",
                            "content-length: 5",
                            "X-Content-Type-Options: nosniff",
                            "vary: Origin",
                            ""));
            assertThat(answer.header("date"))
                    .matches("[A-Z][a-z]{2}, \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT");
            assertThat(answer.body()).isEqualTo("hello");
        }
    }

    @Test
    void aConnectionIsKept_pipelinedRequestsAreAnsweredInOrder() throws IOException {
        try (RawClient client = connect()) {
            client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(500)
                    + "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc"
                    + "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n"
                    + "HEAD /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            for (int i = 0; i < 500; i++) {
                assertThat(client.answer().body()).isEqualTo("hello");
            }
            assertThat(client.answer().body()).isEqualTo("abc");
            assertThat(client.answer().body()).isEqualTo("def");
            assertThat(client.head()).contains("content-length: 5\r\n").contains("connection: close\r\n");
            assertThat(client.toEnd()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRACE", "DELETE", "PROPFIND", "get", "PRI"})
    void aMethodThatIsNotServedIs405_andNothingOfItIsEchoed(String method) throws IOException {
        try (RawClient client = connect()) {
            RawClient.Answer answer = client.send(
                            method + " /hello HTTP/1.1\r\nHost: localhost\r\nCookie: secret\r\n\r\n")
                    .answer();
            assertThat(answer.status()).isEqualTo(405);
            assertThat(answer.head() + answer.body()).doesNotContain("secret").doesNotContain(method + " ");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /hel",
                "GET /hello HTTP/1.1\r\nHost: loc",
                "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab"
            })
    void aSlowRequestIs408(String begun) throws IOException {
        try (RawClient client = connectToImpatient()) {
            client.send(begun);
            assertThat(client.answer().status()).isEqualTo(408);
            assertThat(client.toEnd()).isEmpty();
        }
    }

    @Test
    void aSecondSlowRequestIs408Too() throws IOException {
        try (RawClient client = connectToImpatient()) {
            assertThat(client.get("/hello").answer().status()).isEqualTo(200);
            client.send("GET /hel");
            assertThat(client.answer().status()).isEqualTo(408);
        }
    }

    @Test
    void aConnectionThatSaysNothingIsClosed_withoutAWord() throws IOException {
        try (RawClient silent = connectToImpatient();
                RawClient idle = connectToImpatient()) {
            assertThat(idle.get("/hello").answer().status()).isEqualTo(200);
            assertThat(silent.toEnd()).isEmpty();
            assertThat(idle.toEnd()).isEmpty();
        }
    }

    @Test
    void aClientThatShutsItsSideGetsItsAnswers_thenTheEnd() throws IOException {
        try (RawClient client = connect()) {
            client.get("/hello").get("/hello").shutOutput();
            assertThat(client.answer().body()).isEqualTo("hello");
            assertThat(client.answer().body()).isEqualTo("hello");
            assertThat(client.toEnd()).isEmpty();
        }
    }

    @Test
    void http10IsAnsweredAndClosed_orKeptWhereItAsks() throws IOException {
        try (RawClient client = connect()) {
            client.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
            RawClient.Answer kept = client.answer();
            assertThat(kept.header("connection")).isEqualTo("keep-alive");
            client.send("GET /hello HTTP/1.0\r\n\r\n");
            assertThat(client.answer().header("connection")).isEqualTo("close");
            assertThat(client.toEnd()).isEmpty();
        }
    }

    @Test
    void aClientThatAsksBeforeItSendsIsToldYes_orItsRefusal() throws IOException {
        String ask = "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n";
        try (RawClient client = connect()) {
            client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\n" + ask);
            assertThat(client.head()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            assertThat(client.send("abc").answer().body()).isEqualTo("abc");
            client.send("POST /nope HTTP/1.1\r\nHost: localhost\r\n" + ask);
            assertThat(client.answer().status()).isEqualTo(404);
            assertThat(client.toEnd()).isEmpty();
        }
    }

    @Test
    void whatIsNotServedLeavesTheConnectionUsable() throws IOException {
        try (RawClient client = connect()) {
            assertThat(client.post("/nope", "{}").answer().status()).isEqualTo(404);
            RawClient.Answer notAllowed = client.post("/hello", "{}").answer();
            assertThat(notAllowed.status()).isEqualTo(405);
            assertThat(notAllowed.header("allow")).isEqualTo("GET, HEAD, OPTIONS");
            assertThat(client.get("/throws").answer().body())
                    .isEqualTo(
                            "{\"title\":\"Internal server error\",\"status\":500,\"error\":\"Internal server error\","
                                    + "\"detail\":\"the server failed to answer; it has logged why\"}");
            assertThat(client.get("/header").answer().status()).isEqualTo(500);
            assertThat(client.send("OPTIONS /echo HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .head())
                    .startsWith(RawClient.lines("HTTP/1.1 204 No Content", "Allow: POST, OPTIONS"));
            assertThat(client.send("OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .head())
                    .startsWith("HTTP/1.1 204 No Content\r\n");
            assertThat(client.send("GET http://localhost/hello HTTP/1.1\r\nHost: evil.com\r\n\r\n")
                            .answer()
                            .body())
                    .isEqualTo("hello");
            assertThat(client.send("GET http://evil.com/hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .answer()
                            .status())
                    .isEqualTo(403);
        }
    }

    @Test
    void corsHeadersAreOnErrorsToo_andAPreflightIsAnswered() throws IOException {
        try (RawClient client = connect()) {
            RawClient.Answer error =
                    client.get("/nope", "Origin: http://localhost:5173\r\n").answer();
            assertThat(error.status()).isEqualTo(404);
            assertThat(error.header("access-control-allow-origin")).isEqualTo("http://localhost:5173");
            assertThat(error.header("vary")).isEqualTo("Origin");
            String preflight = client.send(RawClient.lines(
                            "OPTIONS /echo HTTP/1.1",
                            "Host: localhost",
                            "Origin: http://localhost:5173",
                            "Access-Control-Request-Method: POST",
                            ""))
                    .head();
            assertThat(preflight)
                    .startsWith("HTTP/1.1 204 No Content\r\n")
                    .contains("Access-Control-Max-Age: 86400\r\n")
                    .contains("access-control-allow-credentials: true\r\n");
        }
    }

    static Stream<Arguments> early() {
        String origin = "Origin: http://localhost:5173\r\n";
        String host = "Host: localhost\r\n";
        return Stream.of(
                Arguments.of("GET /" + "a".repeat(300) + " HTTP/1.1\r\n" + host + origin + "\r\n", 414),
                Arguments.of("GET /hello HTTP/1.1\r\n" + origin + host + "X: " + "a".repeat(700) + "\r\n\r\n", 431),
                Arguments.of("GET /hello HTTP/1.1\r\n" + host + "X: " + "a".repeat(700) + "\r\n" + origin, 431),
                Arguments.of("GET /hello HTTP/1.1\r\n" + host + "X : a\r\n" + origin + "\r\n", 400),
                Arguments.of(
                        "GET /hello HTTP/1.1\r\n" + host + "X: a\r\n b\r\noRIGIN:http://localhost:5173 \r\n\r\n", 400),
                Arguments.of("GET /hello HTTP/1.1\r\n" + origin + "X: a\r\n b\r\n\r\n", 400),
                Arguments.of("GET /hello\r\n" + host + origin + "\r\n", 400),
                Arguments.of("GET /%zz HTTP/1.1\r\n" + host + origin + "\r\n", 400),
                Arguments.of("GET /hello HTTP/1.1\r\n" + origin + "\r\n", 400),
                Arguments.of("GET /hello HTTP/1.1\r\n" + host + origin + "X: ", 408),
                Arguments.of("POST /echo HTTP/1.1\r\n" + host + origin + "Content-Length: 9\r\n\r\n", 408),
                Arguments.of("POST /echo HTTP/1.1\r\n" + host + origin + "Content-Length: 1001\r\n\r\n", 413));
    }

    @ParameterizedTest
    @MethodSource("early")
    void corsHeadersAreOnErrorsToo_alsoWhereTheHeadCannotBeRead(String bytes, int status) throws IOException {
        try (RawClient client = status == 408 ? connectToImpatient() : connect()) {
            RawClient.Answer answer = client.send(bytes).answer();
            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.header("access-control-allow-origin")).isEqualTo("http://localhost:5173");
            assertThat(answer.header("access-control-allow-credentials")).isEqualTo("true");
            assertThat(answer.header("vary")).isEqualTo("Origin");
        }
    }

    @Test
    void filesAreServed_andOnlyThey() throws IOException {
        try (RawClient client = connect()) {
            RawClient.Answer page = client.get("/").answer();
            assertThat(page.body()).isEqualTo("<!doctype html><title>t</title>\n");
            assertThat(page.header("content-type")).isEqualTo("text/html; charset=utf-8");
            assertThat(page.header("x-content-type-options")).isEqualTo("nosniff");
            assertThat(page.header("referrer-policy")).isEqualTo("no-referrer");
            assertThat(page.header("content-security-policy"))
                    .isEqualTo("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                            + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
            assertThat(client.get("/sub/app.js").answer().header("content-type"))
                    .isEqualTo("text/javascript; charset=utf-8");
            String tag = page.header("etag");
            assertThat(client.get("/", "If-None-Match: \"x\", W/" + tag + "\r\n")
                            .head())
                    .startsWith("HTTP/1.1 304 Not Modified\r\n");
            assertThat(client.get("/sub?x=1").answer().head())
                    .startsWith(RawClient.lines("HTTP/1.1 308 Permanent Redirect", "Location: /sub/?x=1"));
            for (String path : new String[] {
                "/..",
                "/../TestSite.class",
                "/%2e%2e/TestSite.class",
                "/..%2fTestSite.class",
                "/sub/../style.css",
                "/sub%2fapp.js",
                "//style.css",
                "/style.css/",
                "/.",
                "/%00",
                "/style.css%00",
                "/..%5cTestSite.class",
                "//evil.com/sub",
                "/nope"
            }) {
                assertThat(client.get(path).answer().status()).as(path).isEqualTo(404);
            }
            assertThat(client.get("/style.css").answer().body()).isEqualTo("a{}\n");
        }
    }

    @Test
    void aClientThatResetsHarmsNobody() throws IOException {
        for (String begun : new String[] {
            "",
            "GET /he",
            "GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\na"
        }) {
            RawClient client = connect();
            client.send(begun);
            client.reset();
        }
        try (RawClient client = connect()) {
            assertThat(client.get("/hello").answer().status()).isEqualTo(200);
        }
    }

    @Test
    void everyTransportOfThisMachineServes() throws Exception {
        for (Transport transport : Transport.values()) {
            if (transport.isAvailable()) {
                try (var other = new TestSite(transport);
                        RawClient client = RawClient.connect(other.port)) {
                    client.get("/hello").get("/hello").shutOutput();
                    assertThat(client.answer().body()).as(transport.word()).isEqualTo("hello");
                    assertThat(client.answer().body()).isEqualTo("hello");
                    assertThat(client.toEnd()).isEmpty();
                }
            }
        }
    }
}
