// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.log.EventId;
import dev.hibiki.log.KeyConflictException;
import dev.hibiki.log.LastingEntries;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.LogUnavailableException;
import dev.hibiki.log.TooManyLastingException;
import java.io.IOException;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log's thread, {@code hibiki-log}: takes what waits, gives places, commits it together, and only then shows it and answers.
 *
 * <p><b>The order of a commit</b> is the promise of the log: rows are written, the transaction is committed, the bytes are forced to the
 * disk; then channels, retention and the end move, the tails are called, the publishers are answered. Whatever fails before the end moves
 * leaves nothing to be seen, and its places are not used again.
 *
 * <p><b>After a failure</b> the log goes on with the next group (a full disk may have room again), unless it cannot be known what is on
 * the disk: then it refuses until it is opened again. Each kind of trouble is logged when it begins and when it ends, not each time.
 *
 * <p>With nothing to do, the thread wakes once a second, applies retention by age, and deletes what is removed.
 */
final class Committer implements Runnable {

    /** How late retention by age may be when nobody publishes. */
    private static final long IDLE_NANOS = 1_000_000_000;

    /** The most chunks that one transaction deletes beside what it adds: deleting must be faster than adding. */
    private static final int CHUNKS_A_COMMIT = 12;

    /** After how many bytes the size of the write-ahead log is asked for. */
    private static final long LOOK_BYTES = 256 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(FileLog.class);

    private final InstantSource clock;
    private final long incarnation;
    private final Waiting waiting;
    private final Store store;
    private final ChannelTable channels;
    private final Kept kept;
    private final LastingEntries lasting;
    private final Openings openings;
    private final Checkpoints checkpoints;
    private final @Nullable WalFile walFile; // null: the bytes are not forced

    private final List<Consumer<List<LogEntry>>> tails =
            new ArrayList<>(); // its lock guards it and each move of the end
    private volatile long end;

    private List<Waiting.Append> group = List.of(); // this and below: the log's thread
    private long lastPlace; // that was given, if only to something that failed
    private boolean broken; // for good
    private long bytesSinceLook;

    private volatile @Nullable String trouble;
    private final AtomicLong commits = new AtomicLong();
    private final AtomicLong appended = new AtomicLong();

    Committer(
            InstantSource clock,
            long incarnation,
            long end,
            Waiting waiting,
            Store store,
            ChannelTable channels,
            Kept kept,
            LastingEntries lasting,
            Openings openings,
            Checkpoints checkpoints,
            @Nullable WalFile walFile) {
        this.clock = clock;
        this.incarnation = incarnation;
        this.end = end;
        this.lastPlace = end;
        this.waiting = waiting;
        this.store = store;
        this.channels = channels;
        this.kept = kept;
        this.lasting = lasting;
        this.openings = openings;
        this.checkpoints = checkpoints;
        this.walFile = walFile;
    }

    /** Applies the retention to what was found at opening. */
    void begin() throws SQLException {
        kept.advance(now(), 0);
    }

    @Override
    public void run() {
        try {
            do {
                group = waiting.take(patienceNanos());
                if (group.isEmpty()) {
                    keepHouse();
                } else {
                    commitGroup();
                }
            } while (!group.isEmpty() || !waiting.isClosed());
            leave();
        } catch (Throwable died) {
            LOG.error("log: its thread died, nothing is appended any more", died);
            waiting.refuse(new LogUnavailableException("log: its thread died (expected: opened again)", died));
            trouble = "its thread died";
            for (List<Waiting.Append> left = group; !left.isEmpty(); left = waiting.take(0)) {
                refuse(left);
            }
        }
    }

    private long patienceNanos() {
        return hasToDelete() && trouble == null ? 0 : IDLE_NANOS;
    }

    // committing

    private void commitGroup() {
        SQLException elsewhere = checkpoints.failure();
        if (elsewhere != null && !broken) {
            troubled(elsewhere);
        }
        LogUnavailableException refusal = broken ? waiting.refusal() : null;
        if (refusal == null) {
            try {
                show(commit());
                answer();
                return;
            } catch (SQLException | IOException e) {
                troubled(e);
            }
        }
        refuse(group);
    }

    private List<Transaction.Added> commit() throws SQLException, IOException {
        long now = now();
        kept.advance(now, checkpoints.walBytesBeyondBase());
        var transaction = new Transaction(store, channels, kept, lasting, openings, incarnation, now, lastPlace);
        checkpoints.writing().lock();
        try {
            try {
                within(() -> {
                    for (Waiting.Append append : group) {
                        plan(append, transaction);
                    }
                    return delete(transaction.channels());
                });
            } finally {
                lastPlace = transaction.place();
            }
            if (walFile != null && !transaction.added().isEmpty()) {
                walFile.force();
            }
            lookAtWal(transaction.bytes());
        } finally {
            checkpoints.writing().unlock();
        }
        commits.incrementAndGet();
        recovered();
        return transaction.added();
    }

    /** Asks how large the write-ahead log is, but not after each small commit. */
    private void lookAtWal(long bytes) {
        bytesSinceLook += bytes;
        if (bytesSinceLook >= LOOK_BYTES) {
            bytesSinceLook = 0;
            try {
                checkpoints.written(store.wal());
            } catch (SQLException e) {
                troubled(e); // which does not undo what is committed
            }
        }
    }

    /** What is written in a transaction, and what it deletes. */
    private interface Writing {
        Deletion write() throws SQLException;
    }

