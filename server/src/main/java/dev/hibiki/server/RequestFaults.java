// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import org.jspecify.annotations.Nullable;

/** The refusals of requests that reach no endpoint; those because of a limit are counted. */
final class RequestFaults {

    private final Site site;

    RequestFaults(Site site) {
        this.site = site;
    }

    /** @param inHead whether the head has not come as a whole */
    HttpProblem malformed(Throwable cause, boolean inHead) {
        if (cause instanceof TooLongHttpLineException && inHead) { // else it is that of a chunk
            count(Refusals.Limit.REQUEST_LINE);
            return new HttpProblem(
                    414, "URI too long", "request line: is too long (expected: at most limits.request-line)");
        }
        if (cause instanceof TooLongHttpHeaderException) {
            count(Refusals.Limit.HEADERS);
            return new HttpProblem(
                    431, "Request header fields too large", "headers: are too long (expected: at most limits.headers)");
        }
        return HttpProblem.badRequest("request: is malformed (expected: HTTP/1.1 as in RFC 9112, or HTTP/2)");
    }

    /** What is wrong with what a client expects before it sends its body, or null. */
    @Nullable
    static HttpProblem expectation(HttpRequest message) {
        return "100-continue".equalsIgnoreCase(message.headers().get(HttpHeaderNames.EXPECT))
                ? null
                : new HttpProblem(417, "Expectation failed", "expect: is unknown (expected: 100-continue)");
    }

    HttpProblem tooLarge() {
        count(Refusals.Limit.BODY);
        return new HttpProblem(
                413,
                "Content too large",
                "body: is too long (expected: at most " + site.limits().body() + " bytes)");
    }

    HttpProblem tooSlow() {
        count(Refusals.Limit.REQUEST_TIME);
        return new HttpProblem(
                408, "Request timeout", "request: took too long (expected: at most limits.request-time)");
    }

    private void count(Refusals.Limit limit) {
        site.edge().refusals().add(limit);
    }
}
