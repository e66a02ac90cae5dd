// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The entries that a memory log keeps, oldest first, in a ring that grows and shrinks with them; and the rule that says which must go.
 *
 * <p>Each entry has a <em>position</em>, counted from 0 over the whole life of the log, which never changes: so an index of
 * channels can refer to it while older entries go. Access by position is O(1), the search for a place is O(log n), adding
 * and removing are O(1) amortised (growing copies references: about a millisecond for a million).
 *
 * <p>Retention by age goes by the stored append times, and these can fall when the clock is set back. An entry goes when it, <em>or any
 * entry after it</em>, is too old: else entries from a time when the clock was ahead would hold up everything behind them for as long
 * as it was ahead. So that this costs nothing, the entries at which the clock had gone back are also kept in a list of their own,
 * except those that a later one with an older time makes superfluous; as a rule the list is empty.
 *
 * <p>Not thread-safe: the log's lock guards it.
 */
final class KeptEntries {

    private static final int LEAST_CAPACITY = 16;

    private final long mostEntries;
    private final long mostBytes;
    private final long ageMillis;

    private @Nullable LogEntry[] ring = new LogEntry[LEAST_CAPACITY]; // its length is a power of two
    private long first;
    private long next;
    private long bytes;
    private final Deque<LogEntry> setBack = new ArrayDeque<>(); // append times rise from front to back

    KeptEntries(Retention retention) {
        mostEntries = retention.entries();
        mostBytes = retention.bytes();
        boolean forEver = retention.age().toSeconds() > Long.MAX_VALUE / 1000 - 1;
        ageMillis = forEver ? Long.MAX_VALUE : retention.age().toMillis();
    }

    /** Adds an entry after all others and returns its position. */
    long add(LogEntry entry) {
        if (size() == ring.length) {
            resize(ring.length * 2);
        }
        if (size() > 0 && entry.appendedAtMillis() < get(next - 1).appendedAtMillis()) {
            while (!setBack.isEmpty() && setBack.getLast().appendedAtMillis() >= entry.appendedAtMillis()) {
                setBack.removeLast();
            }
            setBack.addLast(entry);
        }
        ring[slot(next)] = entry;
        bytes += entry.weight();
        return next++;
    }

    /** The entry at a position that is kept. */
    LogEntry get(long position) {
        return Objects.requireNonNull(ring[slot(position)]);
    }

    int size() {
        return (int) (next - first);
    }

    /** The position of the first kept entry after a place, or the one that the next entry will get if there is none. */
    long firstAfter(EventId place) {
        long low = first;
        long high = next;
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (get(middle).id().isAfter(place)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    /** Removes the oldest entry if it must go, and returns it, else null. */
    @Nullable
    LogEntry removeExceeding(long nowMillis) {
        if (size() == 0) {
            return null;
        }
        LogEntry oldest = get(first);
        boolean must = size() > mostEntries || bytes > mostBytes || isTooOld(oldest, nowMillis);
        return must ? removeOldest(oldest) : null;
    }

    private boolean isTooOld(LogEntry oldest, long nowMillis) {
        long keptSince = nowMillis - ageMillis;
        return oldest.appendedAtMillis() < keptSince
                || (!setBack.isEmpty() && setBack.getFirst().appendedAtMillis() < keptSince);
    }

    private LogEntry removeOldest(LogEntry oldest) {
        ring[slot(first++)] = null;
        bytes -= oldest.weight();
        if (!setBack.isEmpty() && setBack.getFirst().id().equals(oldest.id())) {
            setBack.removeFirst();
        }
        if (ring.length > LEAST_CAPACITY && size() < ring.length / 4) {
            resize(ring.length / 2);
        }
        return oldest;
    }

    private void resize(int capacity) {
        @Nullable LogEntry[] resized = new LogEntry[capacity];
        for (long position = first; position < next; position++) {
            resized[(int) position & (capacity - 1)] = get(position);
        }
        ring = resized;
    }

    private int slot(long position) {
        return (int) position & (ring.length - 1);
    }
}
