// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.log.EventLog;
import dev.hibiki.log.MemoryLog;
import dev.hibiki.log.Retention;
import dev.hibiki.log.file.Durability;
import dev.hibiki.log.file.FileLog;
import dev.hibiki.log.file.FileLogException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which log keeps the events, and how many by default: a disk holds far more than memory.
 *
 * @param directory where a log on disk is, or null for one in memory
 */
record LogChoice(@Nullable Path directory) {

    static final LogChoice MEMORY = new LogChoice(null);

    /** What a log on disk keeps by default: some days of a busy hub. */
    static final Retention ON_DISK = new Retention(10_000_000, 2L << 30, Duration.ofDays(7));

    private static final Logger LOG = LoggerFactory.getLogger(LogChoice.class);

    private static final String IN_MEMORY = "memory";
    private static final String FILE = "file:";

    static Kind<LogChoice> kind() {
        return new Kind<>(
                "LOG",
                "memory or file:DIRECTORY, such as file:./hibiki-data",
                LogChoice::parse,
                choice -> choice.directory == null ? IN_MEMORY : FILE + choice.directory);
    }

    private static @Nullable LogChoice parse(String text) {
        if (text.equals(IN_MEMORY)) {
            return MEMORY;
        }
        if (!text.startsWith(FILE) || text.length() == FILE.length()) {
            return null;
        }
        try {
            return new LogChoice(Path.of(text.substring(FILE.length())));
        } catch (InvalidPathException noPath) {
            return null;
        }
    }

    /** Opens it, with the settings that concern it. */
    static EventLog open(EffectiveSettings settings) throws FileLogException {
        LogChoice choice = settings.get(ServeSettings.LOG);
        Retention usual = choice.directory == null ? Retention.DEFAULT : ON_DISK;
        Long entries = settings.find(ServeSettings.LOG_MAX_ENTRIES);
        Long bytes = settings.find(ServeSettings.LOG_MAX_BYTES);
        Duration age = settings.find(ServeSettings.LOG_MAX_AGE);
        Retention retention = new Retention(
                entries == null ? usual.entries() : entries,
                bytes == null ? usual.bytes() : bytes,
                age == null ? usual.age() : age);
        return choice.directory == null
                ? MemoryLog.create(retention)
                : FileLog.open(
                        choice.directory,
                        retention,
                        Durability.valueOf(
                                settings.get(ServeSettings.DURABILITY).toUpperCase(Locale.ROOT)));
    }

    /** Why it cannot be opened, in one line, or null; for a start that is refused anyway, so trying leaves nothing behind. */
    static @Nullable String problem(EffectiveSettings settings) {
        Path missing = firstMissing(settings.get(ServeSettings.LOG).directory);
        try {
            open(settings).close();
            return null;
        } catch (FileLogException refused) {
            return refused.getMessage();
        } finally {
            if (missing != null) {
                delete(missing);
            }
        }
    }

    /** The outermost directory that would have to be made, or null if there is nothing to make. */
    private static @Nullable Path firstMissing(@Nullable Path directory) {
        Path missing = null;
        for (Path at = directory == null ? null : directory.toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.exists(at)) {
                return missing;
            }
            missing = at;
        }
        return missing;
    }

    private static void delete(Path made) {
        try (Stream<Path> all = Files.walk(made)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException notMade) {
            LOG.debug("{} was not made, or cannot be deleted", made);
        }
    }

    /** What happens to events when the server stops, in words for the person who starts it. */
    static String told(EffectiveSettings settings) {
        LogChoice choice = settings.get(ServeSettings.LOG);
        return choice.directory == null
                ? "Events are kept in memory, and are lost when the server stops"
                : "Events are kept in " + choice.directory.toAbsolutePath().normalize() + " (durability "
                        + settings.get(ServeSettings.DURABILITY) + "), also when the server stops";
    }
}
