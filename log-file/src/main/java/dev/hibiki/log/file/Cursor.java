// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.slf4j.LoggerFactory;

/**
 * One connection for reading, with its prepared statements.
 *
 * <p>Each statement sees the state of its own moment, and the statements of one read need no common snapshot: a row never
 * changes, and a reader that reads up to a place which was committed before it asked misses only rows that were removed
 * since, and the floor tells of those afterwards.
 */
final class Cursor implements AutoCloseable {

    /** Takes a row and says whether it wants another. */
    interface Rows {
        boolean take(ResultSet row) throws SQLException;
    }

    private final Connection connection;
    private final PreparedStatement range;
    private final PreparedStatement places;
    private final PreparedStatement placesBack;
    private final PreparedStatement one;
    private final PreparedStatement before;

    Cursor(Connection connection) throws SQLException {
        this.connection = connection;
        range = connection.prepareStatement("SELECT place, channel, appended_at, type, frame FROM entries"
                + " WHERE place > ? AND place <= ? ORDER BY place LIMIT ?");
        places = connection.prepareStatement(
                "SELECT place FROM entries WHERE channel = ? AND place > ? AND place <= ? ORDER BY place LIMIT ?");
        placesBack = connection.prepareStatement(
                "SELECT place FROM entries WHERE channel = ? AND place > ? AND place <= ? ORDER BY place DESC LIMIT ?");
        one = connection.prepareStatement(
                "SELECT place, channel, appended_at, type, frame FROM entries WHERE place = ?");
        before = connection.prepareStatement("SELECT max(place) FROM entries WHERE place < ?");
    }

    /** Hands over the entries of a range, in order, until they end or the taker has enough. */
    void range(long after, long upTo, int most, Rows rows) throws SQLException {
        range.setLong(1, after);
        range.setLong(2, upTo);
        range.setInt(3, most);
        try (ResultSet row = range.executeQuery()) {
            boolean more = true;
            while (more && row.next()) {
                more = rows.take(row);
            }
        }
    }

    /** The first places of a channel in a range, in order; or the last ones, falling. */
    long[] places(Channel channel, long after, long upTo, int most, boolean falling) throws SQLException {
        PreparedStatement statement = falling ? placesBack : places;
        statement.setLong(1, channel.row);
        statement.setLong(2, after);
        statement.setLong(3, upTo);
        statement.setInt(4, most);
        long[] found = new long[most];
        int count = 0;
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                found[count++] = row.getLong(1);
            }
        }
        return java.util.Arrays.copyOf(found, count);
    }

    /** Hands over the entry at a place, if it is still in the table. */
    void at(long place, Rows rows) throws SQLException {
        one.setLong(1, place);
        try (ResultSet row = one.executeQuery()) {
            if (row.next()) {
                rows.take(row);
            }
        }
    }

    /** The place of the entry in the table before one, or 0. */
    long before(long place) throws SQLException {
        before.setLong(1, place);
        try (ResultSet row = before.executeQuery()) {
            return row.next() ? row.getLong(1) : 0;
        }
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            LoggerFactory.getLogger(FileLog.class).warn("log: a connection for reading could not be closed", e);
        }
    }
}
