// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The real server, which dies and comes back on the same port with the same data directory. */
final class MortalServer implements AutoCloseable {

    private final Path data;
    private final List<String> jvmOptions;
    private final List<String> options;
    private final int port = freePort();
    private @Nullable HibikiProcess life;
    private int kills;

    /**
     * A server that does not run yet.
     *
     * @param data where it keeps its log
     * @param options of {@code serve}, beside port and log
     */
    MortalServer(Path data, List<String> jvmOptions, String... options) throws IOException {
        this.data = data;
        this.jvmOptions = jvmOptions;
        this.options = new ArrayList<>(List.of(options));
    }

    /** Gives it further options, from its next start on. */
    void options(String... further) {
        options.addAll(List.of(further));
    }

    URI uri() {
        return URI.create("http://localhost:" + port);
    }

    int port() {
        return port;
    }

    /** How often it was killed. */
    int kills() {
        return kills;
    }

    /** Starts the process, which will serve some time later. */
    void spawn() throws IOException {
        List<String> command = new ArrayList<>(
                List.of("serve", "--port", "" + port, "--log", "file:" + data, "--logging-level", "warn"));
        command.addAll(options);
        life = HibikiProcess.start(jvmOptions, command.toArray(String[]::new));
    }

    /** Starts it and waits until it serves. */
    void start() throws IOException {
        spawn();
        life().uri();
    }

    /** Its present life. */
    HibikiProcess life() {
        return Objects.requireNonNull(life);
    }

    /** Ends it where it stands; nothing that it holds in memory is written. */
    void kill() throws InterruptedException {
        life().kill();
        kills++;
    }

    /** Ends it where it stands, and loses its log. */
    void killAndLoseData() throws IOException, InterruptedException {
        kill();
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @Override
    public void close() {
        if (life != null) {
            life.close();
        }
    }
}
