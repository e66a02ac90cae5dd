// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The recent log in memory, from which all shards read: a ring with one writer and many readers, without locks.
 *
 * <p>Entries are counted from 0 for the life of the hub; the count is an entry's <em>index</em>. The log's tail puts entries at
 * {@link #head}; readers take any index from {@link #oldest} up to it. A reader that is too slow is <em>lapped</em>: its entry was
 * overwritten, {@link #get} says so by null, and the log has to be read instead.
 *
 * <p>Why a reader can never take the wrong entry for its own: before a slot is emptied or used again, the floor is raised above the
 * entry that stood there, and a reader looks at the floor after it took the entry. So what it keeps was still in its place.
 */
final class Window {

    /**
     * A point in the window.
     *
     * @param index the index of the next entry to read
     * @param place the place before that entry
     */
    record Position(long index, EventId place) {}

    private final AtomicReferenceArray<@Nullable LogEntry> ring;
    private final int mask;
    private final long maxBytes;

    /** The next index to be written: how many entries there ever were. */
    private volatile long head;

    /** Where reading can begin at the earliest: for a reader at this place or after it, everything that it needs is here. */
    private volatile Position floor;

    // The writer's own: the thread that commits to the log.
    private long bytes;

    /**
     * A window without entries.
     *
     * @param entries how many entries it can hold, rounded up to a power of two
     * @param maxBytes how much they may weigh together; the newest is kept whatever it weighs
     * @param start the place after which the first entry will come
     */
    Window(int entries, long maxBytes, EventId start) {
        int capacity = entries <= 1 ? 1 : Integer.highestOneBit(entries - 1) << 1;
        this.ring = new AtomicReferenceArray<>(capacity);
        this.mask = capacity - 1;
        this.maxBytes = maxBytes;
        this.floor = new Position(0, start);
    }

    /** Adds an entry, dropping the oldest ones for which there is no more room. Called by the log's tail only. */
    void put(LogEntry entry) {
        long at = head;
        bytes += entry.weight();
        while (floor.index() < at && (at - floor.index() > mask || bytes > maxBytes)) {
            dropOldest();
        }
        ring.set((int) (at & mask), entry);
        head = at + 1;
    }

    private void dropOldest() {
        long index = floor.index();
        LogEntry entry = ring.get((int) (index & mask));
        if (entry == null) {
            throw new IllegalStateException("the window has no entry at its floor, " + index);
        }
        bytes -= entry.weight();
        floor = new Position(index + 1, entry.id());
        ring.set((int) (index & mask), null);
    }

    long head() {
        return head;
    }

    long oldest() {
        return floor.index();
    }

    /** The entry at an index below {@link #head}, or null if it was dropped. */
    @Nullable
    LogEntry get(long index) {
        LogEntry entry = ring.get((int) (index & mask));
        return index < floor.index() ? null : entry;
    }

    /** The newest point: after the last entry. */
    Position end() {
        while (true) {
            Position lowest = floor;
            long index = head;
            if (index == lowest.index()) {
                return lowest;
            }
            LogEntry last = get(index - 1);
            if (last != null) {
                return new Position(index, last.id());
            }
        }
    }

    /**
     * The index of the first entry after a place of this incarnation.
     *
     * @return the index, or -1 if entries after that place were dropped, so that the log has to be read
     */
    long indexAfter(EventId place) {
        while (true) {
            Position lowest = floor;
            if (place.isBefore(lowest.place())) {
                return -1;
            }
            long index = search(place, lowest.index(), head);
            if (index >= 0) {
                return index;
            }
        }
    }

    /** The last place in the window that is not after the given one, or null if the window does not reach back to it. */
    @Nullable
    EventId lastUpTo(EventId place) {
        while (true) {
            long index = indexAfter(place);
            Position lowest = floor;
            if (index < 0 || index < lowest.index()) {
                return null;
            }
            if (index == lowest.index()) {
                return lowest.place();
            }
            LogEntry last = get(index - 1);
            if (last != null) {
                return last.id();
            }
        }
    }

    /** Binary search for the first entry after a place, or -1 if it met an entry that was dropped meanwhile. */
    private long search(EventId place, long from, long to) {
        long low = from;
        long high = to;
        while (low < high) {
            long middle = (low + high) >>> 1;
            LogEntry entry = get(middle);
            if (entry == null) {
                return -1;
            }
            if (entry.id().isAfter(place)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** Whether a reader at this index is so far behind that it may soon be lapped: more than half of the window. */
    boolean isFarBehind(long index) {
        long newest = head;
        long lowest = floor.index();
        boolean dropping = lowest > 0;
        return newest - index > (mask >> 1) || (dropping && index - lowest < (newest - lowest) >> 1);
    }
}
