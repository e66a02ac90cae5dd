// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.Hub;
import java.net.URI;
import java.util.function.Consumer;

/**
 * A hub with an HTTP server around it, inside a Java program.
 *
 * <pre>{@code
 * try (var server = HibikiServer.start(config -> config.port(8080)
 *         .stream("/news", stream -> stream.subscribe("news")))) {
 *     server.hub().publish("news", SseEvent.of("hello"));
 * }
 * }</pre>
 */
public final class HibikiServer implements AutoCloseable {

    private HibikiServer() {}

    /**
     * Configures and starts a server; returns when it accepts connections.
     *
     * @throws ServerStartException if a setting is refused or the port cannot be had; its {@code problems()} are one line each
     */
    public static HibikiServer start(Consumer<ServerConfig> configure) {
        throw new UnsupportedOperationException();
    }

    public Hub hub() {
        throw new UnsupportedOperationException();
    }

    /** The port it listens on, also where 0 was configured. */
    public int port() {
        throw new UnsupportedOperationException();
    }

    /** Where the server is: {@code http://localhost:8080}. */
    public URI uri() {
        throw new UnsupportedOperationException();
    }

    /** How many streams are open. */
    public int openStreams() {
        throw new UnsupportedOperationException();
    }

    /** Ends all streams and stops; returns when nothing is left. */
    @Override
    public void close() {}
}
