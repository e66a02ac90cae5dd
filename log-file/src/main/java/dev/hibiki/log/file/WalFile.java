// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The write-ahead log, to force its bytes to the disk.
 *
 * <p>SQLite could do it ({@code synchronous = FULL}), but as it is built for Java it calls {@code fsync}, which also writes
 * the time of the last change, through the file system's journal. {@code fdatasync} does not, and takes two thirds of the
 * time. SQLite keeps no locks on this file, so it may be opened and closed here.
 *
 * <p>The log's thread only, except for the figure.
 */
final class WalFile implements AutoCloseable {

    private final Path path;
    private @Nullable FileChannel channel;
    private final AtomicLong forcedNanos = new AtomicLong();

    WalFile(Path path) {
        this.path = path;
    }

    /** Waits until the disk has what was written. */
    void force() throws IOException {
        long begin = System.nanoTime();
        boolean done = false;
        while (!done) {
            Thread.interrupted(); // an interrupt, by an answer's own doing perhaps, would close the file
            try {
                if (channel == null) {
                    channel = FileChannel.open(path, StandardOpenOption.WRITE);
                    DataFile.force(path.resolveSibling(".")); // that the file is there at all
                }
                channel.force(false);
                done = true;
            } catch (ClosedByInterruptException again) {
                channel = null;
            }
        }
        forcedNanos.addAndGet(System.nanoTime() - begin);
    }

    /** How long the log has waited for the disk in all; any thread. */
    long forcedNanos() {
        return forcedNanos.get();
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }
}
