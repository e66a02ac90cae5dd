// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How much of a server one client may have, and those limits for all that are not in {@link Limits}: so that no one takes
 * the others' part. The keys are {@code limits.<name>}; 0 means no limit where it says so.
 *
 * @param streamsPerUser the most open streams of one user, 0 for no limit; one more is refused softly
 * @param streamsPerAddress the most open streams of one address (of IPv6: of its first 64 bits), 0 for no limit; one more is refused softly
 * @param connections the most connections; one more is closed at once
 * @param connectionsPerAddress the most connections of one address, 0 for no limit; one more is closed at once
 * @param event the most bytes of an event's data; more is answered with 413
 * @param bodies the most bytes of bodies that wait in memory, of all requests together; beyond it 503
 * @param publishes the most events a second of one publisher, 0 for no limit; beyond it 429
 */
record Shares(
        int streamsPerUser,
        int streamsPerAddress,
        int connections,
        int connectionsPerAddress,
        int event,
        long bodies,
        int publishes) {

    private static final int MOST = 10_000_000;
    private static final Pattern FILES = Pattern.compile("Max open files\\s+(\\d{1,9})\\s");

    /** The defaults, which are for production. */
    static final Shares DEFAULT = new Shares(1000, 10_000, mostConnections(), 10_000, 1 << 20, 64 << 20, 0);

    /** Nine tenths of the files that this process may open, where Linux says how many: the log needs some too. */
    private static int mostConnections() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/limits"))) {
            Matcher files = lines.map(FILES::matcher)
                    .filter(Matcher::lookingAt)
                    .findFirst()
                    .orElse(null);
            return files == null ? MOST : Math.max(1, Math.min(Integer.parseInt(files.group(1)) / 10 * 9, MOST));
        } catch (IOException | UncheckedIOException unknown) {
            return MOST;
        }
    }

    /** What cannot work, one line each. */
    List<String> problems() {
        var problems = new ArrayList<String>();
        Limits.range(problems, "limits.streams-per-user", streamsPerUser, 0, MOST);
        Limits.range(problems, "limits.streams-per-address", streamsPerAddress, 0, MOST);
        Limits.range(problems, "limits.connections", connections, 1, MOST);
        Limits.range(problems, "limits.connections-per-address", connectionsPerAddress, 0, MOST);
        Limits.range(problems, "limits.event", event, 1, 64 << 20);
        Limits.range(problems, "limits.bodies", bodies, 64 << 10, Long.MAX_VALUE);
        Limits.range(problems, "limits.publishes", publishes, 0, 1_000_000);
        return problems;
    }
}
