// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.benchmarks;

import dev.hibiki.event.SseEvent;
import dev.hibiki.log.Publication;
import dev.hibiki.log.Retention;
import dev.hibiki.log.file.Durability;
import dev.hibiki.log.file.Figures;
import dev.hibiki.log.file.FileLog;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * How many publishes a second the log on disk takes with {@code fsync}, from publishers who each wait for their answer, beside what the
 * disk itself can do at that time: {@code fdatasync} after 4 KB, over and over, into a file that has its size already.
 *
 * <p>What else runs on the machine, or on its disk, shows in both, so only their ratio means something; the disk is measured before each
 * line anew.
 */
public final class DurablePublishing {

    private static final int RAW_BYTES = 4096;
    private static final int RAW_FILE_WRITES = 2048;

    private final Path directory;
    private final int seconds;
    private final int eventBytes;
    private final Durability durability;

    private DurablePublishing(Path directory, int seconds, int eventBytes, Durability durability) {
        this.directory = directory;
        this.seconds = seconds;
        this.eventBytes = eventBytes;
        this.durability = durability;
    }

    /** Options: {@code --dir DIR --seconds N --publishers 1,8,64 --bytes N --durability fsync|os}. */
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of("durable-publishing");
        int seconds = 5;
        int eventBytes = 128;
        String publishers = "1,8,64";
        Durability durability = Durability.FSYNC;
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            String value = arguments[i + 1];
            switch (arguments[i]) {
                case "--dir" -> directory = Path.of(value);
                case "--seconds" -> seconds = Integer.parseInt(value);
                case "--bytes" -> eventBytes = Integer.parseInt(value);
                case "--publishers" -> publishers = value;
                case "--durability" -> durability = Durability.valueOf(value.toUpperCase(Locale.ROOT));
                default ->
                    throw new IllegalArgumentException(arguments[i]
                            + ": unknown (expected: --dir, --seconds, --bytes, --publishers, --durability)");
            }
        }
        var run = new DurablePublishing(directory, seconds, eventBytes, durability);
        run.printf(
                "%10s %12s %12s %10s %10s %10s %8s %8s %8s %12s%n",
                "publishers",
                "publishes/s",
                "commits/s",
                "a commit",
                "commit us",
                "fsync us",
                "p50 ms",
                "p99 ms",
                "x raw",
                "raw fsync/s");
        for (String count : publishers.split(",", -1)) {
            run.line(Integer.parseInt(count.strip()));
        }
    }

    private void line(int publishers) throws Exception {
        Files.createDirectories(directory);
        double rawBefore = rawSyncs();
        try (FileLog log = FileLog.open(
                directory.resolve("log"), new Retention(200_000, 256L << 20, Duration.ofDays(1)), durability)) {
            publish(log, publishers, 2); // to warm up
            Figures before = log.figures();
            long begin = System.nanoTime();
            Histogram micros = publish(log, publishers, seconds);
            double took = (System.nanoTime() - begin) / 1e9;
            Figures after = log.figures();
            double raw = (rawBefore + rawSyncs()) / 2;
            double rate = micros.getTotalCount() / took;
            double commits = (after.commits() - before.commits()) / took;
            printf(
                    "%10d %12.0f %12.0f %10.1f %10.0f %10.0f %8.2f %8.2f %8.2f %12.0f%n",
                    publishers,
                    rate,
                    commits,
                    rate / commits,
                    1e6 / commits,
                    (after.forcedNanos() - before.forcedNanos()) / 1000.0 / (after.commits() - before.commits()),
                    micros.getValueAtPercentile(50) / 1000.0,
                    micros.getValueAtPercentile(99) / 1000.0,
                    rate / raw,
                    raw);
        } finally {
            delete(directory.resolve("log"));
        }
    }

    /** Publishes from so many threads at once, and returns how long each publish took. */
    private Histogram publish(FileLog log, int publishers, int forSeconds) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(publishers);
        try {
            long end = System.nanoTime() + forSeconds * 1_000_000_000L;
            var tasks = new ArrayList<Callable<Histogram>>();
            for (int i = 0; i < publishers; i++) {
                Publication publication = Publication.of("publisher/" + i, SseEvent.of("x".repeat(eventBytes)));
                tasks.add(() -> {
                    var micros = new Histogram(3);
                    for (long now = System.nanoTime(); now < end; ) {
                        log.append(List.of(publication)).get();
                        long then = System.nanoTime();
                        micros.recordValue((then - now) / 1000);
                        now = then;
                    }
                    return micros;
                });
            }
            var all = new Histogram(3);
            for (Future<Histogram> one : threads.invokeAll(tasks)) {
                all.add(one.get());
            }
            return all;
        } finally {
            threads.shutdown();
        }
    }

    /** How often a second the disk takes 4 KB, one write after the other. */
    private double rawSyncs() throws IOException {
        Path file = directory.resolve("raw");
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE)) {
            ByteBuffer block = ByteBuffer.allocateDirect(RAW_BYTES);
            for (int i = 0; i < RAW_FILE_WRITES; i++) {
                channel.write(block.clear());
            }
            channel.force(true);
            long begin = System.nanoTime();
            for (int i = 0; i < RAW_FILE_WRITES; i++) {
                channel.write(block.clear(), (long) i * RAW_BYTES);
                channel.force(false);
            }
            return RAW_FILE_WRITES / ((System.nanoTime() - begin) / 1e9);
        }
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> paths = Files.walk(tree)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    @SuppressWarnings("AnnotateFormatMethod") // the formats stand beside their values above
    private void printf(String format, Object... values) {
        PrintStream out = System.out;
        out.printf(Locale.ROOT, format, values);
    }
}
