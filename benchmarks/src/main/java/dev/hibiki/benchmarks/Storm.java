// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * Very many streams come back at once, each some events behind, while others are live: how long until all are caught up, and how late the
 * live ones get their events before that and meanwhile.
 *
 * <p>The live streams and those that come back have a thread each, so that opening the many does not look like lateness of the few; but
 * they and the server share the cores. What each stream gets is counted, and a run in which anything is missing or doubled says so.
 */
public final class Storm {

    private static final int EVENT_BYTES = 128;
    private static final int WARM_UP_SECONDS = 6;
    private static final int BEFORE_SECONDS = 5;

    private Storm() {}

    /**
     * Runs one storm and prints what came of it.
     *
     * @param args {@code --streams N (5000) --behind M (200) --live L (500) --rate EVENTS_PER_SECOND (50) --window ENTRIES --log memory|file
     *     --jar FILE --jvm "OPTIONS"}
     */
    public static void main(String[] args) throws Exception {
        int streams = Integer.parseInt(Arguments.option(args, "--streams", "5000"));
        int behind = Integer.parseInt(Arguments.option(args, "--behind", "200"));
        int live = Integer.parseInt(Arguments.option(args, "--live", "500"));
        int rate = Integer.parseInt(Arguments.option(args, "--rate", "50"));
        String window = Arguments.option(args, "--window", "32768");
        String log = Arguments.option(args, "--log", "file");
        Path jar = Path.of(Arguments.option(args, "--jar", "app/target/hibiki.jar"));
        String jvm = Arguments.option(args, "--jvm", "");
        List<String> jvmOptions = jvm.isEmpty() ? List.of() : Arrays.asList(jvm.split(" ", -1));
        Path data = Files.createTempDirectory("hibiki-storm");
        List<String> options =
                List.of("--log", log.equals("file") ? "file:" + data.resolve("data") : log, "--window-entries", window);
        try (Contender server = Contender.hibiki(jar, jvmOptions, options)) {
            run(server, streams, behind, live, rate);
        }
        deleteAll(data);
    }

    private static void run(Contender server, int streams, int behind, int live, int rate) throws Exception {
        try (var staying = new StreamReaders(server.port, server.streamPath, live);
                var publisher = new Publisher(server, EVENT_BYTES)) {
            staying.awaitQuiet();
            long greeting = staying.counts()[0]; // what each stream begins with
            publisher.publishUntil(in(WARM_UP_SECONDS), rate);
            staying.measure(true);
            publisher.publishUntil(in(BEFORE_SECONDS), rate);
            staying.measure(false);
            String before = percentiles(staying);

            String lastSeen = publisher.lastId();
            long seen = publisher.published();
            while (publisher.published() < seen + behind) {
                publisher.publish();
            }
            staying.awaitQuiet();
            staying.measure(true);
            var steady = new Thread(() -> publishSteadily(publisher, rate), "publisher");
            steady.start();
            long start = System.nanoTime();
            try (var returning = new StreamReaders(server.port, server.streamPath, streams, lastSeen)) {
                returning.awaitEach(greeting + behind);
                long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
                staying.measure(false);
                steady.interrupt();
                steady.join();
                staying.awaitQuiet();
                returning.awaitQuiet();
                long wrong = wrong(staying, greeting + publisher.published())
                        + wrong(returning, greeting + publisher.published() - seen);
                System.out.printf(
                        Locale.ROOT,
                        "%d streams, each %d events behind, were caught up in %,d ms; %d live streams: %s before, %s meanwhile;"
                                + " %d missing or doubled; %d MB%n",
                        streams,
                        behind,
                        millis,
                        live,
                        before,
                        percentiles(staying),
                        wrong,
                        server.residentKb() / 1024);
            }
        }
    }

    private static void publishSteadily(Publisher publisher, int rate) {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                publisher.publishUntil(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100), rate);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /** Of what was measured since this was last asked. */
    private static String percentiles(StreamReaders readers) {
        Histogram latency = readers.latencyMicros();
        String text = String.format(
                Locale.ROOT,
                "p50 %.1f ms, p99 %.1f ms",
                latency.getValueAtPercentile(50) / 1e3,
                latency.getValueAtPercentile(99) / 1e3);
        latency.reset();
        return text;
    }

    private static long wrong(StreamReaders readers, long expected) {
        return Arrays.stream(readers.counts())
                .map(count -> Math.abs(count - expected))
                .sum();
    }

    private static long in(int seconds) {
        return System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    }

    private static void deleteAll(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
