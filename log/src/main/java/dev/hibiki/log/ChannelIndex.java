// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.PrimitiveIterator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * Where each channel's entries stand in a memory log, so that a reader of a quiet channel need not look at all other entries.
 *
 * <p>For each channel that has entries it holds their positions, in order; a channel leaves with its last entry. A read of several
 * channels merges their positions: O(k log n) to begin with k channels, then O(log k) for each entry. Adding and removing are O(1)
 * amortised.
 *
 * <p>Not thread-safe: the log's lock guards it. An iterator is valid until the next change.
 */
final class ChannelIndex {

    private final Map<String, Positions> channels = new HashMap<>();

    /** Notes the newest entry of all. */
    void add(String channel, long position) {
        channels.computeIfAbsent(channel, name -> new Positions()).add(position);
    }

    /** Forgets the channel's oldest entry, which must exist. */
    void removeOldest(String channel) {
        Positions positions = channels.get(channel);
        if (positions == null) {
            throw new IllegalStateException("channel: " + channel + " has no entry (expected: at least one)");
        }
        positions.removeFirst();
        if (positions.size() == 0) {
            channels.remove(channel);
        }
    }

    /** The channels that have entries: a view that changes with them. */
    Collection<String> channels() {
        return Collections.unmodifiableSet(channels.keySet());
    }

    /** The position of the channel's newest entry, or -1 if it has none. */
    long newest(String channel) {
        @Nullable Positions positions = channels.get(channel);
        return positions == null ? -1 : positions.values[positions.to - 1];
    }

    /** The positions in a range at which entries stand whose channel is among the candidates and matches the filter, in order. */
    PrimitiveIterator.OfLong positions(Collection<String> candidates, ChannelFilter filter, long from, long to) {
        var runs = new PriorityQueue<Run>();
        for (String channel : candidates) {
            @Nullable Positions positions = filter.matches(channel) ? channels.get(channel) : null;
            if (positions != null) {
                Run run = new Run(positions.values, positions.indexOf(from), positions.indexOf(to));
                if (run.at < run.end) {
                    runs.add(run);
                }
            }
        }
        return new Merge(runs);
    }

    /** Of the candidates that match the filter, the position of the newest entry but {@code others}, or -1 if there are fewer. */
    long newest(Collection<String> candidates, ChannelFilter filter, int others) {
        var runs = new PriorityQueue<Run>(Comparator.reverseOrder());
        for (String channel : candidates) {
            @Nullable Positions positions = filter.matches(channel) ? channels.get(channel) : null;
            if (positions != null) {
                runs.add(new Run(positions.values, positions.to - 1, positions.from));
            }
        }
        for (int passed = 0; passed < others && !runs.isEmpty(); passed++) {
            Run run = runs.remove();
            if (run.at-- > run.end) {
                runs.add(run);
            }
        }
        return runs.isEmpty() ? -1 : runs.element().position();
    }

    /** One channel's positions: rising, added at the end, removed at the front; never more than four times the space they need. */
    private static final class Positions {

        private long[] values = new long[2];
        private int from;
        private int to;

        void add(long position) {
            if (to == values.length) {
                fit();
            }
            values[to++] = position;
        }

        void removeFirst() {
            from++;
            if (size() > 0 && size() < values.length / 4) {
                fit();
            }
        }

        int size() {
            return to - from;
        }

        /** Where the first value stands that is at least the one given. */
        int indexOf(long position) {
            int found = Arrays.binarySearch(values, from, to, position);
            return found >= 0 ? found : -found - 1;
        }

        private void fit() {
            int size = size();
            long[] fitting = new long[size * 2];
            System.arraycopy(values, from, fitting, 0, size);
            values = fitting;
            from = 0;
            to = size;
        }
    }

    /** What is still to be merged of one channel's positions, from {@code at} to {@code end}, up or down. */
    private static final class Run implements Comparable<Run> {

        private final long[] values;
        private int at;
        private final int end;

        Run(long[] values, int at, int end) {
            this.values = values;
            this.at = at;
            this.end = end;
        }

        long position() {
            return values[at];
        }

        @Override
        public int compareTo(Run other) {
            return Long.compare(position(), other.position());
        }
    }

    private static final class Merge implements PrimitiveIterator.OfLong {

        private final PriorityQueue<Run> runs;

        Merge(PriorityQueue<Run> runs) {
            this.runs = runs;
        }

        @Override
        public boolean hasNext() {
            return !runs.isEmpty();
        }

        @Override
        public long nextLong() {
            Run run = runs.remove();
            long position = run.values[run.at++];
            if (run.at < run.end) {
                runs.add(run);
            }
            return position;
        }
    }
}
