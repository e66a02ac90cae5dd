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

/** HTTP/1.1 as nobody should send it: every request that two readers could understand differently, or that is too much, is refused. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StrictHttpIT {

    private final TestSite site = TestSite.onBestTransport(TestSite.LIMITS);

    @AfterAll
    void close() {
        site.close();
    }

    private RawClient connect() throws IOException {
        return RawClient.connect(site.port);
    }

    static Stream<Arguments> bad() {
        String host = "Host: localhost\r\n";
        String post = "POST /echo HTTP/1.1\r\n" + host;
        String chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
        return Stream.of(
                Arguments.of("garbage", "\u0016\u0003\u0001\u0002\u0000\r\n\r\n", 400),
                Arguments.of("no method", "/hello\r\n\r\n", 400),
                Arguments.of("HTTP/0.9", "GET /hello\r\n\r\n", 400),
                Arguments.of("version 3", "GET /hello HTTP/3.0\r\n" + host + "\r\n", 505),
                Arguments.of("HTTP/2 as a version", "GET /hello HTTP/2.0\r\n" + host + "\r\n", 505),
                Arguments.of("no host", "GET /hello HTTP/1.1\r\n\r\n", 400),
                Arguments.of("two hosts", "GET /hello HTTP/1.1\r\n" + host + host + "\r\n", 400),
                Arguments.of("two lengths", post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
                Arguments.of("two equal lengths", post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
                Arguments.of("list of lengths", post + "Content-Length: 3, 3\r\n\r\nabc", 400),
                Arguments.of("negative length", post + "Content-Length: -1\r\n\r\n", 400),
                Arguments.of("signed length", post + "Content-Length: +3\r\n\r\nabc", 400),
                Arguments.of("hex length", post + "Content-Length: 0x3\r\n\r\nabc", 400),
                Arguments.of(
                        "length beside chunks",
                        post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                        400),
                Arguments.of(
                        "chunks beside length",
                        post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
                        400),
                Arguments.of("unknown coding", post + "Transfer-Encoding: gzip, x\r\n\r\n", 400),
                Arguments.of("another coding before", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
                Arguments.of("chunked not last", post + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400),
                Arguments.of(
                        "chunked twice",
                        post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                        400),
                Arguments.of(
                        "chunks in HTTP/1.0",
                        "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                        400),
                Arguments.of("folded header", "GET /hello HTTP/1.1\r\n" + host + "X: a\r\n b\r\n\r\n", 400),
                Arguments.of("space before colon", "GET /hello HTTP/1.1\r\n" + host + "X : a\r\n\r\n", 400),
                Arguments.of("space before name", "GET /hello HTTP/1.1\r\n Host: localhost\r\n\r\n", 400),
                Arguments.of("no colon", "GET /hello HTTP/1.1\r\n" + host + "X\r\n\r\n", 400),
                Arguments.of("empty name", "GET /hello HTTP/1.1\r\n" + host + ": a\r\n\r\n", 400),
                Arguments.of("NUL in header", "GET /hello HTTP/1.1\r\n" + host + "X: a\u0000b\r\n\r\n", 400),
                Arguments.of("CR in header", "GET /hello HTTP/1.1\r\n" + host + "X: a\rb\r\n\r\n", 400),
                Arguments.of("bare LF", "GET /hello HTTP/1.1\nHost: localhost\n\n", 400),
                Arguments.of("NUL in target", "GET /\u0000 HTTP/1.1\r\n" + host + "\r\n", 400),
                Arguments.of("NUL in a header's name", "GET /hello HTTP/1.1\r\n" + host + "X\u0000: a\r\n\r\n", 400),
                Arguments.of("bare CR for line ends", "GET /hello HTTP/1.1\rHost: localhost\r\r\r\n\r\n", 400),
                Arguments.of("bare LF after a header", "GET /hello HTTP/1.1\r\n" + host + "X: a\nY: b\r\n\r\n", 400),
                Arguments.of("two spaces", "GET  /hello HTTP/1.1\r\n" + host + "\r\n", 400),
                Arguments.of("tab for a space", "GET\t/hello HTTP/1.1\r\n" + host + "\r\n", 400),
                Arguments.of("something behind the version", "GET /hello HTTP/1.1 x\r\n" + host + "\r\n", 400),
                Arguments.of("version in lower case", "GET /hello http/1.1\r\n" + host + "\r\n", 400),
                Arguments.of("version 1.10", "GET /hello HTTP/1.10\r\n" + host + "\r\n", 400),
                Arguments.of("a method with a colon", "GE:T /hello HTTP/1.1\r\n" + host + "\r\n", 400),
                Arguments.of("target with a fragment", "GET /hello#x HTTP/1.1\r\n" + host + "\r\n", 400),
                Arguments.of("target of another scheme", "GET ftp://localhost/hello HTTP/1.1\r\n" + host + "\r\n", 400),
                Arguments.of("target without a slash", "GET hello HTTP/1.1\r\n" + host + "\r\n", 400),
                Arguments.of("identity", post + "Transfer-Encoding: identity\r\n\r\n", 400),
                Arguments.of("xchunked", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
                Arguments.of("quoted chunked", post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 400),
                Arguments.of("vertical tab", post + "Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n", 400),
                Arguments.of("no coding", post + "Transfer-Encoding:\r\n\r\n0\r\n\r\n", 400),
                Arguments.of("chunked, then a comma", post + "Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n", 400),
                Arguments.of("space behind the name", post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
                Arguments.of("tab behind the name", post + "Content-Length\t: 3\r\n\r\nabc", 400),
                Arguments.of("folded coding", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400),
                Arguments.of("length with a space within", post + "Content-Length: 3 3\r\n\r\nabc", 400),
                Arguments.of("empty length", post + "Content-Length:\r\n\r\nabc", 400),
                Arguments.of("length with a fraction", post + "Content-Length: 3.0\r\n\r\nabc", 400),
                Arguments.of("length beyond 64 bits", post + "Content-Length: 18446744073709551619\r\n\r\nabc", 400),
                Arguments.of("chunk size 0x3", chunked + "0x3\r\nabc\r\n0\r\n\r\n", 400),
                Arguments.of("chunk size +3", chunked + "+3\r\nabc\r\n0\r\n\r\n", 400),
                Arguments.of("chunk size -1", chunked + "-1\r\nabc\r\n0\r\n\r\n", 400),
                Arguments.of("empty chunk size", chunked + "\r\nabc\r\n0\r\n\r\n", 400),
                Arguments.of("chunk size of 32 bits and more", chunked + "100000003\r\nabc\r\n0\r\n\r\n", 400),
                Arguments.of("chunk size below nothing", chunked + "ffffffff\r\nabc\r\n0\r\n\r\n", 400),
                Arguments.of("bare LF behind a chunk size", chunked + "3\nabc\r\n0\r\n\r\n", 400),
                Arguments.of("bare LF behind a chunk", chunked + "3\r\nabc\n0\r\n\r\n", 400),
                Arguments.of("bare LF within an extension", chunked + "3;a\nb\r\nabc\r\n0\r\n\r\n", 400),
                Arguments.of("endless extension", chunked + "3;" + "a".repeat(9000) + "\r\nabc\r\n0\r\n\r\n", 400),
                Arguments.of("chunk longer than said", chunked + "3\r\nabcX\r\n0\r\n\r\n", 400),
                Arguments.of("endless trailers", chunked + "0\r\n" + "X: a\r\n".repeat(200), 431),
                Arguments.of("bad chunk size", post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
                Arguments.of("chunk too long", post + "Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", 400),
                Arguments.of("huge chunk size", post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 400),
                Arguments.of("space in target", "GET /a b HTTP/1.1\r\n" + host + "\r\n", 400),
                Arguments.of("byte above 7F in target", "GET /\u00e9 HTTP/1.1\r\n" + host + "\r\n", 400),
                Arguments.of("bad percent", "GET /%zz HTTP/1.1\r\n" + host + "\r\n", 400),
                Arguments.of("authority form", "CONNECT localhost:80 HTTP/1.1\r\n" + host + "\r\n", 400),
                Arguments.of("request line too long", "GET /" + "a".repeat(300) + " HTTP/1.1\r\n" + host + "\r\n", 414),
                Arguments.of("endless request line", "GET /" + "a".repeat(5000), 414),
                Arguments.of(
                        "headers too long",
                        "GET /hello HTTP/1.1\r\n" + host + "X: " + "a".repeat(700) + "\r\n\r\n",
                        431),
                Arguments.of(
                        "too many headers", "GET /hello HTTP/1.1\r\n" + host + "X: a\r\n".repeat(200) + "\r\n", 431),
                Arguments.of("body too long by length", post + "Content-Length: 1001\r\n\r\n", 413),
                Arguments.of("body of a petabyte", post + "Content-Length: 1000000000000000\r\n\r\n", 413),
                Arguments.of(
                        "body too long by chunks",
                        post + "Transfer-Encoding: chunked\r\n\r\n"
                                + "64\r\n"
                                        .concat("a".repeat(100))
                                        .concat("\r\n")
                                        .repeat(11),
                        413),
                Arguments.of("unknown expectation", post + "Expect: tea\r\nContent-Length: 1\r\n\r\n", 417));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bad")
    void whatIsUnclearOrTooMuchIsRefused_andTheConnectionEndsInOrder(String name, String bytes, int status)
            throws IOException {
        try (RawClient client = connect()) {
            // what a smuggler hopes to have served
            client.send(bytes).send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
            RawClient.Answer answer = client.answer();
            assertThat(answer.status()).as(name).isEqualTo(status);
            assertThat(answer.header("connection")).isEqualTo("close");
            assertThat(answer.header("content-type")).isEqualTo("application/problem+json");
            assertThat(answer.body()).startsWith("{\"title\":\"").contains("\"status\":" + status + ",\"error\":\"");
            assertThat(client.toEnd()).isEmpty();
        }
    }

    @Test
    void aChunkExtensionIsPassedOver_aTrailerForgesNothing() throws IOException {
        try (RawClient client = connect()) {
            client.send(RawClient.lines(
                    "POST /echo HTTP/1.1",
                    "Host: localhost",
                    "Transfer-Encoding: chunked",
                    "",
                    "3;a=b",
                    "abc",
                    "0",
                    "Content-Length: 50",
                    "Host: evil.com",
                    "X: a",
                    ""));
            assertThat(client.answer().body()).isEqualTo("abc");
            assertThat(client.get("/hello").answer().body()).isEqualTo("hello");
        }
    }
}
