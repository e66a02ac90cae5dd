// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PrimitiveIterator;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log in memory: ordered, bounded by count, bytes and age, lost on exit. Each one is an incarnation of its own.
 *
 * <p><b>Promise.</b> What {@link EventLog} promises, where "durable" means "in this process's memory". An entry's frame is made once;
 * the tail and all readers share it.
 *
 * <p><b>Threads.</b> It has none. The thread that appends takes one lock, gives the places, commits, trims and calls the tail: so the
 * order of commits is the order that the tail sees, and the tail has them before the publisher is answered, without a queue or a
 * hand-over. A queue to a thread of the log's own was rejected: with nothing to wait for, neither disk nor network, there is nothing to
 * gain by grouping. Retention by age is applied by whichever call comes next, an append or a question.
 *
 * <p><b>Worst case.</b> A read holds the lock while it looks at {@value #READ_LIMIT} entries, or tests as many channels, and then stops
 * short; a read by pattern from before the newest removal also tests each channel that lost something, at most
 * {@value #REMEMBERED_CHANNELS}, which takes some milliseconds. The first call after a long silence removes everything that has become
 * too old meanwhile. Small events, each on a channel of its own, may take twice the memory that {@link Retention#bytes} counts.
 */
public final class MemoryLog implements EventLog {

    /** The most entries that one read looks at: some tenths of a millisecond under the lock. */
    static final int READ_LIMIT = 4096;

    /** The most channels whose removals are remembered one by one: some 15 MB. */
    static final int REMEMBERED_CHANNELS = 100_000;

    private static final Logger LOG = LoggerFactory.getLogger(MemoryLog.class);

    private final InstantSource clock;
    private final int readLimit;
    private final EventId birth;

    private final Object lock = new Object();
    private final KeptEntries kept; // this and all below: under the lock
    private final ChannelIndex index = new ChannelIndex();
    private final Keys keys = new Keys();
    private final LastingEntries lasting = new LastingEntries();
    private final Removals removals;
    private final List<Consumer<List<LogEntry>>> tails = new ArrayList<>();
    private EventId end;
    private EventId floor;
    private boolean closed;

    MemoryLog(Retention retention, InstantSource clock, int readLimit, int rememberedChannels) {
        this.clock = clock;
        this.readLimit = readLimit;
        this.birth = EventId.birth(now());
        this.kept = new KeptEntries(retention);
        this.removals = new Removals(rememberedChannels);
        this.end = birth;
        this.floor = birth;
    }

    /** A new, empty log, by the system's clock. */
    public static MemoryLog create(Retention retention) {
        return create(retention, InstantSource.system());
    }

    /** A new, empty log by another clock, as a test wants it. */
    public static MemoryLog create(Retention retention, InstantSource clock) {
        return new MemoryLog(retention, clock, READ_LIMIT, REMEMBERED_CHANNELS);
    }

    /** {@inheritDoc} The future is complete on return. */
    @Override
    public CompletableFuture<List<EventId>> append(List<Publication> batch) {
        List<Publication> publications = List.copyOf(batch);
        if (publications.isEmpty()) {
            throw new IllegalArgumentException("batch: empty (expected: at least one publication)");
        }
        refuseTail();
        synchronized (lock) {
            if (closed) {
                return CompletableFuture.failedFuture(new LogUnavailableException("log: closed (expected: open)"));
            }
            long now = now();
            trim(now);
            try {
                return CompletableFuture.completedFuture(append(publications, now));
            } catch (KeyConflictException | TooManyLastingException refused) {
                return CompletableFuture.failedFuture(refused);
            }
        }
    }

    private List<EventId> append(List<Publication> batch, long now) {
        var ids = new ArrayList<EventId>(batch.size());
        var entries = new ArrayList<LogEntry>(batch.size());
        var keyed = new LinkedHashMap<Publication.Key, LogEntry>(0);
        var outliving = new LinkedHashMap<LogEntry, Publication.Lasting>(0);
        EventId place = end;
        for (Publication publication : batch) {
            LogEntry before = publishedBefore(publication, keyed);
            if (before == null) {
                place = place.next(now);
                LogEntry entry = LogEntry.of(place, now, publication);
                entries.add(entry);
                if (publication.key() != null) {
                    keyed.put(publication.key(), entry);
                }
                if (publication.lasting() != null) {
                    outliving.put(entry, publication.lasting());
                }
                before = entry;
            }
            ids.add(before.id());
        }
        Set<LastingEntries.Slot> slots = LastingEntries.slots(batch);
        if (!slots.isEmpty()) {
            lasting.requireRoomFor(slots, now);
        }
        if (!entries.isEmpty()) {
            commit(entries);
            keyed.forEach(keys::add);
            outliving.forEach(lasting::add);
            trim(now);
            handOver(Collections.unmodifiableList(entries));
        }
        return Collections.unmodifiableList(ids);
    }

    private @Nullable LogEntry publishedBefore(Publication publication, Map<Publication.Key, LogEntry> inThisBatch) {
        Publication.Key key = publication.key();
        if (key == null) {
            return null;
        }
        LogEntry kept = keys.find(key);
        LogEntry before = kept != null ? kept : inThisBatch.get(key);
        if (before != null && !before.isFrom(publication)) {
            throw new KeyConflictException(key);
        }
        return before;
    }

    /** All entries are made before the first is kept, so that a batch is all or nothing whatever fails. */
    private void commit(List<LogEntry> entries) {
        for (LogEntry entry : entries) {
            index.add(entry.channel(), kept.add(entry));
            end = entry.id();
        }
    }

    private void trim(long now) {
        for (LogEntry gone = kept.removeExceeding(now); gone != null; gone = kept.removeExceeding(now)) {
            floor = gone.id();
            index.removeOldest(gone.channel());
            removals.add(gone);
        }
        keys.removeUpTo(floor);
    }

    /** A tail that throws has still seen the commit: it is in the log, and the publisher must not be told otherwise. */
    private void handOver(List<LogEntry> entries) {
        for (Consumer<List<LogEntry>> tail : tails) {
            try {
                tail.accept(entries);
            } catch (RuntimeException e) {
                LOG.error("tail: failed on the commit that ends at {}", end, e);
            }
        }
    }

    /** {@inheritDoc} Does not block. */
    @Override
    public LogSlice read(EventId after, EventId upTo, ChannelFilter filter, ReadBudget budget) {
        requireOurs("after", after);
        requireOurs("upTo", upTo);
        refuseTail();
        synchronized (lock) {
            trim(now());
            EventId limit = upTo.isBefore(end) ? upTo : end;
            EventId removedTo = removals.newestFor(filter, after);
            if (!after.isBefore(limit)) {
                return new LogSlice(List.of(), after, removedTo);
            }
            var found = new ArrayList<LogEntry>();
            EventId stoppedAt = collect(after, limit, filter, budget, found);
            return new LogSlice(found, stoppedAt == null ? limit : stoppedAt, removedTo);
        }
    }

    /** Adds what matches, and returns the place at which it had to stop, or null if it saw everything. */
    private @Nullable EventId collect(
            EventId after, EventId limit, ChannelFilter filter, ReadBudget budget, List<LogEntry> found) {
        PrimitiveIterator.OfLong positions = positions(filter, kept.firstAfter(after), kept.firstAfter(limit));
        long bytes = 0;
        for (int seen = 1; positions.hasNext(); seen++) {
            LogEntry entry = kept.get(positions.nextLong());
            if (filter.matches(entry.channel())) {
                found.add(entry);
                bytes += entry.frame().length;
            }
            if (found.size() >= budget.entries() || bytes >= budget.bytes() || seen >= readLimit) {
                return entry.id();
            }
        }
        return null;
    }

    /** Where to look: by the index of channels, unless there are more channels to try than entries to look at. */
    private PrimitiveIterator.OfLong positions(ChannelFilter filter, long from, long to) {
        Collection<String> candidates = candidates(filter);
        return candidates.size() <= Math.min(to - from, readLimit)
                ? index.positions(candidates, filter, from, to)
                : LongStream.range(from, to).iterator();
    }

    private Collection<String> candidates(ChannelFilter filter) {
        return filter.hasPatterns() ? index.channels() : filter.channels();
    }

    @Override
    public EventId tail(Consumer<List<LogEntry>> committed) {
        refuseTail();
        synchronized (lock) {
            tails.add(committed);
            return end;
        }
    }

    /** {@inheritDoc} Does not block. */
    @Override
    public List<LogEntry> lasting(String channel) {
        return lasting.of(channel);
    }

    @Override
    public EventId birth() {
        return birth;
    }

    @Override
    public EventId floor() {
        refuseTail();
        synchronized (lock) {
            trim(now());
            return floor;
        }
    }

    /** {@inheritDoc} A log in memory never loses an end, so only a place that was never given counts as lost. */
    @Override
    public EventId surviving(EventId place) {
        requireOurs("place", place);
        return place.isAfter(end()) ? birth : place;
    }

    /** {@inheritDoc} Does not block. */
    @Override
    public EventId end() {
        refuseTail();
        synchronized (lock) {
            trim(now());
            return end;
        }
    }

    /** {@inheritDoc} Does not block. */
    @Override
    public @Nullable EventId lastOf(String channel) {
        refuseTail();
        synchronized (lock) {
            trim(now());
            long newest = index.newest(channel);
            return newest < 0 ? null : kept.get(newest).id();
        }
    }

    /** {@inheritDoc} Does not block. */
    @Override
    public EventId beforeNewest(ChannelFilter filter, int count) {
        refuseTail();
        synchronized (lock) {
            trim(now());
            if (count == 0) {
                return end;
            }
            long position = index.newest(candidates(filter), filter, count - 1);
            return position < 0 || position == kept.firstAfter(floor)
                    ? floor
                    : kept.get(position - 1).id();
        }
    }

    /** {@inheritDoc} What is in the log can still be read. */
    @Override
    public void close() {
        refuseTail();
        synchronized (lock) {
            closed = true;
        }
    }

    /** How many entries are in memory, those that are too old and not yet removed included. */
    int size() {
        synchronized (lock) {
            return kept.size();
        }
    }

    private long now() {
        return Math.max(0, clock.millis());
    }

    private void requireOurs(String name, EventId place) {
        if (!place.sameIncarnation(birth)) {
            throw new IllegalArgumentException(
                    name + ": " + place + " (expected: a place of this log, which was born at " + birth + ")");
        }
    }

    /** The lock is reentrant, and would let a tail back in, in the middle of a commit. */
    private void refuseTail() {
        if (Thread.holdsLock(lock)) {
            throw new IllegalStateException("log: called by its own tail (expected: a tail that only takes note)");
        }
    }
}
