// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** A log as one writes it who has all the time in the world: it forgets nothing, and searches everything. What real ones are held to. */
final class ModelLog {

    private final EventId birth;
    private final Retention retention;
    private final List<LogEntry> all = new ArrayList<>();
    private int removed;

    ModelLog(EventId birth, Retention retention) {
        this.birth = birth;
        this.retention = retention;
    }

    /** The same log under another retention. */
    ModelLog(ModelLog before, Retention retention) {
        this(before.birth, retention);
        all.addAll(before.all);
        removed = before.removed;
    }

    void commit(List<EventId> ids, long nowMillis, List<Publication> batch) {
        require(ids.size() == batch.size(), "ids", ids.size(), batch.size());
        for (int i = 0; i < ids.size(); i++) {
            require(ids.get(i).isAfter(end()), "next id", ids.get(i), "after " + end());
            all.add(LogEntry.of(ids.get(i), nowMillis, batch.get(i)));
        }
        trim(nowMillis);
    }

    /** Removes the oldest until nothing exceeds the retention. */
    void trim(long nowMillis) {
        while (exceeds(kept(), nowMillis)) {
            removed++;
        }
    }

    private boolean exceeds(List<LogEntry> kept, long nowMillis) {
        long keptSince = nowMillis - retention.age().toMillis();
        return kept.size() > retention.entries()
                || kept.stream().mapToLong(LogEntry::weight).sum() > retention.bytes()
                || kept.stream().anyMatch(entry -> entry.appendedAtMillis() < keptSince);
    }

    EventId birth() {
        return birth;
    }

    List<LogEntry> kept() {
        return all.subList(removed, all.size());
    }

    int removed() {
        return removed;
    }

    EventId end() {
        return all.isEmpty() ? birth : all.get(all.size() - 1).id();
    }

    @Nullable
    EventId lastOf(String channel) {
        return last(kept(), Channels.named(channel));
    }

    /** {@link EventLog#beforeNewest}; {@code floor} is the log's. */
    EventId beforeNewest(ChannelFilter filter, int count, EventId floor) {
        List<LogEntry> kept = kept();
        int found = 0;
        for (int i = kept.size(); i > 0; i--) {
            if (found == count) {
                return kept.get(i - 1).id();
            }
            found += filter.matches(kept.get(i - 1).channel()) ? 1 : 0;
        }
        return floor;
    }

    @Nullable
    EventId removedTo(ChannelFilter filter) {
        return last(all.subList(0, removed), filter);
    }

    private static @Nullable EventId last(List<LogEntry> entries, ChannelFilter filter) {
        @Nullable EventId last = null;
        for (LogEntry entry : entries) {
            last = filter.matches(entry.channel()) ? entry.id() : last;
        }
        return last;
    }

    /** Every place worth to ask from or up to: all that ever were, what is just before and after each, and both far ends. */
    Set<EventId> places() {
        var places = new TreeSet<EventId>();
        places.add(birth);
        places.add(new EventId(0, 0, birth.incarnation()));
        places.add(new EventId(Long.MAX_VALUE, Long.MAX_VALUE, birth.incarnation()));
        for (LogEntry entry : all) {
            EventId id = entry.id();
            places.add(id);
            places.add(new EventId(id.millis(), id.sequence() + 1, id.incarnation()));
            places.add(new EventId(id.millis() - 1, Long.MAX_VALUE, id.incarnation()));
        }
        return places;
    }

    /** Holds a slice to the promises of a read, but for how far it must get. */
    void check(LogSlice slice, EventId after, EventId upTo, ChannelFilter filter, ReadBudget budget) {
        EventId limit = stop(after, upTo);
        EventId scannedTo = slice.scannedTo();
        require(!scannedTo.isBefore(after) && !scannedTo.isAfter(limit), "scannedTo", scannedTo, after + ".." + limit);
        require(scannedTo.isAfter(after) || after.equals(limit), "scannedTo", scannedTo, "some way from " + after);

        List<LogEntry> matching = kept().stream()
                .filter(entry -> filter.matches(entry.channel()))
                .filter(entry -> entry.id().isAfter(after) && !entry.id().isAfter(scannedTo))
                .toList();
        require(same(slice.entries(), matching), "entries", ids(slice.entries()), ids(matching));
        List<LogEntry> allButLast = matching.subList(0, Math.max(0, matching.size() - 1));
        require(!isUsedUp(budget, allButLast), "entries", ids(matching), "no more than " + budget);

        @Nullable EventId removedTo = removedTo(filter);
        boolean missed = removedTo != null && after.isBefore(removedTo);
        require(slice.missedSince(after) == missed, "removedTo", slice.removedTo(), removedTo);
        require(!missed || Objects.equals(slice.removedTo(), removedTo), "removedTo", slice.removedTo(), removedTo);
    }

    /** Holds a slice of a small log also to this: that it stops short only where the budget is used up. */
    void checkFar(LogSlice slice, EventId after, EventId upTo, ReadBudget budget) {
        boolean far = slice.scannedTo().equals(stop(after, upTo)) || isUsedUp(budget, slice.entries());
        require(far, "scannedTo", slice.scannedTo(), stop(after, upTo) + ", for " + budget + " is not used up");
    }

    private EventId stop(EventId after, EventId upTo) {
        EventId limit = upTo.isBefore(end()) ? upTo : end();
        return limit.isBefore(after) ? after : limit;
    }

    private static boolean isUsedUp(ReadBudget budget, List<LogEntry> entries) {
        int bytes = entries.stream().mapToInt(entry -> entry.frame().length).sum();
        return entries.size() >= budget.entries() || bytes >= budget.bytes();
    }

    /** Whether both are the same events in the same places, byte for byte. */
    static boolean same(List<LogEntry> some, List<LogEntry> others) {
        boolean same = some.size() == others.size();
        for (int i = 0; same && i < some.size(); i++) {
            LogEntry one = some.get(i);
            LogEntry other = others.get(i);
            same = one.id().equals(other.id())
                    && one.appendedAtMillis() == other.appendedAtMillis()
                    && one.channel().equals(other.channel())
                    && Arrays.equals(one.frame(), other.frame());
        }
        return same;
    }

    static List<EventId> ids(List<LogEntry> entries) {
        return entries.stream().map(LogEntry::id).toList();
    }

    private static void require(boolean holds, String what, @Nullable Object actual, @Nullable Object expected) {
        if (!holds) {
            throw new AssertionError(what + ": " + actual + " (expected: " + expected + ")");
        }
    }
}
