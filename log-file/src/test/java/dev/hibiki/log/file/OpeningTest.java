// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hibiki.event.SseEvent;
import dev.hibiki.log.Channels;
import dev.hibiki.log.EventId;
import dev.hibiki.log.Publication;
import dev.hibiki.log.ReadBudget;
import dev.hibiki.log.Retention;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a directory must hold to be opened, and that nothing else ever starts a log anew. */
class OpeningTest {

    private static final Retention RETENTION = new Retention(100_000, 1L << 30, Duration.ofDays(1));

    @TempDir
    Path directory;

    private Path database;

    @BeforeEach
    void nameTheDatabase() {
        database = directory.resolve("hibiki.db");
    }

    private FileLog open() throws FileLogException {
        return FileLog.open(directory, RETENTION, Durability.OS);
    }

    private List<EventId> write(int entries) throws Exception {
        try (FileLog log = open()) {
            for (int i = 0; i < entries - 1; i++) {
                var unused = log.append(List.of(Publication.of("c/" + i % 10, SseEvent.of("x".repeat(200)))));
            }
            log.append(List.of(Publication.of("a", SseEvent.of("last")))).get();
            return List.of(log.birth(), log.end());
        }
    }

    private void assertRefused(String message) {
        assertThatThrownBy(this::open).isInstanceOf(FileLogException.class).hasMessage(message);
        assertThat(Files.exists(directory.resolve("hibiki.db.new"))).isFalse();
    }

    @Test
    void newDirectoryIsMade_andHoldsNothingButTheLog() throws Exception {
        directory = directory.resolve("not/there/yet");
        try (FileLog log = open()) {
            assertThat(log.health()).isNull();
            assertThat(log.end()).isEqualTo(log.birth());
        }
        assertThat(names()).containsExactly("hibiki.db", "lock");
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void makingThatWasCutShort_isDoneAgain() throws Exception {
        Files.writeString(directory.resolve("hibiki.db.new"), "half a database");
        Files.writeString(directory.resolve("hibiki.db.new-journal"), "and its journal");
        write(1);
        assertThat(names()).containsExactly("hibiki.db", "lock");
    }

    @Test
    void directoryIsForOneLogAtATime() throws Exception {
        long pid = ProcessHandle.current().pid();
        String inUse = "log: " + directory + " is in use by process " + pid + " (expected: a directory of its own)";
        try (FileLog log = open()) {
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(this::open)
                        .isInstanceOf(FileLogException.class)
                        .hasMessage(inUse);
            }
            log.append(List.of(Publication.of("a", SseEvent.of("1")))).get();
        }
        open().close();
    }

