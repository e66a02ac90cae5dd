// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request's head, checked: what RFC 9112 wants refused and the codec lets through is refused here.
 *
 * @param method the method, as it was sent
 * @param target what the request is for
 * @param headers all headers; names are compared without case
 * @param host the host that the client means to talk to, or null, which only HTTP/1.0 allows
 * @param http10 whether the client speaks HTTP/1.0 only, which knows no chunks
 * @param keepAlive whether the client wants to go on with this connection
 * @param protocol what the connection speaks
 */
record RequestHead(
        String method,
        Target target,
        HttpHeaders headers,
        @Nullable String host,
        boolean http10,
        boolean keepAlive,
        Protocol protocol) {

    /** A head that came over a connection of HTTP/1.1 without TLS; see {@link #of(HttpRequest, Protocol)}. */
    static RequestHead of(HttpRequest message) {
        return of(message, Protocol.CLEARTEXT_HTTP1);
    }

    /**
     * Checks a head.
     *
     * @throws HttpProblem 400 or 505; then the connection must not be used any more
     */
    static RequestHead of(HttpRequest message, Protocol protocol) {
        HttpVersion version = message.protocolVersion();
        boolean http10 = version.equals(HttpVersion.HTTP_1_0);
        if (!http10 && !version.equals(HttpVersion.HTTP_1_1)) {
            throw new HttpProblem(505, "HTTP version not supported", "version (expected: HTTP/1.1 or HTTP/1.0)");
        }
        HttpHeaders headers = message.headers();
        List<String> hosts = headers.getAll(HttpHeaderNames.HOST);
        if (hosts.size() > 1 || (hosts.isEmpty() && !http10)) {
            throw HttpProblem.badRequest("host: given " + hosts.size() + " times (expected: once)");
        }
        if (http10 && headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            throw HttpProblem.badRequest("transfer-encoding: in HTTP/1.0 (expected: content-length)");
        }
        for (String coding : headers.getAll(HttpHeaderNames.TRANSFER_ENCODING)) {
            if (!HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(coding)) {
                throw HttpProblem.badRequest("transfer-encoding: is another one, or several (expected: chunked)");
            }
        }
        Target target = Target.parse(message.uri());
        String host = target.authority() != null ? target.authority() : hosts.isEmpty() ? null : hosts.get(0);
        return new RequestHead(
                message.method().name(), target, headers, host, http10, HttpUtil.isKeepAlive(message), protocol);
    }

    /**
     * Refuses a body that would have to be decoded first, because the decoded size has no bound.
     *
     * @throws HttpProblem 415
     */
    void checkEncoding() {
        for (String coding : headers.getAll(HttpHeaderNames.CONTENT_ENCODING)) {
            if (!coding.isBlank() && !HttpHeaderValues.IDENTITY.contentEqualsIgnoreCase(coding.trim())) {
                throw new HttpProblem(
                                415, "Unsupported media type", "content-encoding: is not supported (expected: none)")
                        .withHeader("Accept-Encoding", "identity");
            }
        }
    }

    @Nullable
    String header(CharSequence name) {
        return headers.get(name);
    }

    /** The version of HTTP as a log names it. */
    String version() {
        return protocol.http2() ? "HTTP/2" : http10 ? "HTTP/1.0" : "HTTP/1.1";
    }

    /** Whether the method may change something (RFC 9110 section 9.2.1). */
    boolean isUnsafe() {
        return !method.equals("GET") && !method.equals("HEAD") && !method.equals("OPTIONS");
    }
}
