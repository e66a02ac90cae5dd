// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;

/**
 * The few connections by which readers read, lent to one reader at a time, in the order in which they ask; and the gate before them.
 *
 * <p><b>The gate.</b> SQLite can start its write-ahead log over only at a moment when nobody reads from it. When thousands
 * catch up there is no such moment, and it would grow without end. So {@link Checkpoints} {@linkplain #hold holds} the
 * readers for a moment: those that are reading finish, within milliseconds, and the next ones wait.
 */
final class Readers {

    static final int CONNECTIONS = 4;

    private static final int CACHE_KILOBYTES = 4096;
    private static final int PATIENCE_MILLIS = 5000;

    /** What is read with a connection. */
    interface Reading<T> {
        T read(Cursor cursor) throws SQLException;
    }

    private final DataFile file;
    private final Semaphore free = new Semaphore(CONNECTIONS, true);
    private final Deque<Cursor> idle = new ArrayDeque<>(); // under its own lock
    private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock(true);
    private boolean closed; // under the lock of idle

    Readers(DataFile file) {
        this.file = file;
    }

    /** Reads with one of the connections; waits for one. */
    <T> T read(Reading<T> reading) throws IOException {
        try {
            free.acquire();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException(
                    "log: interrupted while waiting to read (expected: nobody stops the reader)");
        }
        try {
            return readThroughGate(reading);
        } finally {
            free.release();
        }
    }

    private <T> T readThroughGate(Reading<T> reading) throws IOException {
        gate.readLock().lock();
        Cursor cursor = null;
        try {
            cursor = take();
            T result = reading.read(cursor);
            putBack(cursor);
            cursor = null;
            return result;
        } catch (SQLException e) {
            throw new IOException("log: cannot be read: " + e.getMessage(), e);
        } finally {
            close(cursor); // after a failure, a new one is opened by who comes next
            gate.readLock().unlock();
        }
    }

    private Cursor take() throws IOException, SQLException {
        synchronized (idle) {
            if (closed) {
                throw new IOException("log: closed (expected: open)");
            }
            Cursor cursor = idle.poll();
            if (cursor != null) {
                return cursor;
            }
        }
        return new Cursor(file.connect(true, CACHE_KILOBYTES, PATIENCE_MILLIS));
    }

    private void putBack(Cursor cursor) {
        boolean keep;
        synchronized (idle) {
            keep = !closed;
            if (keep) {
                idle.push(cursor);
            }
        }
        if (!keep) {
            close(cursor);
        }
    }

    private static void close(@Nullable Cursor cursor) {
        if (cursor != null) {
            cursor.close();
        }
    }

    /** Runs something while nobody reads. */
    void hold(Runnable task) {
        gate.writeLock().lock();
        try {
            task.run();
        } finally {
            gate.writeLock().unlock();
        }
    }

    /** Closes all connections when their readers have finished; later reads fail. */
    void close() {
        hold(() -> {
            synchronized (idle) {
                closed = true;
                idle.forEach(Cursor::close);
                idle.clear();
            }
        });
    }
}
