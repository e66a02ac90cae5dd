// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

/**
 * A refusal that the client is told: an RFC 9457 problem document. Thrown by handlers; not an error of the server, so it is not logged as
 * one.
 */
public final class HttpProblem extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int status;
    private final String title;

    /**
     * A refusal with any status.
     *
     * @param status 400 to 599
     * @param title a short text, the same for every problem of this kind; also the document's {@code error}
     * @param detail what was wrong here and what is allowed
     */
    public HttpProblem(int status, String title, String detail) {
        super(detail, null, false, false);
        this.status = status;
        this.title = title;
    }

    /** 400, with the parameter and the rule in the detail. */
    public static HttpProblem badRequest(String detail) {
        return new HttpProblem(400, "Bad request", detail);
    }

    /** 404. */
    public static HttpProblem notFound(String detail) {
        return new HttpProblem(404, "Not found", detail);
    }

    public int status() {
        return status;
    }

    public String title() {
        return title;
    }
}
