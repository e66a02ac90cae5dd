// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.log.LastingEntries;
import dev.hibiki.log.Retention;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a log on disk consists of, put together from what a directory holds, and taken apart in order. */
final class Parts {

    private static final int WRITER_CACHE_KILOBYTES = 16 << 10;
    private static final int CHECKPOINT_CACHE_KILOBYTES = 256;

    /** How long is waited for another program that looks into the database. */
    private static final int PATIENCE_MILLIS = 5000;

    /** The same while the readers are held. */
    private static final int CHECKPOINT_PATIENCE_MILLIS = 100;

    private static final Logger LOG = LoggerFactory.getLogger(FileLog.class);

    private final DirectoryLock lock;
    private final long incarnation;
    private final long birth;
    private final ChannelTable channels;
    private final Kept kept;
    private final LastingEntries lasting;
    private final Openings openings;
    private final Store store;
    private final WalFile walFile;
    private final Readers readers;
    private final Checkpoints checkpoints;
    private final Waiting waiting = new Waiting();
    private final Committer committer;
    private final Thread committing;
    private final Thread checkpointing;
    private volatile boolean closed; // changes under the lock

    static Parts open(Path directory, Retention retention, Durability durability, InstantSource clock, int mostQuiet)
            throws FileLogException {
        try {
            Files.createDirectories(directory);
            DirectoryLock lock = DirectoryLock.take(directory);
            try {
                DataFile file = DataFile.in(directory, Math.max(0, clock.millis()));
                return new Parts(file, lock, retention, durability, clock, mostQuiet);
            } catch (IOException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (FileLogException told) {
            throw told;
        } catch (FileAlreadyExistsException e) {
            throw new FileLogException("log: " + directory + " is not a directory (expected: one)", e);
        } catch (IOException e) {
            throw new FileLogException(
                    "log: " + directory + " cannot be used: " + e + " (expected: a directory to write in)", e);
        }
    }

    private Parts(
            DataFile file,
            DirectoryLock lock,
            Retention retention,
            Durability durability,
            InstantSource clock,
            int mostQuiet)
            throws IOException {
        this.lock = lock;
        var opened = new ArrayDeque<Connection>();
        try {
            Connection connection = file.connect(false, WRITER_CACHE_KILOBYTES, PATIENCE_MILLIS);
            opened.push(connection);
            file.check(connection);
            file.upgrade(connection);
            var past = new Past(connection, file);
            incarnation = past.incarnation();
            birth = past.birth();
            channels = past.channels(mostQuiet);
            lasting = past.lasting();
            openings = past.openings();
            store = new Store(connection, channels, incarnation);
            kept = new Kept(retention, store);
            past.restore(kept);
            readers = new Readers(file);
            Connection another = file.connect(false, CHECKPOINT_CACHE_KILOBYTES, CHECKPOINT_PATIENCE_MILLIS);
            opened.push(another);
            checkpoints = new Checkpoints(another, readers);
            walFile = new WalFile(file.path().resolveSibling("hibiki.db-wal"));
            committer = new Committer(
                    clock,
                    incarnation,
                    past.end(),
                    waiting,
                    store,
                    channels,
                    kept,
                    lasting,
                    openings,
                    checkpoints,
                    durability == Durability.FSYNC ? walFile : null);
            committer.begin();
        } catch (SQLException e) {
            opened.forEach(connection -> finish(connection::close));
            throw file.failed(e);
        } catch (IOException e) {
            opened.forEach(connection -> finish(connection::close));
            throw e;
        } catch (RuntimeException e) {
            opened.forEach(connection -> finish(connection::close));
            throw file.damaged("what it holds makes no sense: " + e, e);
        }
        committing = start(committer, "hibiki-log");
        checkpointing = start(checkpoints, "hibiki-checkpoint");
    }

    private static Thread start(Runnable task, String name) {
        var thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    long incarnation() {
        return incarnation;
    }

    long birth() {
        return birth;
    }

    ChannelTable channels() {
        return channels;
    }

    Kept kept() {
        return kept;
    }

    LastingEntries lasting() {
        return lasting;
    }

    Openings openings() {
        return openings;
    }

    Readers readers() {
        return readers;
    }

    Waiting waiting() {
        return waiting;
    }

    Committer committer() {
        return committer;
    }

    Checkpoints checkpoints() {
        return checkpoints;
    }

    WalFile walFile() {
        return walFile;
    }

    boolean isClosed() {
        return closed;
    }

    Store store() {
        return store;
    }

    /** Ends the threads when what waits is committed, and lets everything go. */
    void close() {
        if (Thread.currentThread() == committing) {
            throw new IllegalStateException("log: closed by its own thread (expected: another one)");
        }
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
            waiting.close();
            join(committing);
            checkpoints.stop();
            join(checkpointing);
            readers.close();
            finish(store::truncate);
            finish(checkpoints::close);
            finish(walFile::close);
            finish(store::close);
            finish(lock::close);
        }
    }

    private interface Step {
        void run() throws SQLException, IOException;
    }

    private static void finish(Step step) {
        try {
            step.run();
        } catch (SQLException | IOException e) {
            LOG.warn("log: could not be closed in order, which the next opening makes good", e);
        }
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
