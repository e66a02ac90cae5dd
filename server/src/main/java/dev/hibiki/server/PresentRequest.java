// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import org.jspecify.annotations.Nullable;

/**
 * The request that a connection is busy with, from its head to its answer: which endpoint serves it, and whether that takes
 * the body as it comes or is served when the body is complete.
 */
final class PresentRequest {

    private final Exchange exchange;
    private final Endpoint endpoint;
    private final Endpoint.@Nullable BodyReader reader;
    private final @Nullable HttpProblem refusal;
    private final boolean openEnded;

    private PresentRequest(
            Exchange exchange,
            Endpoint endpoint,
            Endpoint.@Nullable BodyReader reader,
            @Nullable HttpProblem refusal,
            boolean openEnded) {
        this.exchange = exchange;
        this.endpoint = endpoint;
        this.reader = reader;
        this.refusal = refusal;
        this.openEnded = openEnded;
    }

    /**
     * Finds the endpoint of a request. A refusal is sent when the body has come, so that the connection can go on, unless
     * the body may go on for as long as its client likes.
     */
    static PresentRequest of(Exchange exchange, Site site) {
        boolean openEnded = false;
        try {
            Endpoint endpoint = site.route(exchange);
            openEnded = endpoint.isOpenEnded(exchange.head());
            return new PresentRequest(exchange, endpoint, endpoint.reader(exchange), null, openEnded);
        } catch (HttpProblem refused) {
            return new PresentRequest(exchange, failing -> failing.fail(refused), null, refused, openEnded);
        }
    }

    Exchange exchange() {
        return exchange;
    }

    /** What takes the body as it comes, or null. */
    Endpoint.@Nullable BodyReader reader() {
        return reader;
    }

    /** Why it will not be served, or null if it will. */
    @Nullable
    HttpProblem refusal() {
        return refusal;
    }

    /** Whether its body may go on for as long as its client likes. */
    boolean isOpenEnded() {
        return openEnded;
    }

    /** The body is complete. */
    void serve(byte[] body) {
        exchange.received(body);
        try {
            endpoint.serve(exchange);
        } catch (RuntimeException failure) {
            exchange.fail(failure);
        }
    }
}
