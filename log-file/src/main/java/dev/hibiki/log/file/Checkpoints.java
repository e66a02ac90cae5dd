// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.log.file.Store.Wal;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves what is committed from the write-ahead log into the database, on a thread of its own, {@code hibiki-checkpoint}, so
 * that no commit waits for it; and makes sure that the write-ahead log starts over before it is too large.
 *
 * <p>There are two steps. When there are some megabytes to move they are moved, while reading and writing go on. That alone
 * suffices as long as now and then there is a moment at which everything is moved and nobody reads: then SQLite starts the
 * file over by itself. In a storm of publishers or readers there is no such moment. So when the write-ahead log has grown
 * beyond a bound, readers and the log's thread are held for the moment that it takes to move the last bit, which is small,
 * because the bulk was moved just before. If it has grown far beyond the bound, they are held at once.
 */
final class Checkpoints implements Runnable, AutoCloseable {

    /** The size up to which the write-ahead log costs nothing: its space is never given back, but used again. */
    static final long BASE_BYTES = 16L << 20;

    private static final long MOVE_PAGES = 1024;
    private static final long HOLD_PAGES = 5120;
    private static final long HOLD_AT_ONCE_PAGES = 8192;
    private static final int PAGE_BYTES = 4096 + 24;
    private static final long PAUSE_NANOS = 20_000_000;

    private static final Logger LOG = LoggerFactory.getLogger(FileLog.class);

    private final Connection connection;
    private final Readers readers;

    private final ReentrantLock writing = new ReentrantLock();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean closed; // under the lock
    private volatile Wal wal = new Wal(0, 0);
    private volatile @Nullable SQLException failure;
    private boolean troubled; // this thread only

    Checkpoints(Connection connection, Readers readers) {
        this.connection = connection;
        this.readers = readers;
    }

    /** Held by whoever writes, a transaction at a time. */
    ReentrantLock writing() {
        return writing;
    }

    /** Notes how large the write-ahead log is after a transaction. */
    void written(Wal now) {
        wal = now;
        if (now.toMove() >= MOVE_PAGES) {
            lock.lock();
            try {
                changed.signal();
            } finally {
                lock.unlock();
            }
        }
    }

    /** How large the write-ahead log is, in bytes. */
    long walBytes() {
        return wal.pages() * PAGE_BYTES;
    }

    long walBytesBeyondBase() {
        return Math.max(0, walBytes() - BASE_BYTES);
    }

    @Override
    public void run() {
        while (await()) {
            boolean moved = false;
            try {
                boolean all = wal.pages() < HOLD_AT_ONCE_PAGES && run("PASSIVE").toMove() == 0;
                wal = run("NOOP");
                if (wal.pages() >= HOLD_PAGES) {
                    readers.hold(this::restart);
                    all = wal.toMove() == 0;
                }
                moved = all || wal.toMove() < MOVE_PAGES;
                troubled = false;
            } catch (SQLException e) {
                troubled(e);
            }
            if (!moved) {
                pause();
            }
        }
    }

    private void restart() {
        writing.lock();
        try {
            run("RESTART");
            wal = run("NOOP");
        } catch (SQLException e) {
            troubled(e);
        } finally {
            writing.unlock();
        }
    }

    private Wal run(String mode) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(" + mode + ")")) {
            return row.next() ? new Wal(Math.max(0, row.getLong(2)), Math.max(0, row.getLong(3))) : new Wal(0, 0);
        }
    }

    private void troubled(SQLException e) {
        if (Store.isFinal(e)) {
            failure = e;
        }
        if (!troubled) {
            troubled = true;
            LOG.error("log: the write-ahead log cannot be moved into the database, and grows meanwhile", e);
        }
    }

    /** What makes the log unusable until it is opened again, or null. */
    @Nullable
    SQLException failure() {
        return failure;
    }

    /** Waits until there is something to move; false when the thread is to end. */
    private boolean await() {
        lock.lock();
        try {
            while (!closed && wal.toMove() < MOVE_PAGES) {
                changed.awaitUninterruptibly();
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /** Waits a bit, because trying again at once would be useless. */
    private void pause() {
        lock.lock();
        try {
            long left = PAUSE_NANOS;
            while (left > 0 && !closed) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException nobodyMayStopThisThread) {
            // then it tries a bit sooner
        } finally {
            lock.unlock();
        }
    }

    /** Lets the thread end. */
    void stop() {
        lock.lock();
        try {
            closed = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
