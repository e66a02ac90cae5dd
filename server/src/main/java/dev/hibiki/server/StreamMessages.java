// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.HttpConversionUtil;
import io.netty.util.ReferenceCountUtil;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The frames of one HTTP/2 stream as the messages of HTTP/1.1, and back: so that requests are read and answered by one and the same code.
 * The request's {@code :authority} becomes its {@code Host}. What is neither passes unchanged.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a write fails only with the stream, whose end is told anyway
final class StreamMessages extends ChannelDuplexHandler {

    private final int maxTarget;
    private boolean begun;

    /** @param maxTarget the longest path and query in bytes */
    StreamMessages(int maxTarget) {
        this.maxTarget = maxTarget;
    }

    // ---- what comes

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof Http2HeadersFrame headers) {
            if (!begun) {
                begun = true;
                ctx.fireChannelRead(request(headers.headers()));
            }
            if (headers.isEndStream()) { // also of trailers, which nobody asks for
                ctx.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
            }
        } else if (message instanceof Http2DataFrame data) {
            ctx.fireChannelRead(
                    data.isEndStream()
                            ? new DefaultLastHttpContent(data.content())
                            : new DefaultHttpContent(data.content()));
        } else {
            ReferenceCountUtil.release(message);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof Http2ResetFrame) {
            ctx.close();
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    private HttpRequest request(Http2Headers headers) {
        CharSequence method = headers.method();
        CharSequence path = headers.path();
        try {
            if (method == null || path == null || path.length() == 0) {
                throw new IllegalArgumentException(":method or :path is missing");
            }
            if (path.length() > maxTarget) {
                throw new TooLongHttpLineException();
            }
            var request = new DefaultHttpRequest(
                    HttpVersion.HTTP_1_1, HttpMethod.valueOf(method.toString()), path.toString());
            copy(headers, request.headers());
            return request;
        } catch (RuntimeException malformed) {
            var refused = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
            refused.setDecoderResult(DecoderResult.failure(malformed));
            keepOrigin(headers, refused.headers());
            return refused;
        }
    }

    /** Keeps the origin, so that the page whose request cannot be read may see the refusal. */
    private static void keepOrigin(Http2Headers from, HttpHeaders to) {
        CharSequence origin = from.get(HttpHeaderNames.ORIGIN);
        if (origin != null && origin.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            to.set(HttpHeaderNames.ORIGIN, origin);
        }
    }

    private static void copy(Http2Headers from, HttpHeaders to) {
        CharSequence authority = from.authority();
        if (authority != null) {
            to.set(HttpHeaderNames.HOST, authority.toString());
        }
        StringBuilder cookies = null;
        for (Map.Entry<CharSequence, CharSequence> header : from) {
            CharSequence name = header.getKey();
            String value = header.getValue().toString();
            if (HttpHeaderNames.COOKIE.contentEquals(name)) { // may come in pieces, RFC 9113 section 8.2.3
                cookies = cookies == null
                        ? new StringBuilder(value)
                        : cookies.append("; ").append(value);
            } else if (HttpHeaderNames.HOST.contentEquals(name)) {
                if (authority == null || !value.contentEquals(authority)) {
                    to.add(HttpHeaderNames.HOST, value); // a second one, which is refused
                }
            } else if (name.charAt(0) != ':') {
                to.add(name, value);
            }
        }
        if (cookies != null) {
            to.set(HttpHeaderNames.COOKIE, cookies.toString());
        }
    }

    // ---- what goes

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof HttpResponse response) {
            answer(ctx, response, response instanceof FullHttpResponse whole ? whole : null, promise);
        } else if (message instanceof HttpContent content) {
            ctx.write(new DefaultHttp2DataFrame(content.content(), content instanceof LastHttpContent), promise);
        } else {
            ctx.write(message, promise);
        }
    }

    private static void answer(
            ChannelHandlerContext ctx,
            HttpResponse response,
            @Nullable FullHttpResponse whole,
            ChannelPromise promise) {
        Http2Headers headers = HttpConversionUtil.toHttp2Headers(response, false);
        boolean informs = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
        if (whole == null || informs) {
            ReferenceCountUtil.release(response);
            ctx.write(new DefaultHttp2HeadersFrame(headers, false), promise);
        } else if (!whole.content().isReadable()) {
            whole.release();
            ctx.write(new DefaultHttp2HeadersFrame(headers, true), promise);
        } else {
            ctx.write(new DefaultHttp2HeadersFrame(headers, false));
            ctx.write(new DefaultHttp2DataFrame(whole.content(), true), promise);
        }
    }
}
