// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.server.HttpProblem;
import dev.hibiki.server.Request;
import dev.hibiki.server.Response;
import dev.hibiki.server.ServerConfig;
import java.time.Duration;
import java.util.Map;

/** The calls of the playground's buttons, which break a stream on purpose: {@code POST /playground/{clientId}/end|cut|freeze?ms=}. */
final class PlaygroundCalls {

    private static final double LONGEST_FREEZE_MS = 60_000;
    private static final double USUAL_FREEZE_MS = 5_000;

    private final StreamBreaker breaker;

    PlaygroundCalls(StreamBreaker breaker) {
        this.breaker = breaker;
    }

    void mount(ServerConfig config) {
        config.post("/playground/{clientId}/end", request -> answer(request, breaker.end(clientId(request))))
                .post("/playground/{clientId}/cut", request -> answer(request, breaker.cut(clientId(request))))
                .post("/playground/{clientId}/freeze", request -> {
                    double millis = request.number("ms", USUAL_FREEZE_MS, 1, LONGEST_FREEZE_MS);
                    return answer(request, breaker.freeze(clientId(request), Duration.ofMillis((long) millis)));
                });
    }

    private static String clientId(Request request) {
        return request.path("clientId");
    }

    private static Response answer(Request request, boolean found) {
        if (!found) {
            throw new HttpProblem(
                    404, "Client not found", "clientId: " + clientId(request) + " (expected: an open stream)");
        }
        return Response.json(Map.of("success", true));
    }
}
