// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.log.ChannelFilter;
import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.LogSlice;
import dev.hibiki.log.ReadBudget;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One read of the log, step by step. The order in which things are looked at makes it right without a lock.
 *
 * <p>First the end is taken, then the rows up to it are read, then the floor is taken, and then what was removed. Rows do
 * not change, and a row is deleted only when the floor has passed it: so what was found above the floor is all there is. If
 * a removal is found that is newer than the floor that was taken, the floor has moved on meanwhile, at least to that
 * removal; then that is the floor. The slice shows the log as it was at one moment, although nothing stood still.
 *
 * <p>Where only a few channels can have something, their places come from the index and each entry is fetched; otherwise the
 * log is walked, {@link #mostRows} at a time, and entries that do not match are skipped.
 */
final class Search {

    /** Up to this many channels are asked for one by one. */
    private static final int FEW_CHANNELS = 64;

    private static final int PORTION = 64;

    private final ChannelTable channels;
    private final long incarnation;
    private final int mostRows;

    private final List<LogEntry> found = new ArrayList<>();
    private final List<Long> places = new ArrayList<>();
    private final Map<Long, Channel> wanted = new HashMap<>();
    private final ReadBudget budget;
    private long bytes;
    private int rows;
    private long stoppedAt;

    Search(ChannelTable channels, long incarnation, int mostRows, ReadBudget budget) {
        this.channels = channels;
        this.incarnation = incarnation;
        this.mostRows = mostRows;
        this.budget = budget;
    }

    /** Collects what matches in a range that is committed. */
    void collect(Cursor cursor, ChannelFilter filter, long after, long upTo) throws SQLException {
        List<Channel> candidates = channels.withNewsAfter(after, filter);
        for (Channel channel : candidates) {
            wanted.put(channel.row, channel);
        }
        if (candidates.isEmpty() || after >= upTo) {
            return;
        }
        if (candidates.size() <= FEW_CHANNELS) {
            int portion = Math.min(PORTION, budget.entries());
            var merge = new Merge(cursor, candidates, after, upTo, portion, false);
            for (long place = merge.next(); place != 0 && stoppedAt == 0; place = stoppedAt == 0 ? merge.next() : 0) {
                rows++;
                cursor.at(place, this::take);
                if (rows >= mostRows) {
                    stoppedAt = place;
                }
            }
        } else {
            cursor.range(after, upTo, mostRows, row -> {
                rows++;
                boolean more = take(row);
                if (rows >= mostRows) {
                    stoppedAt = row.getLong(1);
                }
                return more;
            });
        }
    }

    private boolean take(ResultSet row) throws SQLException {
        Channel channel = wanted.get(row.getLong(2));
        if (channel == null) {
            return true;
        }
        long place = row.getLong(1);
        byte[] frame = row.getBytes(5);
        if (frame == null) {
            throw new DamageException("the entry at " + place + " has no frame");
        }
        places.add(place);
        found.add(new LogEntry(Place.toId(place, incarnation), row.getLong(3), channel.name, row.getString(4), frame));
        bytes += frame.length;
        if (found.size() >= budget.entries() || bytes >= budget.bytes()) {
            stoppedAt = place;
        }
        return stoppedAt == 0;
    }

    /** What was found, as the log was when the floor was there; to be called after the rows were read. */
    LogSlice slice(EventId after, EventId limit, ChannelFilter filter, long floorThen) {
        long from = Place.of(after);
        long removedTo = from < floorThen ? channels.newestRemoval(filter, from) : 0;
        long floor = Math.max(floorThen, removedTo);
        int gone = 0;
        while (gone < places.size() && places.get(gone) <= floor) {
            gone++;
        }
        EventId scannedTo = limit;
        if (stoppedAt != 0) {
            EventId stop = Place.toId(Math.max(stoppedAt, floor), incarnation);
            scannedTo = stop.isBefore(limit) ? stop : limit;
        }
        return new LogSlice(
                found.subList(gone, found.size()),
                scannedTo.isBefore(after) ? after : scannedTo,
                removedTo == 0 ? null : Place.toId(removedTo, incarnation));
    }
}
