// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What is served, and under what rules: all that the connections of one server share.
 *
 * @param router what serves which path
 * @param gate decides who is let in, or null where a key decides that
 * @param cors whose pages may read the answers
 * @param limits how much is taken
 * @param edge keeps one from taking the others' part
 * @param stopping whether the server is stopping: then each connection ends with its next answer, and only what changes nothing is served
 */
record Site(
        Router router, @Nullable DevelopmentGate gate, Cors cors, Limits limits, Edge edge, AtomicBoolean stopping) {

    /**
     * Finds what serves a request.
     *
     * @throws HttpProblem if nothing does, the request is not let in, or it would change something while the server is stopping
     */
    Endpoint route(Exchange exchange) {
        RequestHead head = exchange.head();
        if (gate != null) {
            gate.check(head);
        }
        head.checkEncoding();
        if (stopping.get() && head.isUnsafe()) {
            throw Problems.stopping();
        }
        Response preflight = cors.preflight(head);
        if (preflight != null) {
            return answered -> answered.answer(preflight);
        }
        if (head.method().equals("OPTIONS")) {
            return options(head);
        }
        Router.Found found = router.find(head.method(), head.target().segments());
        exchange.routed(found.parameters());
        return found.endpoint();
    }

    private Endpoint options(RequestHead head) {
        String allowed = head.target().text().equals("*")
                ? "GET, HEAD, POST, OPTIONS"
                : router.allowed(head.target().segments());
        if (allowed == null) {
            throw HttpProblem.notFound("nothing is served at this path");
        }
        var answer = new Response(204, "", Map.of("Allow", allowed), Response.NO_BODY);
        return exchange -> exchange.answer(answer);
    }
}
