// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.examples;

import dev.hibiki.event.SseEvent;
import dev.hibiki.server.ServerConfig;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** Two kinds of events on one stream: each second a {@code ping}, and after some of them a message of the default type. */
final class Ping {

    private Ping() {}

    static void serve(ServerConfig config, ZoneId zone) {
        var clock = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ssxxx").withZone(zone);
        config.stream("/sse", stream -> {
            var untilMessage = new AtomicInteger(aFew());
            stream.nowAndEvery(Duration.ofSeconds(1), out -> {
                String time = clock.format(Instant.now());
                out.send(SseEvent.of("ping", "{\"time\":\"" + time + "\"}"));
                if (untilMessage.decrementAndGet() == 0) {
                    out.send(SseEvent.of("This is a message at time " + time));
                    untilMessage.set(aFew());
                }
            });
        });
    }

    private static int aFew() {
        return ThreadLocalRandom.current().nextInt(1, 11);
    }
}
