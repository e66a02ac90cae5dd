// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.util.Map;
import java.util.TreeMap;

/**
 * A refusal that the client is told, as an RFC 9457 problem document. Thrown by handlers; it is not an error of the server,
 * so it is not logged as one.
 *
 * <pre>{@code
 * if (content.isBlank()) {
 *     throw HttpProblem.badRequest("content: is blank (expected: 1 to 2000 characters)");
 * }
 * }</pre>
 */
public final class HttpProblem extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final String title;
    private final Map<String, String> headers;

    /**
     * A refusal with any status.
     *
     * @param status 400 to 599
     * @param title a short text, the same for every problem of this kind; also the member {@code error} of the document
     * @param detail what was wrong here and what is allowed
     * @throws IllegalArgumentException if the status is not that of an error
     */
    public HttpProblem(int status, String title, String detail) {
        this(status, title, detail, new TreeMap<>());
    }

    private HttpProblem(int status, String title, String detail, Map<String, String> headers) {
        super(detail, null, false, false);
        if (status < 400 || status > 599) {
            throw new IllegalArgumentException("status: " + status + " (expected: 400 to 599)");
        }
        this.status = status;
        this.title = title;
        this.headers = headers;
    }

    /** 400, with the parameter and the rule in the detail. */
    public static HttpProblem badRequest(String detail) {
        return new HttpProblem(400, "Bad request", detail);
    }

    /** 404. */
    public static HttpProblem notFound(String detail) {
        return new HttpProblem(404, "Not found", detail);
    }

    /** The same refusal with one more header, such as {@code Retry-After}. */
    public HttpProblem withHeader(String name, String value) {
        var more = new TreeMap<>(headers);
        more.put(name, value);
        return new HttpProblem(status, title, detail(), more);
    }

    public int status() {
        return status;
    }

    public String title() {
        return title;
    }

    /** What was wrong here and what is allowed. */
    public String detail() {
        String detail = getMessage();
        return detail == null ? "" : detail;
    }

    Map<String, String> headers() {
        return headers;
    }
}
