// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.log.EventId;
import dev.hibiki.log.LastingEntries;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.Publication;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where a log stood when it was last written to, as its database tells it: what goes into memory at opening.
 *
 * <p>Takes as long as there are channels; entries are not counted, because each row has the running totals.
 */
final class Past {

    private static final String TOTALS = "SELECT place, number, total_bytes, appended_at FROM entries ";

    private final Connection connection;
    private final long incarnation;
    private final long birth;
    private final long floor;
    private final long forgotten;
    private final long[] last; // place, number, total bytes, append time

    /** Reads what is small, and sees whether it fits together. */
    Past(Connection connection, DataFile file) throws SQLException, FileLogException {
        this.connection = connection;
        incarnation = meta("incarnation");
        birth = meta("birth");
        floor = meta("floor");
        forgotten = meta("forgotten");
        List<long[]> newest = ask(TOTALS + "ORDER BY place DESC LIMIT 1", 4);
        boolean empty = newest.isEmpty();
        last = empty ? new long[] {birth, 0, 0, 0} : newest.get(0);
        if (incarnation < 0 || birth < 0 || floor < birth || floor > last[0] || forgotten > floor) {
            throw file.damaged("its places do not fit together", null);
        }
    }

    private long meta(String name) throws SQLException {
        List<long[]> row = ask("SELECT value FROM meta WHERE name = '" + name + "'", 1);
        return row.isEmpty() ? -1 : row.get(0)[0];
    }

    private List<long[]> ask(String question, int columns) throws SQLException {
        var rows = new ArrayList<long[]>();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(question)) {
            while (row.next()) {
                long[] values = new long[columns];
                for (int i = 0; i < columns; i++) {
                    values[i] = row.getLong(i + 1);
                }
                rows.add(values);
            }
        }
        return rows;
    }

    long incarnation() {
        return incarnation;
    }

    long birth() {
        return birth;
    }

    /** The last place that was given and committed. */
    long end() {
        return last[0];
    }

    /** All channels, with their newest places. */
    ChannelTable channels(int mostQuiet) throws SQLException {
        var channels = new ChannelTable(mostQuiet, forgotten);
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT id, name, removed, coalesce((SELECT max(place)"
                        + " FROM entries WHERE channel = channels.id), removed) FROM channels ORDER BY removed")) {
            while (row.next()) {
                var channel = new Channel(row.getLong(1), row.getString(2), row.getLong(4), row.getLong(3));
                channels.restore(channel);
                if (channel.newest <= floor) {
                    channels.fellQuiet(channel);
                }
            }
        }
        return channels;
    }

    /** Where the log was opened before, and now. */
    Openings openings() throws SQLException {
        long[] pairs = ask("SELECT found, first FROM openings ORDER BY found", 2).stream()
                .flatMapToLong(Arrays::stream)
                .toArray();
        return new Openings(pairs, end());
    }

    /** What is kept beyond its retention. */
    LastingEntries lasting() throws SQLException {
        var lasting = new LastingEntries();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT place, appended_at, channel, type, frame, name, ends_at FROM lasting")) {
            while (row.next()) {
                EventId id = Place.toId(row.getLong(1), incarnation);
                lasting.add(
                        new LogEntry(id, row.getLong(2), row.getString(3), row.getString(4), row.getBytes(5)),
                        new Publication.Lasting(row.getString(6), row.getLong(7)));
            }
        }
        return lasting;
    }

    void restore(Kept kept) throws SQLException {
        for (long[] row : ask("SELECT place, appended_at FROM set_backs ORDER BY place", 2)) {
            kept.restore(new Kept.SetBack(row[0], row[1]));
        }
        long[] atFloor = last;
        if (last[0] > floor) {
            long none = new LogEntry(Place.toId(0, 0), 0, "", null, new byte[0]).weight();
            atFloor = ask(
                            "SELECT place, number - 1, total_bytes - length(frame) - " + none
                                    + " FROM entries WHERE place > " + floor + " ORDER BY place LIMIT 1",
                            3)
                    .get(0);
        }
        kept.restore(floor, atFloor[1], atFloor[2], last[0], last[1], last[2], last[3]);
    }
}
