// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.examples;

import dev.hibiki.event.SseEvent;
import dev.hibiki.server.ServerConfig;
import java.time.Duration;
import java.time.ZoneId;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The smallest stream that does something: each second the next number; each stream counts from 1. */
final class Counter {

    private static final Logger log = LoggerFactory.getLogger(Counter.class);

    private Counter() {}

    static void serve(ServerConfig config, ZoneId zone) {
        config.stream("/event", stream -> {
            var count = new AtomicLong();
            stream.every(Duration.ofSeconds(1), () -> SseEvent.of(Long.toString(count.incrementAndGet())));
            stream.onClose(reason -> log.info("connection closed at {}: {}", count, reason));
        });
    }
}
