// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/**
 * Hibiki and nchan side by side, in turns on one machine: events delivered, the server's CPU time per delivered event, latency.
 *
 * <p>Absolute figures say more of the machine than of a server, so what counts is the ratio. One publisher waits for each answer; every
 * stream's events are counted, and a run in which one is missing says so.
 */
public final class SideBySide {

    private static final int EVENT_BYTES = 128;
    private static final int WARM_UP_SECONDS = 6;

    private record Result(String name, double perSecond, double cpuMicros, long p50, long p99, long missing) {}

    private SideBySide() {}

    /**
     * Runs the comparison and prints one line per run.
     *
     * @param args {@code --streams N --rate EVENTS_PER_SECOND (0: as fast as answered) --seconds S --rounds R --only NAME --jar FILE
     *     --jvm "OPTIONS"}
     */
    public static void main(String[] args) throws Exception {
        int streams = Integer.parseInt(Arguments.option(args, "--streams", "1000"));
        int rate = Integer.parseInt(Arguments.option(args, "--rate", "0"));
        int seconds = Integer.parseInt(Arguments.option(args, "--seconds", "10"));
        int rounds = Integer.parseInt(Arguments.option(args, "--rounds", "3"));
        String only = Arguments.option(args, "--only", "");
        Path jar = Path.of(Arguments.option(args, "--jar", "app/target/hibiki.jar"));
        String jvm = Arguments.option(args, "--jvm", "");
        List<String> jvmOptions = jvm.isEmpty() ? List.of() : Arrays.asList(jvm.split(" ", -1));

        var results = new ArrayList<Result>();
        for (int round = 0; round < rounds; round++) {
            if (!only.equals("nchan")) {
                try (Contender contender = Contender.hibiki(jar, jvmOptions)) {
                    results.add(run(contender, streams, rate, seconds));
                }
            }
            if (!only.equals("hibiki")) {
                try (Contender contender = Contender.nchan(Files.createTempDirectory("nchan"))) {
                    results.add(run(contender, streams, rate, seconds));
                }
            }
        }
        double ratio = median(results, "hibiki") / median(results, "nchan");
        if (!Double.isNaN(ratio)) {
            System.out.printf(Locale.ROOT, "hibiki / nchan, medians of delivered events per second: %.2f%n", ratio);
        }
    }

    private static Result run(Contender contender, int streams, int rate, int seconds) throws Exception {
        try (var readers = new StreamReaders(contender.port, contender.streamPath, streams);
                var publisher = new Publisher(contender, EVENT_BYTES)) {
            while (readers.total() < streams) {
                TimeUnit.MILLISECONDS.sleep(10);
            }
            readers.awaitQuiet();
            long[] before = readers.counts();
            publisher.publishUntil(in(WARM_UP_SECONDS), rate);
            readers.measure(true);
            long deliveredBefore = readers.total();
            long cpuBefore = contender.cpuTicks();
            long start = System.nanoTime();
            publisher.publishUntil(in(seconds), rate);
            double elapsed = (System.nanoTime() - start) / 1e9;
            long delivered = readers.total() - deliveredBefore;
            long cpu = contender.cpuTicks() - cpuBefore;
            readers.measure(false);
            readers.awaitQuiet();
            long missing = missing(before, readers.counts(), publisher.published());
            var result = new Result(
                    contender.name,
                    delivered / elapsed,
                    cpu * 10_000.0 / delivered,
                    readers.latencyMicros().getValueAtPercentile(50),
                    readers.latencyMicros().getValueAtPercentile(99),
                    missing);
            System.out.printf(
                    Locale.ROOT,
                    "%-7s %d streams, %s: %,.0f events/s delivered, %.2f us CPU per event, p50 %.1f ms, p99 %.1f ms, %d missing, %d MB%n",
                    result.name,
                    streams,
                    rate == 0 ? "saturated" : rate + "/s",
                    result.perSecond,
                    result.cpuMicros,
                    result.p50 / 1e3,
                    result.p99 / 1e3,
                    result.missing,
                    contender.residentKb() / 1024);
            return result;
        }
    }

    private static long missing(long[] before, long[] after, long published) {
        long missing = 0;
        for (int i = 0; i < after.length; i++) {
            missing += Math.abs(published - (after[i] - before[i]));
        }
        return missing;
    }

    private static double median(List<Result> results, String name) {
        double[] values = results.stream()
                .filter(result -> result.name.equals(name))
                .mapToDouble(Result::perSecond)
                .sorted()
                .toArray();
        return values.length == 0 ? Double.NaN : values[values.length / 2];
    }

    private static long in(int seconds) {
        return System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    }
}
