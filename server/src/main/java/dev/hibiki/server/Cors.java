// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which pages of other origins may read what is answered (CORS, the Fetch standard section 3.2).
 *
 * <p>A browser asks with a preflight before it sends what a form could not, and looks at every answer, also at errors and streams:
 * without these headers a page sees a failure and no status. Pages that are trusted, because their origin was named or development mode
 * knows them as this machine's, may send credentials; if every page may read, then without them. {@code Vary: Origin} is on each
 * answer, whoever asks, or a cache would show one page the answer for another.
 */
final class Cors {

    private static final Map<String, String> PREFLIGHT = Map.of(
            "Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
            "Access-Control-Allow-Headers",
                    "last-event-id, content-type, authorization, idempotency-key, cache-control",
            "Access-Control-Max-Age", "86400");

    /** Those of our headers that a page may see, besides the few that it always may. */
    private static final String EXPOSED = "Retry-After, ETag, Allow, WWW-Authenticate";

    private final Origins named;
    private final @Nullable DevelopmentGate development;

    /** @param development knows pages that need not be named, or null in production */
    Cors(Origins named, @Nullable DevelopmentGate development) {
        this.named = named;
        this.development = development;
    }

    /**
     * The answer to a preflight, or null if the request is none.
     *
     * @throws HttpProblem 403 if it comes from a page that may not read the answers
     */
    @Nullable
    Response preflight(RequestHead head) {
        String origin = head.header(HttpHeaderNames.ORIGIN);
        if (!head.method().equals("OPTIONS")
                || origin == null
                || !head.headers().contains(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD)) {
            return null;
        }
        if (!named.every() && !isTrusted(origin, head.host())) {
            throw new HttpProblem(
                    403,
                    "Forbidden",
                    "origin: is foreign (expected: one that cors.origin names"
                            + (development == null ? ")" : ", or a page of this machine)"));
        }
        return new Response(204, "", PREFLIGHT, Response.NO_BODY);
    }

    /**
     * Adds what lets a page read the answer.
     *
     * @param origin where the page comes from, as far as the request says so
     * @param host the host of the request, as far as it is known
     */
    void addHeaders(@Nullable String origin, @Nullable String host, HttpHeaders answer) {
        answer.add(HttpHeaderNames.VARY, "Origin");
        if (origin == null) {
            return;
        }
        if (isTrusted(origin, host)) {
            answer.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            answer.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        } else if (named.every()) {
            answer.set(HttpHeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        } else {
            return;
        }
        answer.set(HttpHeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }

    /** Whether pages of an origin may act for their user here: send credentials, and change things. */
    boolean isTrusted(String origin, @Nullable String host) {
        return named.names(origin) || (development != null && development.isOwnPage(origin, host));
    }
}
