// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.EndReason;
import dev.hibiki.hub.Hub;
import dev.hibiki.hub.StreamRequest;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Serves event streams: the handlers set the stream up on a worker, then it opens. Without a handler it opens at once.
 *
 * @param asks what the request itself asks the hub for, or null for a stream that only its handler describes
 */
record StreamEndpoint(
        StreamOpening opening,
        Hub hub,
        Ticks ticks,
        Workers workers,
        List<StreamHandler> handlers,
        @Nullable Function<Request, StreamRequest> asks)
        implements Endpoint {

    StreamEndpoint {
        handlers = List.copyOf(handlers);
    }

    @Override
    public void serve(Exchange exchange) {
        StreamRequest asked = asks == null ? null : asks.apply(exchange.request(hub));
        if (asked != null && !isPossible(exchange, asked)) {
            return;
        }
        if (exchange.head().method().equals("HEAD")) {
            exchange.answer(new Response(200, StreamHead.TYPE, StreamHead.HEADERS, Response.NO_BODY));
            return;
        }
        if (asked != null && handlers.isEmpty()) {
            opening.open(exchange, asked, null);
            return;
        }
        var stream = new ProgramStream(exchange, hub, ticks, workers);
        exchange.whenGone(() -> stream.ended(EndReason.CLIENT_GONE));
        if (!opening.hasRoom(asked) || !workers.run(() -> prepare(exchange, stream, asked))) {
            opening.refuse(exchange);
        }
    }

    private boolean isPossible(Exchange exchange, StreamRequest asked) {
        try {
            hub.check(asked);
            return true;
        } catch (IllegalArgumentException refused) {
            exchange.failByHub(refused);
            return false;
        }
    }

    private void prepare(Exchange exchange, ProgramStream stream, @Nullable StreamRequest asked) {
        try {
            for (StreamHandler handler : handlers) {
                handler.open(stream);
            }
        } catch (Throwable failure) {
            exchange.onLoop(() -> stream.ended(EndReason.FAILED));
            exchange.fail(failure);
            return;
        }
        exchange.onLoop(() -> {
            if (!opens(exchange, stream, asked)) {
                stream.ended(EndReason.CLIENT_GONE);
            }
        });
    }

    private boolean opens(Exchange exchange, ProgramStream stream, @Nullable StreamRequest asked) {
        StreamRequest whole;
        try {
            whole = stream.asked(asked);
        } catch (HttpProblem refused) {
            exchange.fail(refused);
            return false;
        }
        return opening.open(exchange, whole, stream);
    }
}
