// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.examples;

import dev.hibiki.server.ServerConfig;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The five reference systems. */
public final class Examples {

    private static final ZoneId HERE = ZoneId.systemDefault();
    private static final ZoneId TOKYO = ZoneId.of("Asia/Tokyo");

    private static final List<Example> ALL = List.of(
            example("echo", "the server's time, its health, and what you ask it to say", HERE, Echo::serve),
            example("counter", "a number that each stream counts for itself", HERE, Counter::serve),
            example("ping", "pings with the time, and now and then a message", TOKYO, Ping::serve),
            example("guide", "a dashboard, notifications, the progress of a task", HERE, Guide::serve),
            new Example("chat", "rooms in which nothing is missed", HERE, Chat::alone, Chat::beside));

    private Examples() {}

    private static Example example(String name, String summary, ZoneId usualZone, Example.Program program) {
        return new Example(name, summary, usualZone, program, program);
    }

    public static List<Example> all() {
        return ALL;
    }

    /**
     * Serves all five beside a program that has {@code /} for itself; their pages are at {@code /examples/NAME/}.
     *
     * @param zone the time zone of the times they tell, or null for each one's usual one
     */
    public static void besideOthers(ServerConfig config, @Nullable ZoneId zone) {
        ALL.forEach(example -> example.besideOthers(config, zone));
        Example.assets(config);
    }
}
