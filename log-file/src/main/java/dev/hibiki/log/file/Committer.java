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
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The log's thread, {@code hibiki-log}: takes all appends that wait, gives them places, commits them together, and only then
 * makes them visible and answers.
 *
 * <p><b>The order of a commit</b> is the promise of the log: rows are written, the transaction is committed, the bytes are forced to
 * the disk; then channels, retention and the end move, the tails are called, the publishers are answered. Whatever fails before the end
 * moves leaves nothing visible, and its places are not used again.
 *
 * <p><b>After a failure</b> the log goes on with the next group (a full disk may have room again), unless it cannot be known what is on
 * the disk: then it refuses until it is opened again (see {@link Trouble}).
 *
 * <p>With nothing to do, the thread wakes once a second, applies retention by age, and deletes what is removed ({@link Deletions}).
 */
final class Committer implements Runnable {

    /** How late retention by age may be when nobody publishes. */
    private static final long IDLE_NANOS = 1_000_000_000;

    /** After how many bytes the size of the write-ahead log is asked for. */
    private static final long LOOK_BYTES = 256 << 10;

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

    private final Deletions deletions;
    private final Trouble trouble;
    private final Tails tails;

    private List<Waiting.Append> group = List.of(); // this and below: the log's thread
    private long lastPlace; // that was given, if only to something that failed
    private long bytesSinceLook;

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
        this.lastPlace = end;
        this.waiting = waiting;
        this.store = store;
        this.channels = channels;
        this.kept = kept;
        this.lasting = lasting;
        this.openings = openings;
        this.checkpoints = checkpoints;
        this.walFile = walFile;
        this.deletions = new Deletions(store, kept, channels);
        this.trouble = new Trouble(waiting);
        this.tails = new Tails(incarnation, end);
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
            trouble.died(died);
            for (List<Waiting.Append> left = group; !left.isEmpty(); left = waiting.take(0)) {
                refuse(left);
            }
        }
    }

    private long patienceNanos() {
        return deletions.areDue() && trouble.what() == null ? 0 : IDLE_NANOS;
    }

    // committing

    private void commitGroup() {
        SQLException elsewhere = checkpoints.failure();
        if (elsewhere != null && !trouble.isForGood()) {
            troubled(elsewhere);
        }
        if (!trouble.isForGood()) {
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
                inTransaction(() -> {
                    for (Waiting.Append append : group) {
                        add(append, transaction);
                    }
                    return deletions.write(transaction.channels(), tails.end());
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
        trouble.over();
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

    /** Writes the content of a transaction, and returns what it deletes. */
    private interface Writing {
        Deletions.Deletion write() throws SQLException;
    }

    private void inTransaction(Writing writing) throws SQLException {
        store.begin();
        Deletions.Deletion deletion = null;
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
        deletions.committed(deletion);
    }

    private static void add(Waiting.Append append, Transaction transaction) throws SQLException {
        try {
            append.ids = transaction.add(append.batch);
        } catch (KeyConflictException | TooManyLastingException refused) {
            append.refusal = refused;
        }
    }

    /** Makes visible what is committed, and hands it over. */
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
        tails.move(lastPlace, entries, this::applyRetention);
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
        LogUnavailableException reason = trouble.refusal();
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

    private void keepHouse() {
        if (trouble.isForGood()) {
            return;
        }
        applyRetention();
        kept.closeChunk();
        if (!deletions.areDue() && trouble.what() == null) {
            return;
        }
        checkpoints.writing().lock();
        try {
            inTransaction(() -> {
                if (!deletions.areDue()) {
                    store.touch();
                }
                return deletions.write(Set.of(), tails.end());
            });
            lookAtWal(LOOK_BYTES);
            trouble.over();
        } catch (SQLException e) {
            troubled(e);
        } finally {
            checkpoints.writing().unlock();
        }
    }

    /** Stores what the next opening could work out again, but perhaps differently, with another clock or another retention. */
    private void leave() {
        do {
            keepHouse();
        } while (deletions.areDue() && trouble.what() == null);
    }

    private void troubled(Exception failure) {
        store.renew(); // the driver may have given up what was prepared
        trouble.met(failure);
    }

    private long now() {
        return Math.max(0, clock.millis());
    }

    // for any thread

    EventId tail(Consumer<List<LogEntry>> committed) {
        return tails.add(committed);
    }

    boolean isTailing() {
        return tails.areBeingTold();
    }

    long end() {
        return tails.end();
    }

    @Nullable
    String trouble() {
        return trouble.what();
    }

    long commits() {
        return commits.get();
    }

    long appended() {
        return appended.get();
    }
}
