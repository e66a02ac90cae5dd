// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.hibiki.log.EventId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteOpenMode;

/**
 * The file {@code hibiki.db}: how it is created, how it is told from any other file, and how connections to it are opened.
 *
 * <p><b>A new log never begins by mistake.</b> SQLite takes an empty file, or none, for an empty database. So a new file is made under
 * another name and moved into its place when it is complete and on the disk; whatever else is found in that place (an empty file,
 * another program's database, bytes that are no database) is an error, and so is a write-ahead log whose database is gone.
 */
final class DataFile {

    /** "HIBK": what tells our databases from all others. */
    static final int APPLICATION_ID = 0x4849424B;

    static final int VERSION = 2;

    private static final int HEADER_BYTES = 100;
    private static final byte[] MAGIC = "SQLite format 3\0".getBytes(US_ASCII);

    // what stands in the header of each of our files, as SQLite's file format has it
    private static final int PAGE_BYTES = 4096;
    private static final int WAL_FORMAT = 0x0202;
    private static final int PAGE_LAYOUT = 0x00402020; // nothing reserved in a page, and three constants
    private static final int SCHEMA_FORMAT = 4;
    private static final int UTF_8 = 1;

    private static final long CHECKED_WHOLE_BYTES = 64L << 20;

    /** What the second version has and the first had not. */
    private static final String[] SINCE_2 = {
        "CREATE TABLE lasting (channel TEXT NOT NULL, name TEXT NOT NULL, ends_at INTEGER NOT NULL, place INTEGER NOT NULL,"
                + " appended_at INTEGER NOT NULL, type TEXT, frame BLOB NOT NULL, PRIMARY KEY (channel, name)) WITHOUT ROWID",
        "CREATE INDEX lasting_by_end ON lasting (ends_at)",
        "CREATE TABLE openings (found INTEGER PRIMARY KEY, first INTEGER NOT NULL)",
    };

    private static final String[] SCHEMA = {
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
        "CREATE TABLE channels (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, removed INTEGER NOT NULL)",
        "CREATE TABLE entries (place INTEGER PRIMARY KEY, channel INTEGER NOT NULL, appended_at INTEGER NOT NULL,"
                + " number INTEGER NOT NULL, total_bytes INTEGER NOT NULL, type TEXT, publisher TEXT, key TEXT, frame BLOB NOT NULL)",
        "CREATE INDEX entries_by_channel ON entries (channel)",
        "CREATE UNIQUE INDEX entries_by_key ON entries (key, publisher) WHERE key IS NOT NULL",
        "CREATE TABLE set_backs (place INTEGER PRIMARY KEY, appended_at INTEGER NOT NULL)",
    };

    private final Path path;

    private DataFile(Path path) {
        this.path = path;
    }

    /** The file of a directory that is locked: a new one if there is none, else the one that is there, if it is one of ours. */
    static DataFile in(Path directory, long nowMillis) throws IOException {
        Path path = directory.resolve("hibiki.db");
        Path wal = directory.resolve("hibiki.db-wal");
        if (!Files.exists(path)) {
            if (Files.exists(wal)) {
                throw new FileLogException(
                        "log: " + path + " is missing beside hibiki.db-wal (expected: both, or neither)");
            }
            create(directory, path, nowMillis);
        }
        boolean closedInOrder = !Files.exists(wal) || Files.size(wal) == 0;
        checkHeader(path, closedInOrder);
        return new DataFile(path);
    }

    private static void create(Path directory, Path path, long nowMillis) throws IOException {
        Path draft = directory.resolve("hibiki.db.new");
        for (String suffix : new String[] {"", "-journal", "-wal", "-shm"}) {
            Files.deleteIfExists(directory.resolve("hibiki.db.new" + suffix));
        }
        EventId birth = EventId.birth(nowMillis);
        var config = new SQLiteConfig();
        config.setPageSize(PAGE_BYTES);
        try (Connection connection = config.createConnection("jdbc:sqlite:" + draft);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA application_id = " + APPLICATION_ID);
            statement.execute("PRAGMA user_version = " + VERSION);
            statement.execute("BEGIN");
            for (String part : SCHEMA) {
                statement.execute(part);
            }
            for (String part : SINCE_2) {
                statement.execute(part);
            }
            statement.execute("INSERT INTO meta VALUES ('incarnation', " + birth.incarnation() + "), ('birth', "
                    + Place.of(birth) + "), ('floor', " + Place.of(birth) + "), ('forgotten', 0)");
            statement.execute("COMMIT");
            statement.execute("PRAGMA journal_mode = WAL");
        } catch (SQLException e) {
            throw new FileLogException("log: " + path + " cannot be made: " + e.getMessage(), e);
        }
        force(draft);
        Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
        force(directory);
    }

