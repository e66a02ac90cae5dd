// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.hibiki.event.EventEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How every stream begins, whatever the request's {@code Accept}: the head and a first {@code retry:} in one piece, because Firefox reports
 * {@code open} only with the first byte of the body.
 */
final class StreamHead {

    static final String TYPE = "text/event-stream";

    private static final byte[] RETRY = EventEncoder.retry(Duration.ofSeconds(3));

    /** What makes a stream of a response, for browsers and for the proxies between. */
    static final Map<String, String> HEADERS =
            Map.of("Cache-Control", "no-cache, no-transform", "X-Accel-Buffering", "no");

    private static final String FIXED = String.join(
            "\r\n",
            "HTTP/1.1 200 OK",
            "Content-Type: " + TYPE,
            "Cache-Control: no-cache, no-transform",
            "X-Accel-Buffering: no",
            "X-Content-Type-Options: nosniff",
            "");

    private StreamHead() {}

    /** The head of a stream that goes on. */
    static List<?> open(ByteBufAllocator allocator, Site site, RequestHead request) {
        return head(allocator, site, request, RETRY, false);
    }

    /**
     * A soft refusal: a stream that ends at once and asks for patience. A native {@code EventSource} would take any status but 200 for
     * final, and never come back.
     */
    static List<?> refusal(ByteBufAllocator allocator, Site site, RequestHead request, Duration retry) {
        return head(allocator, site, request, EventEncoder.retry(retry), true);
    }

    private static List<?> head(ByteBufAllocator allocator, Site site, RequestHead request, byte[] first, boolean end) {
        var cors = new DefaultHttpHeaders();
        site.cors().addHeaders(request.header(HttpHeaderNames.ORIGIN), request.host(), cors);
        return request.protocol().http2()
                ? frames(allocator, cors, first, end)
                : List.of(text(allocator, cors, request.http10(), first, end));
    }

    private static List<?> frames(ByteBufAllocator allocator, HttpHeaders cors, byte[] first, boolean end) {
        var headers = new DefaultHttp2Headers(false);
        headers.status(HttpResponseStatus.OK.codeAsText())
                .set("content-type", "text/event-stream")
                .set("cache-control", "no-cache, no-transform")
                .set("x-accel-buffering", "no")
                .set("x-content-type-options", "nosniff");
        headers.set("date", HttpDate.now());
        cors.forEach(header -> headers.add(header.getKey().toLowerCase(Locale.ROOT), header.getValue()));
        ByteBuf body = allocator.directBuffer(first.length).writeBytes(first);
        return List.of(new DefaultHttp2HeadersFrame(headers, false), new DefaultHttp2DataFrame(body, end));
    }

    private static ByteBuf text(
            ByteBufAllocator allocator, HttpHeaders cors, boolean http10, byte[] first, boolean end) {
        boolean chunked = !http10;
        var text = new StringBuilder(320).append(FIXED);
        text.append("Connection: ")
                .append(chunked && !end ? "keep-alive" : "close")
                .append("\r\n");
        if (chunked) {
            text.append("Transfer-Encoding: chunked\r\n");
        }
        text.append("Date: ").append(HttpDate.now()).append("\r\n");
        cors.forEach(header -> text.append(header.getKey())
                .append(": ")
                .append(header.getValue())
                .append("\r\n"));
        text.append("\r\n");
        ByteBuf out = allocator.directBuffer(text.length() + 64);
        out.writeCharSequence(text, ISO_8859_1);
        if (chunked) {
            out.writeCharSequence(Integer.toHexString(first.length) + "\r\n", US_ASCII);
        }
        out.writeBytes(first);
        if (chunked) {
            out.writeCharSequence(end ? "\r\n0\r\n\r\n" : "\r\n", US_ASCII);
        }
        return out;
    }
}
