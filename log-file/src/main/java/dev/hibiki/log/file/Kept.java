// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.log.LogEntry;
import dev.hibiki.log.Retention;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How much the log keeps, and the rule that says which entries must go: removal in two steps, so that retention never stalls
 * publishing.
 *
 * <p><b>The floor</b> is a place: whatever is at it or before it is removed, though it may still be in the table. It moves
 * with every commit, and by age even when nobody publishes, and costs no write. <b>Deletion</b> follows in chunks of
 * {@value #CHUNK} rows, when it suits. So to a reader the log is exactly at its bounds, and the disk is some chunks behind.
 *
 * <p>To move the floor one must know the oldest entries: they are read ahead in log order, {@value #AHEAD} at a time. How many entries
 * and bytes are kept is the difference of two running totals that each row has, so that nothing is counted at opening.
 *
 * <p>Append times can fall when the clock is set back. An entry goes when it, <em>or any entry after it</em>, is too old: else entries
 * from a time when the clock was ahead would hold up everything behind them for as long as it was ahead. The entries at which the
 * clock had gone back are also kept in a list of their own, and stored, except those that a later one with an older time makes
 * superfluous; as a rule the list is empty.
 *
 * <p>The log's thread only, except for the three volatile figures.
 */
final class Kept {

    static final int CHUNK = 256;
    static final int AHEAD = 1024;

    /** An entry at which the clock had gone back. */
    record SetBack(long place, long appendedAtMillis) {}

    /** What reading ahead returns: an entry without its frame. */
    record Oldest(long place, Channel channel, long appendedAtMillis, long totalBytes) {}

    /** Entries that are removed and not yet deleted: all up to a place, and the newest of each channel among them. */
    record Chunk(long upTo, Map<Channel, Long> newest) {}

    /** Where the oldest entries are read from. */
    interface Source {
        /** Adds up to that many entries after a place, in order. */
        void oldestAfter(long place, int most, Deque<Oldest> entries) throws SQLException;
    }

    private final Retention retention;
    private final long ageMillis;
    private final Source source;
    private final Deque<SetBack> setBacks = new ArrayDeque<>(); // append times rise from front to back
    private final Deque<Oldest> ahead = new ArrayDeque<>();
    private final Deque<Chunk> chunks = new ArrayDeque<>();
    private Map<Channel, Long> inChunk = new HashMap<>();
    private int entriesInChunk;
    private long floorNumber;
    private long floorBytes; // running totals at the floor and at the end
    private long endNumber;
    private long endBytes;
    private long endPlace;
    private long lastAppendedAtMillis;

    private volatile long floor;
    private volatile long entries;
    private volatile long bytes;

    Kept(Retention retention, Source source) {
        this.retention = retention;
        this.source = source;
        boolean forEver = retention.age().toSeconds() > Long.MAX_VALUE / 1000 - 1;
        ageMillis = forEver ? Long.MAX_VALUE : retention.age().toMillis();
    }

    /** Takes up what was stored: the floor and the end with the running totals at each, and when the last entry was appended. */
    void restore(
            long storedFloor,
            long numberAtFloor,
            long totalAtFloor,
            long end,
            long number,
            long total,
            long appendedAt) {
        floor = storedFloor;
        floorNumber = numberAtFloor;
        floorBytes = totalAtFloor;
        endPlace = end;
        endNumber = number;
        endBytes = total;
        lastAppendedAtMillis = appendedAt;
        entries = number - numberAtFloor;
        bytes = total - totalAtFloor;
    }

    void restore(SetBack setBack) {
        setBacks.addLast(setBack);
    }

    // appending

    long endNumber() {
        return endNumber;
    }

    long endBytes() {
        return endBytes;
    }

    /** Whether an entry that is appended now is one at which the clock had gone back. */
    boolean isSetBack(long nowMillis) {
        return endNumber > 0 && nowMillis < lastAppendedAtMillis;
    }

    /** Adds a committed entry behind all others. */
    void add(LogEntry entry, long place, Channel channel) {
        long appendedAt = entry.appendedAtMillis();
        if (isSetBack(appendedAt)) {
            while (!setBacks.isEmpty() && setBacks.getLast().appendedAtMillis() >= appendedAt) {
                setBacks.removeLast();
            }
            setBacks.addLast(new SetBack(place, appendedAt));
        }
        boolean sawAll = entries == 0 || (!ahead.isEmpty() && ahead.getLast().place() == endPlace);
        endPlace = place;
        endNumber++;
        endBytes += entry.weight();
        lastAppendedAtMillis = appendedAt;
        if (sawAll && ahead.size() < AHEAD) {
            ahead.addLast(new Oldest(place, channel, appendedAt, endBytes));
        }
        entries = endNumber - floorNumber;
        bytes = endBytes - floorBytes;
    }

    // removing

    /**
     * Moves the floor over all that must go.
     *
     * @param extraBytes what takes space on disk beside the entries; it counts too, but never for more than half of what may be kept
     */
    void advance(long nowMillis, long extraBytes) throws SQLException {
        long mostBytes = retention.bytes() - Math.min(extraBytes, retention.bytes() / 2);
        long gone = 0;
        Oldest last = null;
        long left = entries;
        long leftBytes = bytes;
        while (left > 0) {
            if (ahead.isEmpty()) {
                publish(last, left, leftBytes);
                source.oldestAfter(last == null ? floor : last.place(), AHEAD, ahead);
            }
            Oldest oldest = ahead.element();
            boolean must = left > retention.entries() || leftBytes > mostBytes || isTooOld(oldest, nowMillis);
            if (!must) {
                break;
            }
            ahead.remove();
            oldest.channel().removed = oldest.place(); // before the floor moves over it
            note(oldest);
            last = oldest;
            left--;
            leftBytes = endBytes - oldest.totalBytes();
            gone++;
        }
        if (gone > 0) {
            publish(last, left, leftBytes);
        }
    }

    private void publish(@Nullable Oldest last, long left, long leftBytes) {
        if (last != null) {
            floorNumber = endNumber - left;
            floorBytes = last.totalBytes();
            entries = left;
            bytes = leftBytes;
            floor = last.place();
        }
    }

    private boolean isTooOld(Oldest oldest, long nowMillis) {
        long keptSince = nowMillis - ageMillis;
        return oldest.appendedAtMillis() < keptSince
                || (!setBacks.isEmpty() && setBacks.getFirst().appendedAtMillis() < keptSince);
    }

    private void note(Oldest removed) {
        if (!setBacks.isEmpty() && setBacks.getFirst().place() == removed.place()) {
            setBacks.removeFirst();
        }
        inChunk.put(removed.channel(), removed.place());
        entriesInChunk++;
        if (entriesInChunk == CHUNK) {
            closeChunk(removed.place());
        }
    }

    private void closeChunk(long upTo) {
        chunks.add(new Chunk(upTo, inChunk));
        inChunk = new HashMap<>();
        entriesInChunk = 0;
    }

    /** The oldest chunks that are to be deleted; they stay until {@link #deleted}. */
    List<Chunk> toDelete(int most) {
        return chunks.stream().limit(most).toList();
    }

    boolean hasToDelete() {
        return !chunks.isEmpty();
    }

    /** Closes a chunk that is not full, so that it can be deleted when there is nothing else to do. */
    void closeChunk() {
        if (entriesInChunk > 0) {
            closeChunk(floor);
        }
    }

    /** Forgets the oldest chunk, which is deleted. */
    void deleted() {
        chunks.remove();
    }

    // figures, for any thread

    /** The newest place that is removed, or the one that the log was born at. */
    long floor() {
        return floor;
    }

    long entries() {
        return entries;
    }

    long bytes() {
        return bytes;
    }
}
