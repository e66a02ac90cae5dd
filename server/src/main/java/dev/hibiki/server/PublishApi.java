// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.Grant;
import dev.hibiki.hub.Hub;
import dev.hibiki.log.EventId;
import dev.hibiki.log.Publication;
import io.netty.buffer.ByteBufUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The part of the hub's HTTP interface that takes events: to a channel, to everyone, to a user, to a client. Each is
 * answered once it is as durable as the log promises. Runs on the loops, which the hub never blocks.
 */
final class PublishApi {

    private static final String BROADCAST = "broadcast";
    private static final Set<String> EVENT = Set.of("event", "data");
    private static final Set<String> PUBLICATION = Set.of("channel", "event", "data", "key");

    private final Hub hub;
    private final int maxLine;
    private final PublishFigures figures;
    private final Edge edge;

    PublishApi(Hub hub, Limits limits, PublishFigures figures, Edge edge) {
        this.edge = edge;
        this.hub = hub;
        this.figures = figures;
        this.maxLine = limits.body();
    }

    /** @param guard puts an endpoint behind the check of tokens, where there is one */
    void addTo(Router router, UnaryOperator<Endpoint> guard) {
        router.add("POST", "/api/publish", guard.apply(new Publish()));
        router.add(
                "POST",
                "/api/broadcast",
                guard.apply(exchange -> one(exchange, id -> BROADCAST, (id, event) -> hub.broadcast(event))));
        router.add(
                "POST",
                "/api/notify/{id}",
                guard.apply(exchange -> one(exchange, Grant::userChannel, hub::notifyUser)));
        router.add("POST", "/api/send/{id}", guard.apply(exchange -> one(exchange, Grant::clientChannel, hub::send)));
    }

    /** One event for the user or client that the path names; the channel is what a token must grant for it. */
    private void one(
            Exchange exchange,
            UnaryOperator<String> channel,
            BiFunction<String, SseEvent, CompletableFuture<EventId>> publish) {
        answer(exchange, () -> {
            exchange.caller().requirePublish(channel.apply(exchange.path("id")));
            PublishBody body = PublishBody.object(json(exchange), EVENT);
            return figures.watch(1, () -> {
                        edge.rate().take(exchange.rateKey(), 1);
                        return publish.apply(exchange.path("id"), event(exchange, body));
                    })
                    .thenApply(PublishApi::published);
        });
    }

    /** The event that a body describes, if it is not too large. */
    private SseEvent event(Exchange exchange, PublishBody body) {
        SseEvent event = body.event();
        int bytes = ByteBufUtil.utf8Bytes(event.data());
        if (bytes > edge.shares().event()) {
            exchange.refused(Refusals.Limit.EVENT);
            throw new HttpProblem(
                    413,
                    "Content too large",
                    "data: has " + bytes + " bytes (expected: at most "
                            + edge.shares().event() + ")");
        }
        return event;
    }

    private static String json(Exchange exchange) {
        Json.checkType(exchange.head().header("content-type"));
        return Json.text(exchange.body());
    }

    private static Response published(EventId id) {
        return Response.json(Json.success("id", id.toString()));
    }

    /** A call of the hub, whose result answers the exchange. */
    interface Call {
        CompletableFuture<Response> make();
    }

    /** Makes a call of the hub, and answers with its result. */
    static void answer(Exchange exchange, Call call) {
        CompletableFuture<Response> coming;
        try {
            coming = call.make();
        } catch (RuntimeException refused) {
            exchange.failByHub(refused);
            return;
        }
        var unused = coming.whenComplete((response, failure) -> {
            if (failure != null) {
                exchange.failByHub(failure);
            } else {
                exchange.answer(response);
            }
        });
    }

    private CompletableFuture<EventId> publish(Exchange exchange, PublishBody body, Publication.@Nullable Key key) {
        exchange.caller().requirePublish(channelOf(body));
        return figures.watch(1, () -> {
            edge.rate().take(exchange.rateKey(), 1);
            return hub.publish(body.optional("channel"), event(exchange, body), key);
        });
    }

    private static String channelOf(PublishBody body) {
        String channel = body.optional("channel");
        return channel == null ? BROADCAST : channel;
    }

    /**
     * Publishes line after line. A publisher that is too fast is not refused, since the next line would be taken before this one,
     * but slowed down.
     */
    private record Lines(PublishApi api, Exchange exchange, PublishKeys keys) implements PublishLines.LinePublisher {

        @Override
        public CompletableFuture<EventId> publish(byte[] line, long number) {
            PublishBody body = PublishBody.object(Json.text(line), PUBLICATION);
            exchange.caller().requirePublish(channelOf(body));
            api.edge.rate().charge(exchange.rateKey(), 1);
            return api.figures.watch(
                    1,
                    () -> api.hub.publish(
                            body.optional("channel"), api.event(exchange, body), keys.ofNumber(body, number)));
        }

        @Override
        public long pauseNanos() {
            return api.edge.rate().pauseNanos(exchange.rateKey());
        }
    }

    /** An object, an array that is one batch, or lines that are published as they come. */
    private final class Publish implements Endpoint {

        @Override
        public void serve(Exchange exchange) {
            answer(exchange, () -> {
                exchange.caller().requireToken();
                String text = json(exchange);
                PublishKeys keys = PublishKeys.of(exchange.head());
                if (PublishBody.isArray(text)) {
                    return batch(exchange, text, keys);
                }
                PublishBody body = PublishBody.object(text, PUBLICATION);
                return publish(exchange, body, keys.ofOnly(body)).thenApply(PublishApi::published);
            });
        }

        private CompletableFuture<Response> batch(Exchange exchange, String text, PublishKeys keys) {
            var messages = new ArrayList<Hub.Message>();
            List<PublishBody> bodies = PublishBody.array(text, PUBLICATION);
            for (int i = 0; i < bodies.size(); i++) {
                exchange.caller().requirePublish(channelOf(bodies.get(i)));
                try {
                    PublishBody body = bodies.get(i);
                    messages.add(
                            new Hub.Message(body.optional("channel"), event(exchange, body), keys.ofNumber(body, i)));
                } catch (HttpProblem refused) {
                    throw new HttpProblem(refused.status(), refused.title(), "[" + i + "] " + refused.detail());
                } catch (IllegalArgumentException refused) {
                    throw HttpProblem.badRequest("[" + i + "] " + refused.getMessage());
                }
            }
            if (messages.isEmpty()) {
                throw HttpProblem.badRequest("body: is an empty array (expected: at least one event)");
            }
            return figures.watch(messages.size(), () -> {
                        edge.rate().take(exchange.rateKey(), messages.size());
                        return hub.publish(messages);
                    })
                    .thenApply(ids -> Response.json(Json.success(
                            "ids", ids.stream().map(EventId::toString).toList())));
        }

        @Override
        public boolean isOpenEnded(RequestHead head) {
            String type = head.header("content-type");
            return type != null && Json.mediaType(type).equals(PublishLines.TYPE);
        }

        @Override
        public @Nullable BodyReader reader(Exchange exchange) {
            if (!isOpenEnded(exchange.head())) {
                return null;
            }
            exchange.caller().requireToken();
            edge.rate().take(exchange.rateKey(), 0);
            return new PublishLines(
                    exchange, maxLine, new Lines(PublishApi.this, exchange, PublishKeys.of(exchange.head())));
        }
    }
}
