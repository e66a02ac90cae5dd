// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.UnknownClientException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/** The part of the hub's HTTP interface that is about tokens, on a server that has a key: to prolong a stream, and to revoke. */
final class TokenApi {

    private static final Set<String> CLIENT = Set.of("clientId");
    private static final Set<String> REVOKED = Set.of("userId", "tokenId");

    private final TokenLives lives;
    private final Revocations revocations;

    TokenApi(TokenLives lives, Revocations revocations) {
        this.lives = lives;
        this.revocations = revocations;
    }

    /** @param guard puts an endpoint behind the check of tokens, where there is one */
    void addTo(Router router, UnaryOperator<Endpoint> guard) {
        router.add(
                "POST",
                "/api/events/token",
                guard.apply(exchange -> PublishApi.answer(exchange, () -> prolong(exchange))));
        router.add("POST", "/api/revoke", guard.apply(exchange -> PublishApi.answer(exchange, () -> revoke(exchange))));
    }

    private static PublishBody body(Exchange exchange, Set<String> members) {
        Json.checkType(exchange.head().header("content-type"));
        return PublishBody.object(Json.text(exchange.body()), members);
    }

    private CompletableFuture<Response> prolong(Exchange exchange) {
        Caller caller = exchange.caller();
        caller.requireToken();
        TokenLives.Life life = lives.ofClient(body(exchange, CLIENT).required("clientId"));
        if (life == null) {
            throw new UnknownClientException();
        }
        if (!life.isOf(caller)) {
            throw caller.refused("clientId: is another user's (expected: a stream of the token's user)");
        }
        life.prolong(caller);
        long end = life.endMillis();
        Map<String, Object> answer = Json.success("clientId", life.clientId());
        if (end != Long.MAX_VALUE) {
            answer.put("expiresAt", end);
        }
        return CompletableFuture.completedFuture(Response.json(answer));
    }

    private CompletableFuture<Response> revoke(Exchange exchange) {
        exchange.caller().requireAdmin();
        PublishBody body = body(exchange, REVOKED);
        String userId = body.optional("userId");
        String tokenId = body.optional("tokenId");
        if ((userId == null) == (tokenId == null)) {
            throw HttpProblem.badRequest(
                    "body: names " + (userId == null ? "nothing" : "both") + " (expected: either userId or tokenId)");
        }
        if (revocations.isFull()) {
            throw Problems.unavailable("there are " + Revocations.MOST + " revocations, and no more fit");
        }
        if (userId != null) {
            revocations.revokeUser(userId, System.currentTimeMillis() / 1000);
        } else if (tokenId != null) {
            revocations.revokeToken(tokenId);
        }
        return CompletableFuture.completedFuture(Response.json(Json.success("ended", lives.endRevoked())));
    }
}
