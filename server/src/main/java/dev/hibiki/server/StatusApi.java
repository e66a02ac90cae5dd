// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.ChannelStatus;
import dev.hibiki.hub.Hub;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The part of the hub's HTTP interface that shows its state: channels, liveness, readiness. */
final class StatusApi {

    private final Hub hub;
    private final AtomicBoolean stopping;
    private final Supplier<@Nullable String> trouble;

    /** @param trouble says why the server is not ready, or null if it knows no reason */
    StatusApi(Hub hub, AtomicBoolean stopping, Supplier<@Nullable String> trouble) {
        this.hub = hub;
        this.stopping = stopping;
        this.trouble = trouble;
    }

    /** @param guard puts an endpoint behind the check of tokens, where there is one */
    void addTo(Router router, UnaryOperator<Endpoint> guard) {
        router.add(
                "GET",
                "/api/channels",
                guard.apply(exchange -> PublishApi.answer(exchange, () -> {
                    exchange.caller().requireAdmin();
                    return hub.channels().thenApply(this::all);
                })));
        router.add(
                "GET",
                "/api/channels/{channel...}",
                guard.apply(exchange -> PublishApi.answer(exchange, () -> {
                    exchange.caller().requireAdmin();
                    return hub.channel(exchange.path("channel")).thenApply(status -> Response.json(one(status)));
                })));
        addHealth(router);
    }

    /** The part of it that everybody may see. */
    void addHealth(Router router) {
        router.add("GET", "/healthz", exchange -> exchange.answer(Response.json(Map.of("status", "ok"))));
        router.add("GET", "/readyz", this::readiness);
    }

    private void readiness(Exchange exchange) {
        String reason = stopping.get() ? null : trouble.get();
        if (stopping.get()) {
            exchange.fail(Problems.stopping());
        } else if (reason != null) {
            exchange.fail(Problems.unavailable("not ready: " + reason));
        } else {
            exchange.answer(Response.json(Map.of("status", "ready")));
        }
    }

    private Response all(List<ChannelStatus> channels) {
        var answer = new LinkedHashMap<String, Object>();
        answer.put("streams", hub.openStreams());
        answer.put("channels", channels.stream().map(StatusApi::one).toList());
        return Response.json(answer);
    }

    private static Map<String, Object> one(ChannelStatus status) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("channel", status.channel());
        fields.put("streams", status.streams());
        fields.put("users", status.users());
        fields.put(
                "lastEventId",
                status.lastEventId() == null ? null : status.lastEventId().toString());
        return fields;
    }
}
