// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.examples;

import dev.hibiki.server.ServerConfig;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/** One of the five reference systems: its streams, its calls and its page. */
public final class Example {

    /** Adds what an example serves besides its page. */
    @FunctionalInterface
    interface Program {
        void serve(ServerConfig config, ZoneId zone);
    }

    private final String name;
    private final String summary;
    private final ZoneId usualZone;
    private final Program alone;
    private final Program beside;

    /**
     * Describes an example.
     *
     * @param usualZone the time zone of the times it shows, unless another is set
     * @param alone what it serves alone
     * @param beside what it serves next to the four others
     */
    Example(String name, String summary, ZoneId usualZone, Program alone, Program beside) {
        this.name = name;
        this.summary = summary;
        this.usualZone = usualZone;
        this.alone = alone;
        this.beside = beside;
    }

    /** What it is called on the command line and in the path of its page. */
    public String name() {
        return name;
    }

    /** What it shows, in one line. */
    public String summary() {
        return summary;
    }

    /**
     * Serves this example and nothing else, its page at {@code /}.
     *
     * @param zone the time zone of the times it tells, or null for its usual one
     */
    public void alone(ServerConfig config, @Nullable ZoneId zone) {
        alone.serve(config, zone == null ? usualZone : zone);
        config.files("/", Example.class, name);
        assets(config);
    }

    /** As {@link Examples#besideOthers} for this one, without the assets. */
    void besideOthers(ServerConfig config, @Nullable ZoneId zone) {
        beside.serve(config, zone == null ? usualZone : zone);
        config.files("/examples/" + name, Example.class, name);
    }

    /** What the pages share. */
    static void assets(ServerConfig config) {
        config.files("/examples/assets", Example.class, "assets");
    }
}
