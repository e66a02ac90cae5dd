// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.examples;

import dev.hibiki.hub.Hub;
import dev.hibiki.server.EventStream;
import dev.hibiki.server.Response;
import dev.hibiki.server.ServerConfig;
import java.time.Duration;
import java.time.ZoneId;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/** The hub's own calls in use: updates, a dashboard that is the same for everyone, notifications, and the progress of a task. */
final class Guide {

    private Guide() {}

    record Update(String message, long timestamp) {}

    record Value(double value) {}

    record Accepted(boolean success, String taskId, String id) {}

    static void serve(ServerConfig config, ZoneId zone) {
        config.presence("dashboard");
        config.apiStreams(Guide::updates);
        config.onStart(server -> dashboard(server.hub()));
        config.post("/api/process", request -> {
            Body body = Body.of(request);
            String clientId = body.text("clientId", 64);
            int steps = body.whole("steps", 10, 1, 1000);
            int stepMillis = body.whole("stepMillis", 1000, 1, 60_000);
            var task = new ProgressTask(request.hub(), UUID.randomUUID().toString(), clientId);
            var before = task.start(steps, Duration.ofMillis(stepMillis));
            return Response.json(202, new Accepted(true, task.id(), before.toString()));
        });
    }

    /** Gives a stream of the hub that asks for no channel something to show. */
    private static void updates(EventStream stream) {
        boolean plain = stream.request().path().equals("/api/events")
                && stream.request().queryAll("channel").isEmpty();
        if (plain) {
            stream.nowAndEvery(
                    Duration.ofSeconds(5), () -> Json.event(new Update("Update", System.currentTimeMillis())));
        }
    }

    /** Published once and fanned out by the hub; it ends with the hub. */
    private static void dashboard(Hub hub) {
        hub.publishEvery("dashboard", Duration.ofSeconds(2), () -> {
            double value = ThreadLocalRandom.current().nextInt(0, 10_000) / 100.0;
            return Json.event(new Value(value));
        });
    }
}
