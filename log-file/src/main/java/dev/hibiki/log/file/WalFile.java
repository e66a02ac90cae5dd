// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The write-ahead log, to force its bytes to the disk.
 *
 * <p>SQLite could do it ({@code synchronous = FULL}), but as it is built for Java it calls {@code fsync}, which also writes when the file
 * was last touched, through the file system's journal. {@code fdatasync} does not, and takes two thirds of the time. SQLite keeps no locks
 * on this file, so it may be opened and closed here.
 *
 * <p>The log's thread only.
 */
final class WalFile implements AutoCloseable {

    private final Path path;
    private @Nullable FileChannel channel;

    WalFile(Path path) {
        this.path = path;
    }

    /** Waits until the disk has what was written. */
    void force() throws IOException {
        boolean done = false;
        while (!done) {
            boolean interrupted = Thread.interrupted(); // which would close the file
            try {
                if (channel == null) {
                    channel = FileChannel.open(path, StandardOpenOption.WRITE);
                }
                channel.force(false);
                done = true;
            } catch (ClosedByInterruptException e) {
                channel = null;
            }
            assert !interrupted || done || channel == null;
        }
    }

    @Override
    public void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }
}
