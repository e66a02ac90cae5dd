// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.event.SseEvent;
import dev.hibiki.examples.Examples;
import dev.hibiki.server.HibikiServer;
import dev.hibiki.server.ServerConfig;
import java.time.Duration;
import java.time.ZoneId;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What {@code serve} adds while no key protects it: the playground at {@code /}, the calls of its buttons, a channel with a
 * tick each second, and the reference systems. With a key none of this is mounted, so all of it is 404.
 */
final class DevelopmentMode {

    private static final String TICKING_CHANNEL = "demo";

    private final @Nullable ZoneId zone;

    DevelopmentMode(@Nullable ZoneId zone) {
        this.zone = zone;
    }

    void mount(ServerConfig config) {
        Examples.besideOthers(config, zone);
        PlaygroundCalls.mount(config);
        config.files("/", DevelopmentMode.class, "playground").onStart(DevelopmentMode::tick);
    }

    /** Published only while somebody listens; ends with the server. */
    private static void tick(HibikiServer server) {
        AtomicLong count = new AtomicLong();
        server.hub().publishEvery(TICKING_CHANNEL, Duration.ofSeconds(1), () -> {
            String json = "{\"n\":" + count.incrementAndGet() + ",\"sentAt\":" + System.currentTimeMillis() + "}";
            return SseEvent.of("tick", json);
        });
    }
}
