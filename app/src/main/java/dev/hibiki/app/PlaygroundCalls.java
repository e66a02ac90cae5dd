// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.hub.EndReason;
import dev.hibiki.server.Request;
import dev.hibiki.server.Response;
import dev.hibiki.server.ServerConfig;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * The calls of the playground's buttons, which break a stream on purpose: {@code POST /playground/{clientId}/end|cut|freeze?ms=}. Each
 * is answered once it is done; a client that has no stream is the server's 404.
 */
final class PlaygroundCalls {

    private static final double LONGEST_FREEZE_MS = 60_000;
    private static final double USUAL_FREEZE_MS = 5_000;

    private PlaygroundCalls() {}

    static void mount(ServerConfig config) {
        config.post("/playground/{clientId}/end", request -> end(request, EndReason.ENDED))
                .post("/playground/{clientId}/cut", request -> end(request, EndReason.CUT))
                .post("/playground/{clientId}/freeze", PlaygroundCalls::freeze);
    }

    private static Response end(Request request, EndReason reason) {
        return done(request.hub().end(request.path("clientId"), reason));
    }

    private static Response freeze(Request request) {
        double millis = request.number("ms", USUAL_FREEZE_MS, 1, LONGEST_FREEZE_MS);
        return done(request.hub().freeze(request.path("clientId"), Duration.ofMillis((long) millis)));
    }

    private static Response done(CompletableFuture<Void> call) {
        call.join();
        return Response.json(Map.of("success", true));
    }
}