    /** Waits until the disk has a file, or the names in a directory. */
    static void force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Looks at the bytes before SQLite does. Not while it has the file open: closing a file lets go of SQLite's locks on it. */
    private static void checkHeader(Path path, boolean closedInOrder) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            while (header.hasRemaining() && channel.read(header) >= 0) {
                // until it is full or the file ends
            }
        }
        if (header.hasRemaining() || !Arrays.equals(header.array(), 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw foreign(path, "not an SQLite database");
        }
        if (header.getInt(68) != APPLICATION_ID) {
            throw foreign(path, "a database of another program");
        }
        int version = header.getInt(60);
        if (version > VERSION) {
            throw new FileLogException("log: " + path + " has format " + version + " (expected: at most " + VERSION
                    + ", a newer hibiki wrote it)");
        }
        boolean ours = version >= 1
                && header.getShort(16) == PAGE_BYTES
                && header.getShort(18) == WAL_FORMAT
                && header.getInt(20) == PAGE_LAYOUT
                && header.getInt(44) == SCHEMA_FORMAT
                && header.getInt(56) == UTF_8;
        if (!ours) {
            throw damaged(path, "its first bytes", null);
        }
        long length = (long) header.getInt(28) * PAGE_BYTES; // or more, where SQLite had a moment to grow it
        if (closedInOrder && Files.size(path) < length) {
            throw damaged(path, "it has " + Files.size(path) + " bytes of " + length, null);
        }
    }

    private static FileLogException foreign(Path path, String what) {
        return new FileLogException("log: " + path + " is " + what + " (expected: a log of hibiki)");
    }

    FileLogException damaged(String what, @Nullable Throwable cause) {
        return damaged(path, what, cause);
    }

    private static FileLogException damaged(Path path, String what, @Nullable Throwable cause) {
        return new FileLogException(
                "log: " + path + " is damaged: " + what.replace('\n', ' ')
                        + " (expected: a whole log; restore a backup, or move the directory away)",
                cause);
    }

    /** What a failure of SQLite means for who opens the file. */
    FileLogException failed(SQLException e) {
        String what = String.valueOf(e.getMessage());
        return Store.isFinal(e)
                ? damaged(path, what, e)
                : new FileLogException("log: " + path + " cannot be opened: " + what.replace('\n', ' '), e);
    }

    /** Another connection, for one thread at a time. It waits up to that long for a lock, which may be another program's. */
    Connection connect(boolean readOnly, int cacheKilobytes, int patienceMillis) throws SQLException {
        var config = new SQLiteConfig();
        config.resetOpenMode(SQLiteOpenMode.CREATE);
        config.setOpenMode(SQLiteOpenMode.NOMUTEX);
        config.setReadOnly(readOnly);
        config.setBusyTimeout(patienceMillis);
        Connection connection = config.createConnection("jdbc:sqlite:" + path);
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA cache_size = -" + cacheKilobytes);
            statement.execute("PRAGMA wal_autocheckpoint = 0");
            statement.execute("PRAGMA synchronous = NORMAL");
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
        return connection;
    }

    /** Checks the whole file if that is quick, half a second at most. Damage in a larger file is found when it is met. */
    void check(Connection connection) throws SQLException, IOException {
        if (Files.size(path) > CHECKED_WHOLE_BYTES) {
            return;
        }
        try (Statement statement = connection.createStatement();
                ResultSet result = statement.executeQuery("PRAGMA quick_check(1)")) {
            String verdict = result.next() ? result.getString(1) : "no answer";
            if (!"ok".equals(verdict)) {
                throw damaged(verdict, null);
            }
        }
    }

    /** Brings a file of an older version to this one. */
    void upgrade(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            if (version(statement) < VERSION) {
                statement.execute("BEGIN IMMEDIATE");
                for (String part : SINCE_2) {
                    statement.execute(part);
                }
                statement.execute("PRAGMA user_version = " + VERSION);
                statement.execute("COMMIT");
            }
        }
    }

    private static int version(Statement statement) throws SQLException {
        try (ResultSet row = statement.executeQuery("PRAGMA user_version")) {
            return row.next() ? row.getInt(1) : 0;
        }
    }

    Path path() {
        return path;
    }
}
