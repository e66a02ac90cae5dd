// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint behind the check of tokens: whoever is served has been identified before, and before anything of the body is looked at.
 *
 * @param inner what is served
 * @param tokens who knows whom
 * @param isStream whether it opens event streams, which may have their token in the query
 * @param isOurs whether a token that is not believed is refused at once; a program's endpoint is told when it asks who it is
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