    @Test
    void whatIsNotADirectory_isRefused() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        directory = file;
        assertRefused("log: " + file + " is not a directory (expected: one)");
        directory = file.resolve("below");
        assertThatThrownBy(this::open).isInstanceOf(FileLogException.class).hasMessageNotContaining("\n");
    }

    @Test
    void emptyFile_isNotANewLog() throws Exception {
        Files.createFile(database);
        assertRefused("log: " + database + " is not an SQLite database (expected: a log of hibiki)");
        assertThat(database).isEmptyFile();
    }

    @Test
    void garbage_isRefused() throws Exception {
        Files.write(database, new byte[10_000]);
        assertRefused("log: " + database + " is not an SQLite database (expected: a log of hibiki)");
    }

    @Test
    void databaseOfAnotherProgram_isRefused() throws Exception {
        write(1);
        overwrite(68, 0x12, 0x34, 0x56, 0x78);
        assertRefused("log: " + database + " is a database of another program (expected: a log of hibiki)");
    }

    @Test
    void newerFormat_isRefused() throws Exception {
        write(1);
        overwrite(60, 0, 0, 0, 3);
        assertRefused("log: " + database + " has format 3 (expected: at most 2, a newer hibiki wrote it)");
    }

    @Test
    void olderFormat_isBroughtToThisOne_withAllThatItHolds() throws Exception {
        List<EventId> places = write(10);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute("DROP TABLE lasting");
            statement.execute("DROP TABLE openings");
            statement.execute("PRAGMA user_version = 1");
        }
        var fact = Publication.of("facts", SseEvent.of("x")).lasting(new Publication.Lasting("one", Long.MAX_VALUE));
        try (FileLog log = open()) {
            assertThat(List.of(log.birth(), log.end())).isEqualTo(places);
            log.append(List.of(fact)).get();
        }
        try (FileLog log = open()) {
            assertThat(log.lasting("facts")).hasSize(1);
            assertThat(log.figures().entries()).isEqualTo(11);
        }
        byte[] header = Files.readAllBytes(database);
        assertThat(header[63]).isEqualTo((byte) 2);
    }

    @Test
    void writeAheadLogWithoutItsDatabase_isRefused() throws Exception {
        write(1);
        Files.move(database, directory.resolve("hibiki.db-wal"));
        assertRefused("log: " + database + " is missing beside hibiki.db-wal (expected: both, or neither)");
    }

    @Test
    void truncatedDatabase_isRefused_whereverItWasCut() throws Exception {
        write(300);
        byte[] whole = Files.readAllBytes(database);
        for (int length = 0; length < whole.length; length += 1500) {
            Files.write(database, Arrays.copyOf(whole, length));
            assertThatThrownBy(this::open)
                    .as("cut to " + length + " of " + whole.length)
                    .isInstanceOf(FileLogException.class)
                    .hasMessageStartingWith("log: " + database + " is ")
                    .hasMessageNotContaining("\n");
        }
    }

    @Test
    void flippedByteOfTheHeader_isRefused_orHarmsNothing() throws Exception {
        List<EventId> places = write(300);
        byte[] whole = Files.readAllBytes(database);
        int refused = 0;
        for (int at = 0; at < 100; at++) {
            for (int flip : new int[] {0xff, 0x01, 0x80}) {
                byte[] flipped = whole.clone();
                flipped[at] ^= (byte) flip;
                Files.write(database, flipped);
                try (FileLog log = open()) {
                    assertThat(List.of(log.birth(), log.end())).isEqualTo(places);
                    assertThat(log.figures().entries()).as("byte " + at).isEqualTo(300);
                } catch (FileLogException told) {
                    assertThat(told).hasMessageNotContaining("\n");
                    refused++;
                }
            }
        }
        assertThat(refused).isGreaterThan(3 * 40);
    }

    @Test
    void damageBehindTheHeader_isFoundAtOpening_howeverItWasClosed() throws Exception {
        write(300);
        byte[] whole = Files.readAllBytes(database);
        for (int page = 1; page < whole.length / 4096; page++) {
            byte[] damaged = whole.clone();
            Arrays.fill(damaged, page * 4096, page * 4096 + 200, (byte) 0x5a);
            Files.write(database, damaged);
            Path wal = directory.resolve("hibiki.db-wal");
            if (page % 2 == 0) {
                Files.write(wal, new byte[32]); // as if the process had been killed
            } else {
                Files.deleteIfExists(wal);
            }
            assertThatThrownBy(this::open)
                    .as("page " + page)
                    .isInstanceOf(FileLogException.class)
                    .hasMessageStartingWith("log: " + database + " is damaged: ");
        }
    }

    @Test
    void damageThatIsMetWhileReading_isAnIOException_notAnEmptyAnswer() throws Exception {
        write(3000);
        byte[] whole = Files.readAllBytes(database);
        int damaged = 0;
        for (int page = 10; page < whole.length / 4096; page += 20) {
            byte[] torn = whole.clone();
            Arrays.fill(torn, page * 4096, page * 4096 + 100, (byte) 0x5a);
            Files.write(database, whole);
            try (FileLog log = open()) {
                Files.write(database, torn);
                EventId at = log.birth();
                int found = 0;
                while (at.isBefore(log.end())) {
                    var slice = log.read(at, log.end(), Channels.all(), new ReadBudget(500, 1 << 20));
                    found += slice.entries().size();
                    at = slice.scannedTo();
                }
                assertThat(found).isEqualTo(3000);
            } catch (IOException told) {
                damaged++;
            }
        }
        assertThat(damaged).isPositive();
    }

    @Test
    void rowsThatFitNothing_areDamage_alsoWhereSqliteFindsNothingWrong() throws Exception {
        write(300);
        byte[] whole = Files.readAllBytes(database);
        var keepOne = new Retention(1, 1L << 30, Duration.ofDays(1));
        for (String nonsense : List.of(
                "DELETE FROM channels",
                "DELETE FROM meta",
                "UPDATE meta SET value = -5",
                "UPDATE entries SET place = -place")) {
            Files.write(database, whole);
            try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                    Statement statement = connection.createStatement()) {
                statement.execute(nonsense);
            }
            assertThatThrownBy(() -> FileLog.open(directory, keepOne, Durability.OS))
                    .as(nonsense)
                    .isInstanceOf(FileLogException.class)
                    .hasMessageStartingWith("log: " + database + " is damaged: ")
                    .hasMessageNotContaining("\n");
        }
    }

    private void overwrite(int at, int... bytes) throws IOException {
        byte[] whole = Files.readAllBytes(database);
        for (int i = 0; i < bytes.length; i++) {
            whole[at + i] = (byte) bytes[i];
        }
        Files.write(database, whole);
    }
}
