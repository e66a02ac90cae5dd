// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The entries that a log keeps beyond its retention, in memory, for engines that keep them there: the newest of each name in each channel.
 *
 * <p>Bounded by a number, because nothing else bounds them: when there is no room the newcomer is refused, and only entries
 * whose time is over are forgotten to make room. Thread-safe.
 */
public final class LastingEntries {

    /** The most that a log keeps. */
    public static final int MOST = 100_000;

    /** What an entry is kept by. */
    public record Slot(String channel, String name) {}

    private record Held(LogEntry entry, long endMillis) {}

    private final Map<Slot, Held> held = new HashMap<>();

    /** The slots that a batch is about to take: none, as a rule. */
    public static Set<Slot> slots(Collection<Publication> batch) {
        Set<Slot> slots = Set.of();
        for (Publication publication : batch) {
            Publication.Lasting lasting = publication.lasting();
            if (lasting != null) {
                slots = slots.isEmpty() ? new HashSet<>() : slots;
                slots.add(new Slot(publication.channel(), lasting.name()));
            }
        }
        return slots;
    }

    /**
     * Demands room for all of these, some of which may be taken already; if it must, forgets entries whose time is over.
     *
     * @throws TooManyLastingException if there is none
     */
    public synchronized void requireRoomFor(Set<Slot> slots, long nowMillis) {
        if (!hasRoomFor(slots)) {
            held.values().removeIf(one -> one.endMillis <= nowMillis);
            if (!hasRoomFor(slots)) {
                throw new TooManyLastingException();
            }
        }
    }

    private boolean hasRoomFor(Set<Slot> slots) {
        long more = slots.stream().filter(slot -> !held.containsKey(slot)).count();
        return more == 0 || held.size() + more <= MOST;
    }

    /** Keeps a committed entry, in place of an earlier one of its name. */
    public synchronized void add(LogEntry entry, Publication.Lasting lasting) {
        held.put(new Slot(entry.channel(), lasting.name()), new Held(entry, lasting.endMillis()));
    }

    /** Those of a channel, in the order of the log. */
    public synchronized List<LogEntry> of(String channel) {
        return held.entrySet().stream()
                .filter(one -> one.getKey().channel().equals(channel))
                .map(one -> one.getValue().entry())
                .sorted(Comparator.comparing(LogEntry::id))
                .toList();
    }
}
