// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import org.jspecify.annotations.Nullable;

/** Responses as the codec wants them, with the headers that every answer has. */
final class HttpAnswer {

    private HttpAnswer() {}

    /**
     * An answer with its whole body.
     *
     * @param head what is answered, or null if it could not even be read
     * @param origin the origin of the page that asked, if it could be read
     * @param last whether the connection ends with it
     * @throws IllegalArgumentException if a header of the response cannot be written
     */
    static FullHttpResponse whole(
            Site site, @Nullable RequestHead head, @Nullable String origin, Response response, boolean last) {
        boolean bodiless = response.status() == 204 || response.status() == 304;
        boolean headOnly = head != null && head.method().equals("HEAD");
        ByteBuf content = bodiless || headOnly ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(response.body());
        var answer = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(response.status()), content);
        HttpHeaders headers = answer.headers();
        response.headers().forEach(headers::set);
        if (!response.contentType().isEmpty()) {
            headers.set(HttpHeaderNames.CONTENT_TYPE, response.contentType());
        }
        if (!bodiless && !(headOnly && response.contentType().equals(StreamHead.TYPE))) { // a stream has no length
            headers.set(HttpHeaderNames.CONTENT_LENGTH, response.body().length);
        }
        common(site, head, origin, headers, last);
        return answer;
    }

    /** The head of an answer whose body is written as it comes to be: in chunks, or over HTTP/1.0 until the connection ends. */
    static HttpResponse begun(Site site, RequestHead head, String contentType, boolean last) {
        var answer = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        answer.headers().set(HttpHeaderNames.CONTENT_TYPE, contentType);
        answer.headers().set(HttpHeaderNames.CACHE_CONTROL, "no-store");
        if (!head.http10()) {
            answer.headers().set(HttpHeaderNames.TRANSFER_ENCODING, "chunked");
        }
        common(site, head, head.header(HttpHeaderNames.ORIGIN), answer.headers(), last);
        return answer;
    }

    private static void common(
            Site site, @Nullable RequestHead head, @Nullable String origin, HttpHeaders headers, boolean last) {
        headers.set(HttpHeaderNames.DATE, HttpDate.now());
        headers.set("X-Content-Type-Options", "nosniff");
        site.cors().addHeaders(origin, head == null ? null : head.host(), headers);
        if (last) {
            headers.set(HttpHeaderNames.CONNECTION, "close");
        } else if (head != null && head.http10()) {
            headers.set(HttpHeaderNames.CONNECTION, "keep-alive");
        }
    }
}
