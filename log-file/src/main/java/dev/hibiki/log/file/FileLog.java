// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.log.ChannelFilter;
import dev.hibiki.log.EventId;
import dev.hibiki.log.EventLog;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.LogSlice;
import dev.hibiki.log.Publication;
import dev.hibiki.log.ReadBudget;
import dev.hibiki.log.Retention;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The log on disk: what was acknowledged survives the process, and with {@link Durability#FSYNC} the machine.
 *
 * <p><b>Promise.</b> What {@link EventLog} promises. It has a directory of its own, with an SQLite database in it that any tool of SQLite
 * can look into. Opening the directory again continues the same life of the log: its ids, its entries, what was removed, its keys.
 *
 * <p><b>Threads.</b> {@code hibiki-log} commits, in groups: whatever waits shares a transaction and a write to the disk. Tails are
 * called on it, and answers complete on it, so what depends on them must be quick. {@code hibiki-checkpoint} moves what is committed to
 * where it stays. Readers read on their own threads, {@value Readers#CONNECTIONS} at a time, and neither wait for the log's thread nor
 * hold it up, except for a moment when the write-ahead log starts over.
 *
 * <p><b>Worst case.</b> An append waits for the commit before it and its own. Appends that are not answered hold at most 64 MB;
 * one more is refused. A read looks at {@value #READ_LIMIT} entries at most, and then stops short. When the disk is full,
 * publishers are refused and nothing that was acknowledged is lost; when it has room again, the log goes on. Names and places
 * of all channels that have entries, and of {@value #REMEMBERED_CHANNELS} that had some, are in memory, and so is what is kept
 * beyond its retention.
 */
public final class FileLog implements EventLog {

    /** The most entries that one read looks at: some milliseconds. */
    static final int READ_LIMIT = 4096;

    /** The most channels without entries whose removals are remembered one by one: some 15 MB. */
    static final int REMEMBERED_CHANNELS = 100_000;

    private final Parts parts;
    private final EventId birth;
    private final long incarnation;
    private final int readLimit;

    FileLog(Parts parts, int readLimit) {
        this.parts = parts;
        this.incarnation = parts.incarnation();
        this.birth = Place.toId(parts.birth(), incarnation);
        this.readLimit = readLimit;
    }

    /**
     * Opens the log of a directory, with the system's clock. Makes directory and log if there is none.
     *
     * @throws FileLogException if the directory is in use, or holds anything but a whole log of ours
     */
    public static FileLog open(Path directory, Retention retention, Durability durability) throws FileLogException {
        return open(directory, retention, durability, InstantSource.system());
    }

    /** The same by another clock, as a test wants it. */
    public static FileLog open(Path directory, Retention retention, Durability durability, InstantSource clock)
            throws FileLogException {
        return new FileLog(Parts.open(directory, retention, durability, clock, REMEMBERED_CHANNELS), READ_LIMIT);
    }

    @Override
    public CompletableFuture<List<EventId>> append(List<Publication> batch) {
        List<Publication> publications = List.copyOf(batch);
        if (publications.isEmpty()) {
            throw new IllegalArgumentException("batch: empty (expected: at least one publication)");
        }
        refuseTail();
        return parts.waiting().add(publications);
    }

    @Override
    public LogSlice read(EventId after, EventId upTo, ChannelFilter filter, ReadBudget budget) throws IOException {
        requireOurs("after", after);
        requireOurs("upTo", upTo);
        refuseTail();
        var search = new Search(parts.channels(), incarnation, readLimit, budget);
        EventId end = end();
        EventId limit = upTo.isBefore(end) ? upTo : end;
        if (after.isBefore(limit)) {
            long from = Math.max(Place.of(after), parts.kept().floor());
            parts.readers().read(cursor -> {
                search.collect(cursor, filter, from, Place.of(limit));
                return search;
            });
        }
        return search.slice(after, limit, filter, parts.kept().floor());
    }

    @Override
    public EventId tail(Consumer<List<LogEntry>> committed) {
        refuseTail();
        return parts.committer().tail(committed);
    }

    /** {@inheritDoc} Does not block. */
    @Override
    public List<LogEntry> lasting(String channel) {
        return parts.lasting().of(channel);
    }

    @Override
    public EventId birth() {
        return birth;
    }

    /** {@inheritDoc} Retention by age is at most a second late when nobody publishes. */
    @Override
    public EventId floor() {
        return Place.toId(parts.kept().floor(), incarnation);
    }

    @Override
    public EventId surviving(EventId place) {
        requireOurs("place", place);
        long asked = Place.of(place);
        long surviving = parts.openings().surviving(asked, parts.committer().end());
        return surviving == asked ? place : Place.toId(surviving, incarnation);
    }

    /** {@inheritDoc} Does not block. */
    @Override
    public EventId end() {
        refuseTail();
        return Place.toId(parts.committer().end(), incarnation);
    }

    /** {@inheritDoc} Does not block. */
    @Override
    public @Nullable EventId lastOf(String channel) {
        refuseTail();
        Channel known = parts.channels().find(channel);
        long newest = known == null ? 0 : known.newest;
        return newest > parts.kept().floor() ? Place.toId(newest, incarnation) : null;
    }

    @Override
    public EventId beforeNewest(ChannelFilter filter, int count) throws IOException {
        refuseTail();
        long end = parts.committer().end();
        if (count == 0) {
            return Place.toId(end, incarnation);
        }
        long floor = parts.kept().floor();
        List<Channel> candidates = parts.channels().withNewsAfter(floor, filter);
        long place = parts.readers().read(cursor -> {
            var merge = new Merge(cursor, candidates, floor, end, Math.min(count, 64), true);
            long found = 0;
            for (int i = 0; i < count; i++) {
                found = merge.next();
                if (found == 0) {
                    return 0L;
                }
            }
            return cursor.before(found);
        });
        return Place.toId(Math.max(place, parts.kept().floor()), incarnation);
    }

    /** {@inheritDoc} Commits what waits, and releases the directory. The log cannot be read any more. */
    @Override
    public void close() {
        refuseTail();
        parts.close();
    }

    /** Why the log takes no appends now, in one line, or null if it does; from any thread, does not block. */
    public @Nullable String health() {
        return parts.isClosed() ? "closed" : parts.committer().trouble();
    }

    /** The log's figures; from any thread, does not block. */
    public Figures figures() {
        Kept kept = parts.kept();
        Committer committer = parts.committer();
        return new Figures(
                kept.entries(),
                kept.bytes(),
                parts.checkpoints().walBytes(),
                committer.appended(),
                committer.commits(),
                parts.walFile().forcedNanos(),
                parts.channels().size());
    }

    /** What it consists of, for tests that reach into it. */
    Parts parts() {
        return parts;
    }

    /** Applies retention now, for tests that cannot wait a second. */
    void settle() {
        parts.waiting().add(List.of()).join();
    }

    private void requireOurs(String name, EventId place) {
        if (!place.sameIncarnation(birth)) {
            throw new IllegalArgumentException(
                    name + ": " + place + " (expected: a place of this log, which was born at " + birth + ")");
        }
    }

    private void refuseTail() {
        if (parts.committer().isTailing()) {
            throw new IllegalStateException("log: called by its own tail (expected: a tail that only takes note)");
        }
    }
}
