// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.Publication;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** All that the log's thread writes to the database or asks it, as prepared statements. That thread only. */
final class Store implements Kept.Source, AutoCloseable {

    private final Connection connection;
    private final ChannelTable channels;
    private final long incarnation;
    private @Nullable Statements statements;

    /** The prepared statements. SQLite's driver closes a statement that fails, so after a failure all are prepared again. */
    private static final class Statements {

        private final List<PreparedStatement> all = new ArrayList<>();

        final PreparedStatement begin;
        final PreparedStatement commit;
        final PreparedStatement rollback;
        final PreparedStatement addEntry;
        final PreparedStatement addChannel;
        final PreparedStatement findKey;
        final PreparedStatement dropKey;
        final PreparedStatement addLasting;
        final PreparedStatement deleteOver;
        final PreparedStatement addOpening;
        final PreparedStatement dropOpenings;
        final PreparedStatement addSetBack;
        final PreparedStatement dropSetBacksSince;
        final PreparedStatement dropSetBacksUpTo;
        final PreparedStatement deleteEntries;
        final PreparedStatement setRemoved;
        final PreparedStatement deleteChannel;
        final PreparedStatement setMeta;
        final PreparedStatement touch;
        final PreparedStatement oldest;
        final PreparedStatement wal;

        Statements(Connection connection) throws SQLException {
            begin = prepare(connection, "BEGIN IMMEDIATE");
            commit = prepare(connection, "COMMIT");
            rollback = prepare(connection, "ROLLBACK");
            addEntry = prepare(
                    connection,
                    "INSERT INTO entries (place, channel, appended_at, number, total_bytes, type, publisher, key, frame)"
                            + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
            addChannel = prepare(connection, "INSERT INTO channels (id, name, removed) VALUES (?, ?, ?)");
            findKey = prepare(
                    connection,
                    "SELECT place, channel, appended_at, type, frame FROM entries WHERE key = ? AND publisher = ?");
            dropKey = prepare(connection, "UPDATE entries SET key = NULL, publisher = NULL WHERE place = ?");
            addLasting = prepare(
                    connection,
                    "INSERT OR REPLACE INTO lasting (channel, name, ends_at, place, appended_at, type, frame)"
                            + " VALUES (?, ?, ?, ?, ?, ?, ?)");
            deleteOver = prepare(connection, "DELETE FROM lasting WHERE ends_at <= ?");
            addOpening = prepare(connection, "INSERT OR REPLACE INTO openings (found, first) VALUES (?, ?)");
            dropOpenings = prepare(
                    connection,
                    "DELETE FROM openings WHERE found <="
                            + " (SELECT found FROM openings ORDER BY found DESC LIMIT 1 OFFSET ?)");
            addSetBack = prepare(connection, "INSERT INTO set_backs (place, appended_at) VALUES (?, ?)");
            dropSetBacksSince = prepare(connection, "DELETE FROM set_backs WHERE appended_at >= ?");
            dropSetBacksUpTo = prepare(connection, "DELETE FROM set_backs WHERE place <= ?");
            deleteEntries = prepare(connection, "DELETE FROM entries WHERE place <= ? AND place < ?");
            setRemoved = prepare(connection, "UPDATE channels SET removed = ? WHERE id = ?");
            deleteChannel = prepare(connection, "DELETE FROM channels WHERE id = ?");
            setMeta = prepare(connection, "UPDATE meta SET value = ? WHERE name = ?");
            touch = prepare(connection, "UPDATE meta SET value = value WHERE name = 'floor'");
            oldest = prepare(
                    connection,
                    "SELECT place, channel, appended_at, total_bytes FROM entries WHERE place > ? ORDER BY place LIMIT ?");
            wal = prepare(connection, "PRAGMA wal_checkpoint(NOOP)");
        }

        private PreparedStatement prepare(Connection connection, String sql) throws SQLException {
            PreparedStatement statement = connection.prepareStatement(sql);
            all.add(statement);
            return statement;
        }

        void close() {
            for (PreparedStatement statement : all) {
                try {
                    statement.close();
                } catch (SQLException gaveUp) {
                    // the driver has freed it
                }
            }
        }
    }

    Store(Connection connection, ChannelTable channels, long incarnation) throws SQLException {
        this.connection = connection;
        this.channels = channels;
        this.incarnation = incarnation;
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_size_limit = " + Checkpoints.BASE_BYTES);
        }
    }

    private Statements prepared() throws SQLException {
        if (statements == null) {
            statements = new Statements(connection);
        }
        return statements;
    }

    void begin() throws SQLException {
        prepared().begin.execute();
    }

    void commit() throws SQLException {
        prepared().commit.execute();
    }

    /** Ends a transaction that failed; SQLite may have done so already. */
    void rollback() {
        try {
            prepared().rollback.execute();
        } catch (SQLException wasEnded) {
            // the next BEGIN fails if it was not
        }
        renew();
    }

    /** Drops the prepared statements, after a failure. */
    void renew() {
        if (statements != null) {
            statements.close();
            statements = null;
        }
    }

    /** Whether nothing may be written after such a failure until the log was opened again: it is not known what is on the disk. */
    static boolean isFinal(SQLException failure) {
        if (!(failure instanceof SQLiteException sqlite)) {
            return failure instanceof DamageException;
        }
        SQLiteErrorCode code = sqlite.getResultCode();
        int primary = code.code & 0xff;
        return primary == SQLiteErrorCode.SQLITE_CORRUPT.code
                || primary == SQLiteErrorCode.SQLITE_NOTADB.code
                || code == SQLiteErrorCode.SQLITE_IOERR_FSYNC
                || code == SQLiteErrorCode.SQLITE_IOERR_DIR_FSYNC
                || code == SQLiteErrorCode.SQLITE_IOERR_READ
                || code == SQLiteErrorCode.SQLITE_IOERR_SHORT_READ;
    }