    private record Deletion(List<Kept.Chunk> chunks, List<Channel> forgotten) {}

    private void within(Writing writing) throws SQLException {
        store.begin();
        Deletion deletion = null;
        boolean done = false;
        try {
            deletion = writing.write();
            store.commit();
            done = true;
        } finally {
            if (!done) {
                store.rollback();
            }
        }
        deleted(deletion);
    }

    private static void plan(Waiting.Append append, Transaction transaction) throws SQLException {
        try {
            append.ids = transaction.add(append.batch);
        } catch (KeyConflictException | TooManyLastingException refused) {
            append.refusal = refused;
        }
    }

    /** Makes visible what is committed, and hands it over. A tail that throws has seen the commit all the same. */
    private void show(List<Transaction.Added> added) {
        if (added.isEmpty()) {
            return;
        }
        for (Transaction.Added one : added) {
            channels.appended(one.channel(), one.place());
            kept.add(one.entry(), one.place(), one.channel());
            if (one.lasting() != null) {
                lasting.add(one.entry(), one.lasting());
            }
        }
        if (!openings.isWritten()) {
            openings.written(added.get(0).place());
        }
        appended.addAndGet(added.size());
        List<LogEntry> entries = added.stream().map(Transaction.Added::entry).toList();
        synchronized (tails) {
            end = lastPlace;
            applyRetention();
            for (Consumer<List<LogEntry>> tail : tails) {
                try {
                    tail.accept(entries);
                } catch (RuntimeException e) {
                    LOG.error(
                            "tail: failed on the commit that ends at {}",
                            entries.get(entries.size() - 1).id(),
                            e);
                }
            }
        }
    }

    private void answer() {
        waiting.answered(group);
        for (Waiting.Append append : group) {
            if (append.refusal != null) {
                append.answer.completeExceptionally(append.refusal);
            } else {
                append.answer.complete(append.ids);
            }
        }
    }

    private void refuse(List<Waiting.Append> refused) {
        LogUnavailableException forGood = waiting.refusal();
        LogUnavailableException reason = forGood != null
                ? forGood
                : new LogUnavailableException("log: cannot be written: " + trouble + " (expected: to succeed later)");
        waiting.answered(refused);
        for (Waiting.Append append : refused) {
            append.answer.completeExceptionally(reason);
        }
    }

    // retention

    private void applyRetention() {
        try {
            kept.advance(now(), checkpoints.walBytesBeyondBase());
        } catch (SQLException e) {
            troubled(e);
        }
    }

    /** Deletes some of what is removed, within a transaction. */
    private Deletion delete(Set<Channel> comingBack) throws SQLException {
        var deletion = new Deletion(kept.toDelete(CHUNKS_A_COMMIT), channels.tooMany(comingBack));
        for (Kept.Chunk chunk : deletion.chunks) {
            store.delete(chunk, end);
        }
        for (Channel channel : deletion.forgotten) {
            store.forget(channel);
        }
        return deletion;
    }

    /** Takes note of it in memory when that is committed. */
    private void deleted(Deletion deletion) {
        deletion.forgotten.forEach(channels::forget);
        for (Kept.Chunk chunk : deletion.chunks) {
            kept.deleted();
            chunk.newest().keySet().stream()
                    .filter(channel -> channel.newest <= chunk.upTo())
                    .sorted(Comparator.comparingLong(channel -> channel.removed))
                    .forEach(channels::fellQuiet);
        }
    }

    private boolean hasToDelete() {
        return kept.hasToDelete() || channels.hasTooMany();
    }

    private void keepHouse() {
        if (broken) {
            return;
        }
        applyRetention();
        kept.closeChunk();
        if (!hasToDelete() && trouble == null) {
            return;
        }
        checkpoints.writing().lock();
        try {
            within(() -> {
                if (!hasToDelete()) {
                    store.touch();
                }
                return delete(Set.of());
            });
            lookAtWal(LOOK_BYTES);
            recovered();
        } catch (SQLException e) {
            troubled(e);
        } finally {
            checkpoints.writing().unlock();
        }
    }

    /** Stores what would be found anew at the next opening, but with another clock or another retention perhaps otherwise. */
    private void leave() {
        do {
            keepHouse();
        } while (hasToDelete() && trouble == null);
    }

    // trouble

    private void troubled(Exception failure) {
        store.renew();
        String what = String.valueOf(failure.getMessage());
        boolean forGood = !(failure instanceof SQLException sql) || Store.isFinal(sql);
        if (forGood) {
            broken = true;
            waiting.refuse(new LogUnavailableException(
                    "log: failed for good: " + what + " (expected: opened again, after a look at the disk)", failure));
            LOG.error("log: failed, and takes no appends until it is opened again", failure);
        } else if (!what.equals(trouble)) {
            LOG.error("log: cannot be written, publishers are refused until it can", failure);
        }
        trouble = what;
    }

    private void recovered() {
        if (trouble != null && !broken) {
            LOG.info("log: can be written again");
            trouble = null;
        }
    }

    private long now() {
        return Math.max(0, clock.millis());
    }

    // for any thread

    EventId tail(Consumer<List<LogEntry>> committed) {
        synchronized (tails) {
            tails.add(committed);
            return Place.toId(end, incarnation);
        }
    }

    boolean isTailing() {
        return Thread.holdsLock(tails);
    }

    long end() {
        return end;
    }

    @Nullable
    String trouble() {
        return trouble;
    }

    long commits() {
        return commits.get();
    }

    long appended() {
        return appended.get();
    }
}
