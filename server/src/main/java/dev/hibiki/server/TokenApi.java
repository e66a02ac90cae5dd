// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.Revocation;
import dev.hibiki.hub.Revocations;
import dev.hibiki.hub.UnknownClientException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/** The part of the hub's HTTP interface that is about tokens, on a server that has a key: to prolong a stream, and to revoke. */
final class TokenApi {

    private static final Set<String> CLIENT = Set.of("clientId");
    private static final Set<String> REVOKED = Set.of("userId", "tokenId", "exp");

    /** How much longer than a token a revocation is kept: for clocks that differ, or are set back. */
    private static final Duration AFTERWARDS = Duration.ofDays(1);

    /** The year 5138: a larger number must be milliseconds by mistake. */
    private static final long LAST_SECOND = 100_000_000_000L;

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
        Revocation revocation = userId != null
                ? Revocation.ofUser(userId, System.currentTimeMillis() / 1000, endMillis(body))
                : Revocation.ofToken(body.required("tokenId"), endMillis(body));
        long ended = lives.concernedBy(revocation);
        return revocations
                .revoke(revocation)
                .thenApplyAsync(
                        place -> {
                            lives.endRevoked();
                            return Response.json(Json.success("ended", ended));
                        },
                        exchange.channel().eventLoop());
    }

    /** Until when it is to be kept. */
    private static long endMillis(PublishBody body) {
        String exp = body.optional("exp");
        if (exp == null) {
            return Long.MAX_VALUE;
        }
        if (!exp.matches("[0-9]{1,12}") || Long.parseLong(exp) > LAST_SECOND) {
            throw HttpProblem.badRequest("exp: " + (exp.length() > 20 ? exp.length() + " characters" : exp)
                    + " (expected: when the token ends, seconds since 1970)");
        }
        return Duration.ofSeconds(Long.parseLong(exp)).plus(AFTERWARDS).toMillis();
    }
}