    void add(long place, LogEntry entry, Channel channel, long number, long totalBytes, Publication.@Nullable Key key)
            throws SQLException {
        PreparedStatement statement = prepared().addEntry;
        statement.setLong(1, place);
        statement.setLong(2, channel.row);
        statement.setLong(3, entry.appendedAtMillis());
        statement.setLong(4, number);
        statement.setLong(5, totalBytes);
        statement.setString(6, entry.type());
        statement.setString(7, key == null ? null : key.publisher());
        statement.setString(8, key == null ? null : key.value());
        statement.setBytes(9, entry.frame());
        statement.executeUpdate();
    }

    void add(Channel channel) throws SQLException {
        PreparedStatement statement = prepared().addChannel;
        statement.setLong(1, channel.row);
        statement.setString(2, channel.name);
        statement.setLong(3, channel.removed);
        statement.executeUpdate();
    }

    /** The entry in the table that has the key, which may be one that is removed; else null. */
    @Nullable
    LogEntry find(Publication.Key key) throws SQLException {
        PreparedStatement statement = prepared().findKey;
        statement.setString(1, key.value());
        statement.setString(2, key.publisher());
        try (ResultSet row = statement.executeQuery()) {
            return row.next() ? entry(row) : null;
        }
    }

    private LogEntry entry(ResultSet row) throws SQLException {
        EventId id = Place.toId(row.getLong(1), incarnation);
        return new LogEntry(id, row.getLong(3), channels.inRow(row.getLong(2)).name, row.getString(4), row.getBytes(5));
    }

    /** Takes its key from an entry that is removed and still in the table. */
    void dropKey(long place) throws SQLException {
        run(prepared().dropKey, place);
    }

    /** Keeps a copy of an entry beyond its retention, and deletes copies whose time is over. */
    void add(long place, LogEntry entry, Publication.Lasting lasting) throws SQLException {
        run(prepared().deleteOver, entry.appendedAtMillis());
        PreparedStatement statement = prepared().addLasting;
        statement.setString(1, entry.channel());
        statement.setString(2, lasting.name());
        statement.setLong(3, lasting.endMillis());
        statement.setLong(4, place);
        statement.setLong(5, entry.appendedAtMillis());
        statement.setString(6, entry.type());
        statement.setBytes(7, entry.frame());
        statement.executeUpdate();
    }

    /** Notes the end that this opening found, and the first place since. */
    void addOpening(long found, long first) throws SQLException {
        run(prepared().addOpening, found, first);
        run(prepared().dropOpenings, Openings.MOST);
    }

    /** Notes an entry at which the clock had gone back, instead of those that it makes superfluous. */
    void addSetBack(long place, long appendedAtMillis) throws SQLException {
        run(prepared().dropSetBacksSince, appendedAtMillis);
        run(prepared().addSetBack, place, appendedAtMillis);
    }

    /**
     * Deletes removed entries, and stores what must be known of them. The newest entry of all always stays in the table: from it the
     * log goes on after reopening, also when everything is removed.
     */
    void delete(Kept.Chunk chunk, long end) throws SQLException {
        run(prepared().deleteEntries, chunk.upTo(), end);
        run(prepared().dropSetBacksUpTo, chunk.upTo());
        for (Map.Entry<Channel, Long> removed : chunk.newest().entrySet()) {
            run(prepared().setRemoved, removed.getValue(), removed.getKey().row);
        }
        setMeta("floor", chunk.upTo());
    }

    void forget(Channel channel) throws SQLException {
        run(prepared().deleteChannel, channel.row);
        setMeta("forgotten", channel.removed);
    }

    private void setMeta(String name, long value) throws SQLException {
        PreparedStatement statement = prepared().setMeta;
        statement.setLong(1, value);
        statement.setString(2, name);
        statement.executeUpdate();
    }

    private static void run(PreparedStatement statement, long... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setLong(i + 1, values[i]);
        }
        statement.executeUpdate();
    }

    /** Writes a value that is there already, to see whether writing works. */
    void touch() throws SQLException {
        prepared().touch.executeUpdate();
    }

    @Override
    public void oldestAfter(long place, int most, Deque<Kept.Oldest> entries) throws SQLException {
        PreparedStatement statement = prepared().oldest;
        statement.setLong(1, place);
        statement.setInt(2, most);
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                entries.add(new Kept.Oldest(
                        row.getLong(1), channels.inRow(row.getLong(2)), row.getLong(3), row.getLong(4)));
            }
        }
    }

    /** How large the write-ahead log is, in pages, and how many of them are moved into the database. */
    record Wal(long pages, long moved) {

        long toMove() {
            return pages - moved;
        }
    }

    Wal wal() throws SQLException {
        try (ResultSet row = prepared().wal.executeQuery()) {
            return row.next() ? new Wal(Math.max(0, row.getLong(2)), Math.max(0, row.getLong(3))) : new Wal(0, 0);
        }
    }

    /** Lets the database grow to so many pages and no more, as a full disk would: for tests. */
    void limitPages(long pages) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA max_page_count = " + pages);
        }
    }

    /** Moves everything into the database, when nobody reads or writes any more. */
    void truncate() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
