// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.Hub;

/**
 * Serves requests with a program's handler, on a worker.
 *
 * @param handler the program's
 * @param workers where it runs
 * @param hub what it is given to publish with
 */
record HandlerEndpoint(RequestHandler handler, Workers workers, Hub hub) implements Endpoint {

    @Override
    public void serve(Exchange exchange) {
        boolean taken = workers.run(() -> {
            try {
                exchange.answer(handler.handle(exchange.request(hub)));
            } catch (Throwable failure) {
                exchange.fail(failure);
            }
        });
        if (!taken) {
            exchange.refused(Refusals.Limit.QUEUE);
            exchange.fail(Problems.unavailable("too many requests wait for an answer"));
        }
    }
}
