// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.examples;

import dev.hibiki.event.SseEvent;
import dev.hibiki.server.EventStream;
import dev.hibiki.server.HttpProblem;
import dev.hibiki.server.ServerConfig;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.atomic.AtomicLong;

/** Three streams, each a feed of its own: the server's time, its health, and whatever the client asks it to say. */
final class Echo {

    private Echo() {}

    static void serve(ServerConfig config, ZoneId zone) {
        var clock = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").withZone(zone);
        config.stream(
                "/events",
                stream -> stream.every(Duration.ofSeconds(2), () -> SseEvent.of(clock.format(Instant.now()))));
        config.stream(
                "/events/system",
                stream -> stream.every(
                        Duration.ofSeconds(5),
                        () -> Json.event(
                                "system-info",
                                SystemInfo.now(
                                        clock.format(Instant.now()),
                                        stream.hub().openStreams()))));
        SystemInfo.begin();
        config.stream("/events/custom", Echo::custom);
    }

    private static void custom(EventStream stream) {
        String message = stream.query("message", "Default message");
        String type = publicType(stream.query("event", "custom-event"));
        double seconds = stream.request().number("interval", 3, 0.1, 3600);
        var count = new AtomicLong();
        stream.every(
                Duration.ofMillis(Math.round(seconds * 1000)),
                () -> SseEvent.of(type, message + " (#" + count.incrementAndGet() + ")"));
    }

    private static String publicType(String type) {
        if (type.equals("error") || type.equals("open") || type.startsWith("hibiki.")) {
            throw HttpProblem.badRequest(
                    "event: " + type + " (expected: none of the reserved types error, open and hibiki.*)");
        }
        try {
            SseEvent.of(type, "");
        } catch (IllegalArgumentException refused) {
            throw HttpProblem.badRequest(String.valueOf(refused.getMessage()));
        }
        return type;
    }
}
