// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.Hub;
import dev.hibiki.hub.StreamRequest;
import dev.hibiki.hub.UnknownClientException;
import dev.hibiki.log.EventId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The part of the hub's HTTP interface that opens streams, and changes what they read. */
final class StreamApi {

    private static final Set<String> CHANGE = Set.of("clientId", "channel");

    private final Hub hub;
    private final @Nullable TokenLives lives;
    private final Function<Function<Request, StreamRequest>, Endpoint> streams;

    /**
     * The part for a hub.
     *
     * @param lives the streams and their tokens, or null on a server without a key
     * @param streams makes the endpoint of streams that ask for what a request says
     */
    StreamApi(Hub hub, @Nullable TokenLives lives, Function<Function<Request, StreamRequest>, Endpoint> streams) {
        this.hub = hub;
        this.lives = lives;
        this.streams = streams;
    }

    /** @param guard puts an endpoint behind the check of tokens, where there is one */
    void addTo(Router router, UnaryOperator<Endpoint> guard) {
        router.add("GET", "/api/events", guard.apply(streams.apply(request -> asked(request, List.of()))));
        router.add(
                "GET",
                "/api/events/{channel...}",
                guard.apply(streams.apply(request -> asked(request, List.of(request.path("channel"))))));
        router.add("POST", "/api/events/subscribe", guard.apply(exchange -> change(exchange, true, hub::subscribe)));
        router.add(
                "POST", "/api/events/unsubscribe", guard.apply(exchange -> change(exchange, false, hub::unsubscribe)));
    }

    private static StreamRequest asked(Request request, List<String> channels) {
        var all = new ArrayList<>(channels);
        all.addAll(request.queryAll("channel"));
        Caller caller = request.caller();
        caller.requireReader();
        all.forEach(caller::requireRead);
        String userId = request.query("userId");
        String username = request.query("username");
        if (!caller.isUnbounded()) {
            if (userId != null && !userId.equals(caller.userId())) {
                throw caller.refused("userId: is another user (expected: the token's, or none)");
            }
            userId = caller.userId();
            username = userId == null ? null : caller.username() != null ? caller.username() : username;
        }
        return new StreamRequest(
                all,
                StreamRequest.Greeting.CONNECTED,
                request.query("clientId"),
                userId,
                member(userId, username),
                StreamStart.of(request, System.currentTimeMillis()),
                caller.subscribe());
    }

    /** The user to tell of as present, known by an id, a name, or both. */
    private static StreamRequest.@Nullable Member member(@Nullable String userId, @Nullable String username) {
        if (userId == null && username == null) {
            return null;
        }
        String id = userId != null ? userId : String.valueOf(username);
        return new StreamRequest.Member(id, username != null ? username : id);
    }

    /** The id of a client is a secret, but it grants no more than a token does: the stream must be the caller's, or the caller an admin. */
    private void check(Caller caller, String clientId, @Nullable String added) {
        if (lives == null) {
            return;
        }
        TokenLives.Life life = lives.ofClient(clientId);
        if (life == null) {
            throw new UnknownClientException();
        }
        if (!life.isOf(caller) && !caller.isAdmin()) {
            throw caller.refused("clientId: is another user's (expected: a stream of the token's user)");
        }
        if (added != null) {
            if (!caller.isAdmin()) {
                caller.requireRead(added);
            }
            life.caller().requireRead(added);
        }
    }

    private void change(Exchange exchange, boolean adds, BiFunction<String, String, CompletableFuture<EventId>> call) {
        PublishApi.answer(exchange, () -> {
            exchange.caller().requireReader();
            Json.checkType(exchange.head().header("content-type"));
            PublishBody body = PublishBody.object(Json.text(exchange.body()), CHANGE);
            String clientId = body.required("clientId");
            String channel = body.required("channel");
            check(exchange.caller(), clientId, adds ? channel : null);
            return call.apply(clientId, channel).thenApply(id -> Response.json(Json.success("id", id.toString())));
        });
    }
}
