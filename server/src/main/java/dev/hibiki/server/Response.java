// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;

/**
 * An HTTP response with its whole body. Immutable.
 *
 * @param status the HTTP status code
 * @param contentType the body's media type
 * @param headers further headers
 * @param body the body; not to be changed any more
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record Response(int status, String contentType, Map<String, String> headers, byte[] body) {

    public Response {
        headers = Map.copyOf(headers);
    }

    /** 200 with a value as JSON: a map, a list, a record, a number, a text. */
    public static Response json(Object value) {
        return json(200, value);
    }

    public static Response json(int status, Object value) {
        throw new UnsupportedOperationException();
    }

    /** 200 with plain text. */
    public static Response text(String text) {
        return new Response(200, "text/plain; charset=utf-8", Map.of(), text.getBytes(UTF_8));
    }
}
