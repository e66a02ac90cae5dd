// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.log.EventLog;
import java.time.Duration;

/** What a server is started with: where it listens, what it serves. Used by one thread, while {@link HibikiServer#start} runs. */
public final class ServerConfig {

    ServerConfig() {}

    /** The port to listen on, 0 for any that is free; 8080 unless told. */
    public ServerConfig port(int port) {
        throw new UnsupportedOperationException();
    }

    /** The address to listen on, 127.0.0.1 unless told. Beyond loopback it needs {@link #insecure}, as long as no key protects it. */
    public ServerConfig bind(String address) {
        throw new UnsupportedOperationException();
    }

    /** Lets everyone who can reach the address publish and subscribe. */
    public ServerConfig insecure(boolean insecure) {
        throw new UnsupportedOperationException();
    }

    /** The log; a memory log unless told. The server closes it. */
    public ServerConfig log(EventLog log) {
        throw new UnsupportedOperationException();
    }

    /** How long a stream may be quiet before it gets a comment. */
    public ServerConfig streamHeartbeat(Duration heartbeat) {
        throw new UnsupportedOperationException();
    }

    /** The text of that comment. */
    public ServerConfig streamHeartbeatText(String text) {
        throw new UnsupportedOperationException();
    }

    /** Adds a pattern of channels that tell who joins and who leaves. */
    public ServerConfig presence(String pattern) {
        throw new UnsupportedOperationException();
    }

    /** Serves event streams at a path; {@code {name}} stands for one segment, which {@link Request#path} gives. */
    public ServerConfig stream(String path, StreamHandler handler) {
        throw new UnsupportedOperationException();
    }

    /** Looks at each stream of the hub's own {@code /api/events} as it opens, and may add a feed to it. */
    public ServerConfig apiStreams(StreamHandler handler) {
        throw new UnsupportedOperationException();
    }

    public ServerConfig get(String path, RequestHandler handler) {
        throw new UnsupportedOperationException();
    }

    public ServerConfig post(String path, RequestHandler handler) {
        throw new UnsupportedOperationException();
    }

    /**
     * Serves the files of a class-path folder below a path; a request for the path itself gets {@code index.html}.
     *
     * @param folder the folder beside a class, such as {@code MyProgram.class, "pages"}
     */
    public ServerConfig files(String path, Class<?> beside, String folder) {
        throw new UnsupportedOperationException();
    }

    /** Runs once the server is up: the place to start what publishes. */
    public ServerConfig onStart(java.util.function.Consumer<HibikiServer> action) {
        throw new UnsupportedOperationException();
    }
}
