// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes sure that a directory belongs to one log alone: a lock on the file {@code lock} in it, which the system releases
 * when the process ends, however it ends. The file holds the number of the process, for the message that another process
 * gets.
 *
 * <p>The system keeps such locks for a process, not for an open file: opening and closing the file once more in the same
 * process releases the lock. So a log first looks into the list of directories that this process has locked.
 */
final class DirectoryLock implements AutoCloseable {

    private static final Set<Path> HELD = new HashSet<>();

    private final Path directory;
    private final FileChannel channel;

    private DirectoryLock(Path directory, FileChannel channel) {
        this.directory = directory;
        this.channel = channel;
    }

    /** Takes a directory that exists. */
    static DirectoryLock take(Path directory) throws IOException {
        Path real = directory.toRealPath();
        synchronized (HELD) {
            if (HELD.contains(real)) {
                throw inUse(directory, Long.toString(ProcessHandle.current().pid()));
            }
            FileChannel channel = FileChannel.open(
                    real.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (!isTaken(channel)) {
                String owner = Files.readString(real.resolve("lock"), US_ASCII).strip();
                channel.close();
                throw inUse(directory, owner);
            }
            channel.truncate(0);
            channel.write(ByteBuffer.wrap((ProcessHandle.current().pid() + "\n").getBytes(US_ASCII)), 0);
            HELD.add(real);
            return new DirectoryLock(real, channel);
        }
    }

    private static boolean isTaken(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException heldThroughAnotherClassLoader) {
            return false;
        }
    }

    private static FileLogException inUse(Path directory, @Nullable String process) {
        return new FileLogException(
                "log: " + directory + " is in use by process " + process + " (expected: a directory of its own)");
    }

    /** Lets the directory go. */
    @Override
    public void close() throws IOException {
        synchronized (HELD) {
            HELD.remove(directory);
            channel.close();
        }
    }
}
