// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.log.EventLog;
import dev.hibiki.log.MemoryLog;
import dev.hibiki.log.Retention;
import dev.hibiki.log.file.Durability;
import dev.hibiki.log.file.FileLog;
import dev.hibiki.log.file.FileLogException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Which log events are kept in, and how much of them by default: what disk holds is far more than what memory does.
 *
 * @param directory where a log on disk is, or null for one in memory
 */
record LogChoice(@Nullable Path directory) {

    static final LogChoice MEMORY = new LogChoice(null);

    /** What a log on disk keeps unless told: some days of a busy hub. */
    static final Retention ON_DISK = new Retention(10_000_000, 2L << 30, Duration.ofDays(7));

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

    /** Opens it, with the settings that are its business. */
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

    /** What becomes of events when the server stops, for a person who starts it. */
    static String told(EffectiveSettings settings) {
        LogChoice choice = settings.get(ServeSettings.LOG);
        return choice.directory == null
                ? "Events are kept in memory, and are lost when the server stops"
                : "Events are kept in " + choice.directory.toAbsolutePath().normalize() + " (durability "
                        + settings.get(ServeSettings.DURABILITY) + "), also when the server stops";
    }
}
