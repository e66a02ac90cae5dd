// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint behind the check of tokens: the caller is identified before anything is served, and before the body is looked at.
 *
 * @param inner what is served
 * @param tokens identifies callers
 * @param isStream whether it opens event streams, which may have their token in the query
 * @param isOurs whether an invalid token is refused at once; a program's endpoint gets the refusal when it asks for the caller
 */
record Guarded(Endpoint inner, Tokens tokens, boolean isStream, boolean isOurs) implements Endpoint {

    @Override
    public boolean isOpenEnded(RequestHead head) {
        return inner.isOpenEnded(head);
    }

    @Override
    public @Nullable BodyReader reader(Exchange exchange) {
        CompletableFuture<Identity> coming = tokens.identify(exchange.head(), isStream);
        if (coming.isDone()) {
            identified(exchange, coming.join());
            return inner.reader(exchange);
        }
        exchange.identified(Identity.of(Caller.EVERYBODY));
        if (inner.reader(exchange) != null) {
            throw Problems.unavailable("the keys of tokens are being fetched");
        }
        exchange.identifying(coming);
        return null;
    }

    private void identified(Exchange exchange, Identity identity) {
        exchange.identified(identity);
        if (isOurs) {
            identity.caller();
        }
    }

    @Override
    public void serve(Exchange exchange) {
        CompletableFuture<Identity> coming = exchange.identifying();
        if (coming == null) {
            inner.serve(exchange);
            return;
        }
        var unused = coming.thenAccept(identity -> exchange.onLoop(() -> {
            try {
                identified(exchange, identity);
                inner.serve(exchange);
            } catch (RuntimeException failure) {
                exchange.fail(failure);
            }
        }));
    }
}
