// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.hibiki.event.EventEncoder;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.time.Duration;
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
    static ByteBuf open(ByteBufAllocator allocator, Site site, RequestHead request) {
        return head(allocator, site, request, RETRY, false);
    }

    /**
     * A soft refusal: a stream that ends at once and asks for patience. A native {@code EventSource} would take any status but 200 for
     * final, and never come back.
     */
    static ByteBuf refusal(ByteBufAllocator allocator, Site site, RequestHead request, Duration retry) {
        return head(allocator, site, request, EventEncoder.retry(retry), true);
    }

    private static ByteBuf head(ByteBufAllocator allocator, Site site, RequestHead request, byte[] first, boolean end) {
        boolean chunked = !request.http10();
        var text = new StringBuilder(320).append(FIXED);
        text.append("Connection: ")
                .append(chunked && !end ? "keep-alive" : "close")
                .append("\r\n");
        if (chunked) {
            text.append("Transfer-Encoding: chunked\r\n");
        }
        text.append("Date: ").append(HttpDate.now()).append("\r\n");
        var cors = new DefaultHttpHeaders();
        site.cors().addHeaders(request.header(HttpHeaderNames.ORIGIN), request.host(), cors);
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
