// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.Hub;
import dev.hibiki.hub.StreamRequest;
import dev.hibiki.log.EventId;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The part of the hub's HTTP interface that opens streams, and changes what they read. */
final class StreamApi {

    private static final Set<String> CHANGE = Set.of("clientId", "channel");

    private final Hub hub;
    private final Function<Function<Request, StreamRequest>, Endpoint> streams;

    /** @param streams makes the endpoint of streams that ask for what a request says */
    StreamApi(Hub hub, Function<Function<Request, StreamRequest>, Endpoint> streams) {
        this.hub = hub;
        this.streams = streams;
    }

    void addTo(Router router) {
        router.add("GET", "/api/events", streams.apply(request -> asked(request, List.of())));
        router.add(
                "GET",
                "/api/events/{channel...}",
                streams.apply(request -> asked(request, List.of(request.path("channel")))));
        router.add("POST", "/api/events/subscribe", exchange -> change(exchange, hub::subscribe));
        router.add("POST", "/api/events/unsubscribe", exchange -> change(exchange, hub::unsubscribe));
    }

    private static StreamRequest asked(Request request, List<String> channels) {
        var all = new ArrayList<>(channels);
        all.addAll(request.queryAll("channel"));
        String userId = request.query("userId");
        return new StreamRequest(
                all,
                StreamRequest.Greeting.CONNECTED,
                request.query("clientId"),
                userId,
                member(userId, request.query("username")),
                StreamStart.of(request, System.currentTimeMillis()));
    }

    /** Who is told of as present: whoever has an id, a name, or both. */
    private static StreamRequest.@Nullable Member member(@Nullable String userId, @Nullable String username) {
        if (userId == null && username == null) {
            return null;
        }
        String id = userId != null ? userId : String.valueOf(username);
        return new StreamRequest.Member(id, username != null ? username : id);
    }

    private static void change(Exchange exchange, BiFunction<String, String, CompletableFuture<EventId>> call) {
        PublishApi.answer(exchange, () -> {
            Json.checkType(exchange.head().header("content-type"));
            PublishBody body = PublishBody.object(Json.text(exchange.body()), CHANGE);
            return call.apply(body.required("clientId"), body.required("channel"))
                    .thenApply(id -> Response.json(Json.success("id", id.toString())));
        });
    }
}
