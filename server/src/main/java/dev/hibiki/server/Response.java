// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;

/**
 * An HTTP response with its whole body. Immutable.
 *
 * <pre>{@code
 * return Response.json(201, Map.of("success", true));
 * }</pre>
 *
 * @param status the HTTP status code
 * @param contentType the body's media type; empty for no body
 * @param headers further headers
 * @param body the body; must not be changed any more
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record Response(int status, String contentType, Map<String, String> headers, byte[] body) {

    static final byte[] NO_BODY = new byte[0];

    public Response {
        headers = Map.copyOf(headers);
    }

    /** 200 with a value as JSON: a map, a list, a record, a number, a text. */
    public static Response json(Object value) {
        return json(200, value);
    }

    /** A value as JSON: a map, a list, a record, a number, a text. */
    public static Response json(int status, Object value) {
        return new Response(status, "application/json", Map.of(), Json.write(value));
    }

    /** 200 with plain text. */
    public static Response text(String text) {
        return new Response(200, "text/plain; charset=utf-8", Map.of(), text.getBytes(UTF_8));
    }
}
