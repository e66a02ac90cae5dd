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
import java.util.Deque;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** What the log's thread says to the database, each a prepared statement. That thread only. */
final class Store implements Kept.Source, AutoCloseable {

    private final Connection connection;
    private final ChannelTable channels;
    private final long incarnation;

    private final PreparedStatement begin;
    private final PreparedStatement commit;
    private final PreparedStatement rollback;
    private final PreparedStatement addEntry;
    private final PreparedStatement addChannel;
    private final PreparedStatement findKey;
    private final PreparedStatement dropKey;
    private final PreparedStatement addSetBack;
    private final PreparedStatement dropSetBacksSince;
    private final PreparedStatement dropSetBacksUpTo;
    private final PreparedStatement deleteEntries;
    private final PreparedStatement setRemoved;
    private final PreparedStatement deleteChannel;
    private final PreparedStatement setMeta;
    private final PreparedStatement touch;
    private final PreparedStatement oldest;
    private final PreparedStatement wal;

    Store(Connection connection, ChannelTable channels, long incarnation) throws SQLException {
        this.connection = connection;
        this.channels = channels;
        this.incarnation = incarnation;
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_size_limit = " + Checkpoints.BASE_BYTES);
        }
        begin = connection.prepareStatement("BEGIN IMMEDIATE");
        commit = connection.prepareStatement("COMMIT");
        rollback = connection.prepareStatement("ROLLBACK");
        addEntry = connection.prepareStatement(
                "INSERT INTO entries (place, channel, appended_at, number, total_bytes, type, publisher, key, frame)"
                        + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
        addChannel = connection.prepareStatement("INSERT INTO channels (id, name, removed) VALUES (?, ?, ?)");
        findKey = connection.prepareStatement(
                "SELECT place, channel, appended_at, type, frame FROM entries WHERE key = ? AND publisher = ?");
        dropKey = connection.prepareStatement("UPDATE entries SET key = NULL, publisher = NULL WHERE place = ?");
        addSetBack = connection.prepareStatement("INSERT INTO set_backs (place, appended_at) VALUES (?, ?)");
        dropSetBacksSince = connection.prepareStatement("DELETE FROM set_backs WHERE appended_at >= ?");
        dropSetBacksUpTo = connection.prepareStatement("DELETE FROM set_backs WHERE place <= ?");
        deleteEntries = connection.prepareStatement("DELETE FROM entries WHERE place <= ? AND place < ?");
        setRemoved = connection.prepareStatement("UPDATE channels SET removed = ? WHERE id = ?");
        deleteChannel = connection.prepareStatement("DELETE FROM channels WHERE id = ?");
        setMeta = connection.prepareStatement("UPDATE meta SET value = ? WHERE name = ?");
        touch = connection.prepareStatement("UPDATE meta SET value = value WHERE name = 'floor'");
        oldest = connection.prepareStatement(
                "SELECT place, channel, appended_at, total_bytes FROM entries WHERE place > ? ORDER BY place LIMIT ?");
        wal = connection.prepareStatement("PRAGMA wal_checkpoint(NOOP)");
    }

    void begin() throws SQLException {
        begin.execute();
    }

    void commit() throws SQLException {
        commit.execute();
    }

    /** Ends a transaction that failed; SQLite may have done so already. */
    void rollback() {
        try {
            rollback.execute();
        } catch (SQLException wasEnded) {
            // the next BEGIN fails if it was not
        }
    }

    /** Whether nothing may be written after such a failure until the log was opened again: it is not known what is on the disk. */
    static boolean isFinal(SQLException failure) {
        if (!(failure instanceof SQLiteException sqlite)) {
            return false;
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
        addEntry.setLong(1, place);
        addEntry.setLong(2, channel.row);
        addEntry.setLong(3, entry.appendedAtMillis());
        addEntry.setLong(4, number);
        addEntry.setLong(5, totalBytes);
        addEntry.setString(6, entry.type());
        addEntry.setString(7, key == null ? null : key.publisher());
        addEntry.setString(8, key == null ? null : key.value());
        addEntry.setBytes(9, entry.frame());
        addEntry.executeUpdate();
    }

    void add(Channel channel) throws SQLException {
        addChannel.setLong(1, channel.row);
        addChannel.setString(2, channel.name);
        addChannel.setLong(3, channel.removed);
        addChannel.executeUpdate();
    }

    /** The entry in the table that has the key, which may be one that is removed; else null. */
    @Nullable
    LogEntry find(Publication.Key key) throws SQLException {
        findKey.setString(1, key.value());
        findKey.setString(2, key.publisher());
        try (ResultSet row = findKey.executeQuery()) {
            return row.next() ? entry(row) : null;
        }
    }

    private LogEntry entry(ResultSet row) throws SQLException {
        EventId id = Place.toId(row.getLong(1), incarnation);
        return new LogEntry(id, row.getLong(3), channels.inRow(row.getLong(2)).name, row.getString(4), row.getBytes(5));
    }

    /** Takes its key from an entry that is removed and still in the table. */
    void dropKey(long place) throws SQLException {
        dropKey.setLong(1, place);
        dropKey.executeUpdate();
    }

    /** Notes an entry at which the clock had gone back, instead of those that it makes superfluous. */
    void addSetBack(long place, long appendedAtMillis) throws SQLException {
        dropSetBacksSince.setLong(1, appendedAtMillis);
        dropSetBacksSince.executeUpdate();
        addSetBack.setLong(1, place);
        addSetBack.setLong(2, appendedAtMillis);
        addSetBack.executeUpdate();
    }

    /**
     * Deletes removed entries, and stores what is to be known of them. The newest entry of all always stays in the table: from it the
     * log goes on after reopening, also when everything is removed.
     */
    void delete(Kept.Chunk chunk, long end) throws SQLException {
        deleteEntries.setLong(1, chunk.upTo());
        deleteEntries.setLong(2, end);
        deleteEntries.executeUpdate();
        dropSetBacksUpTo.setLong(1, chunk.upTo());
        dropSetBacksUpTo.executeUpdate();
        for (Map.Entry<Channel, Long> removed : chunk.newest().entrySet()) {
            setRemoved.setLong(1, removed.getValue());
            setRemoved.setLong(2, removed.getKey().row);
            setRemoved.executeUpdate();
        }
        setMeta("floor", chunk.upTo());
    }

    void forget(Channel channel) throws SQLException {
        deleteChannel.setLong(1, channel.row);
        deleteChannel.executeUpdate();
        setMeta("forgotten", channel.removed);
    }

    private void setMeta(String name, long value) throws SQLException {
        setMeta.setLong(1, value);
        setMeta.setString(2, name);
        setMeta.executeUpdate();
    }

    /** Writes what is there already, to see whether one can write. */
    void touch() throws SQLException {
        touch.executeUpdate();
    }

    @Override
    public void oldestAfter(long place, int most, Deque<Kept.Oldest> entries) throws SQLException {
        oldest.setLong(1, place);
        oldest.setInt(2, most);
        try (ResultSet row = oldest.executeQuery()) {
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
        try (ResultSet row = wal.executeQuery()) {
            return row.next() ? new Wal(Math.max(0, row.getLong(2)), Math.max(0, row.getLong(3))) : new Wal(0, 0);
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
