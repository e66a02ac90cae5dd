// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.log.Retention;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a log on disk consists of, put together from what a directory holds, and taken apart in order. */
final class Parts {

    private static final int WRITER_CACHE_KILOBYTES = 16 << 10;

    private static final Logger LOG = LoggerFactory.getLogger(FileLog.class);

    private final DirectoryLock lock;
    private final long incarnation;
    private final long birth;
    private final ChannelTable channels;
    private final Kept kept;
    private final Store store;
    private final WalFile walFile;
    private final Readers readers;
    private final Checkpoints checkpoints;
    private final Waiting waiting = new Waiting();
    private final Committer committer;
    private final Thread committing;
    private final Thread checkpointing;
    private boolean closed; // under its own lock

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
            throws FileLogException {
        this.lock = lock;
        Connection connection = null;
        try {
            connection = file.connect(false, WRITER_CACHE_KILOBYTES);
            file.check(connection);
            incarnation = meta(connection, "incarnation");
            birth = meta(connection, "birth");
            channels = new ChannelTable(mostQuiet, meta(connection, "forgotten"));
            store = new Store(connection, channels, incarnation);
            kept = new Kept(retention, store);
            long end = restore(connection);
            readers = new Readers(file);
            checkpoints = new Checkpoints(file.connect(false, 256), readers);
            walFile = new WalFile(file.path().resolveSibling("hibiki.db-wal"));
            committer = new Committer(
                    clock,
                    incarnation,
                    end,
                    waiting,
                    store,
                    channels,
                    kept,
                    checkpoints,
                    durability == Durability.FSYNC ? walFile : null);
            committer.begin();
        } catch (SQLException | IllegalStateException e) {
            throw DataFile.damaged(file.path(), String.valueOf(e.getMessage()), e);
        }
        committing = new Thread(committer, "hibiki-log");
        checkpointing = new Thread(checkpoints, "hibiki-checkpoint");
        committing.setDaemon(true);
        checkpointing.setDaemon(true);
        committing.start();
        checkpointing.start();
    }

    private static long meta(Connection connection, String name) throws SQLException {
        return ask(connection, "SELECT value FROM meta WHERE name = '" + name + "'", 1)[0];
    }

    /** The first row of an answer, which must have one. */
    private static long[] ask(Connection connection, String question, int columns) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(question)) {
            if (!row.next()) {
                throw new SQLException("no answer to " + question);
            }
            long[] answer = new long[columns];
            for (int i = 0; i < columns; i++) {
                answer[i] = row.getLong(i + 1);
            }
            return answer;
        }
    }

    /** Takes up channels and retention as they were; returns the end. */
    private long restore(Connection connection) throws SQLException {
        long floor = meta(connection, "floor");
        try (Statement statement = connection.createStatement()) {
            try (ResultSet row =
                    statement.executeQuery("SELECT id, name, removed, coalesce((SELECT max(place) FROM entries"
                            + " WHERE channel = channels.id), removed) FROM channels ORDER BY removed")) {
                while (row.next()) {
                    var channel = new Channel(row.getLong(1), row.getString(2), row.getLong(4), row.getLong(3));
                    channels.restore(channel);
                    if (channel.newest <= floor) {
                        channels.fellQuiet(channel);
                    }
                }
            }
            try (ResultSet row = statement.executeQuery("SELECT place, appended_at FROM set_backs ORDER BY place")) {
                while (row.next()) {
                    kept.restore(new Kept.SetBack(row.getLong(1), row.getLong(2)));
                }
            }
        }
        long[] last = {floor, 0, 0, 0};
        long[] first = last;
        if (ask(connection, "SELECT count(*) FROM (SELECT 1 FROM entries LIMIT 1)", 1)[0] > 0) {
            String columns = "SELECT place, number, total_bytes, appended_at FROM entries ";
            last = ask(connection, columns + "ORDER BY place DESC LIMIT 1", 4);
            first = last;
            if (last[0] > floor) {
                first = ask(
                        connection,
                        "SELECT place, number - 1, total_bytes - length(frame) - " + weightOfNothing()
                                + " FROM entries WHERE place > " + floor + " ORDER BY place LIMIT 1",
                        3);
            }
        }
        kept.restore(floor, first[1], first[2], last[0], last[1], last[2], last[3]);
        return last[0];
    }

    private static int weightOfNothing() {
        return new dev.hibiki.log.LogEntry(Place.toId(0, 0), 0, "", null, new byte[0]).weight();
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

    Readers readers() {
        return readers;
    }

    Waiting waiting() {
        return waiting;
    }

    Committer committer() {
        return committer;
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
