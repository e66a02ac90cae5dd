// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.event.SseEvent;
import dev.hibiki.log.Channels;
import dev.hibiki.log.EventId;
import dev.hibiki.log.Publication;
import dev.hibiki.log.ReadBudget;
import dev.hibiki.log.Retention;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** That the write-ahead log begins anew, whoever reads and writes. */
@Timeout(400)
class CheckpointsTest {

    private static final int READERS = 6;

    @TempDir
    Path directory;

    @Test
    void writeAheadLogStaysBounded_inAStormOfReadersAndPublishers() throws Exception {
        Path wal = directory.resolve("hibiki.db-wal");
        long appends = 0;
        long largest = 0;
        long read = 0;
        ExecutorService threads = Executors.newFixedThreadPool(READERS);
        var done = new AtomicBoolean();
        try (FileLog log =
                FileLog.open(directory, new Retention(60_000, 1L << 30, Duration.ofDays(1)), Durability.OS)) {
            Callable<Long> reading = () -> {
                long seen = 0;
                while (!done.get()) {
                    EventId at = log.floor();
                    for (EventId end = log.end(); at.isBefore(end) && !done.get(); ) {
                        var slice = log.read(at, end, Channels.all(), new ReadBudget(2000, 1 << 20));
                        seen += slice.entries().size();
                        at = slice.scannedTo();
                    }
                }
                return seen;
            };
            List<Future<Long>> readers = new ArrayList<>();
            for (int i = 0; i < READERS; i++) {
                readers.add(threads.submit(reading));
            }
            List<Publication> batch = Collections.nCopies(100, Publication.of("a", SseEvent.of("x".repeat(1000))));
            while (appends < 2500) {
                var answers = List.of(log.append(batch), log.append(batch), log.append(batch));
                for (var answer : answers) {
                    answer.get();
                    appends++;
                }
                largest = Math.max(largest, Files.size(wal));
            }
            done.set(true);
            for (Future<Long> reader : readers) {
                read += reader.get();
            }
            assertThat(log.figures().entries()).isEqualTo(60_000);
        } finally {
            done.set(true);
            threads.shutdownNow();
        }
        System.out.printf(
                "%d MB published, %d entries read, write-ahead log at most %.1f MB%n",
                appends / 10, read, largest / 1e6);
        assertThat(largest).isLessThan(64L << 20);
        assertThat(wal).doesNotExist();
    }
}
