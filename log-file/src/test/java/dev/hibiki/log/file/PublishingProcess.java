// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.event.SseEvent;
import dev.hibiki.log.EventId;
import dev.hibiki.log.Publication;
import dev.hibiki.log.Retention;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A process of its own that publishes into a log, and tells on its output what was acknowledged: for tests that end it, or the room on
 * its disk, in the midst of it.
 *
 * <p>Each line is one acknowledged batch: the publisher, the number of its batch, and the ids. The batch has 1 to 3 events with the data
 * {@code <batch>.<index>}. A line {@code refused} is told for one that was not.
 */
final class PublishingProcess {

    static final Retention RETENTION = new Retention(1_000_000, 1L << 40, Duration.ofDays(1));

    private static final int REFUSALS = 8;

    private PublishingProcess() {}

    static Publication event(int publisher, int batch, int index, int bytes) {
        return Publication.of("publisher/" + publisher, SseEvent.of(batch + "." + index + "." + "x".repeat(bytes)));
    }

    /** Starts it, under a limit of the shell for the size of its files, in blocks, or {@code unlimited}. */
    static Process start(Path directory, int publishers, int bytes, String blocks) throws IOException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return new ProcessBuilder(
                        "sh",
                        "-c",
                        "ulimit -f " + blocks + " && exec \"$@\"",
                        "sh",
                        java,
                        "-Xmx128m",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        PublishingProcess.class.getName(),
                        directory.toString(),
                        Integer.toString(publishers),
                        Integer.toString(bytes))
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** Publishes until it is killed, or was refused some times. */
    public static void main(String[] arguments) throws Exception {
        int publishers = Integer.parseInt(arguments[1]);
        int bytes = Integer.parseInt(arguments[2]);
        try (FileLog log = FileLog.open(Path.of(arguments[0]), RETENTION, Durability.OS)) {
            var refusals = new AtomicInteger();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < publishers; i++) {
                int publisher = i;
                var thread = new Thread(() -> publish(log, publisher, bytes, refusals));
                thread.start();
                threads.add(thread);
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
    }

    private static void publish(FileLog log, int publisher, int bytes, AtomicInteger refusals) {
        for (int batch = 0; refusals.get() < REFUSALS; batch++) {
            Publication[] events = new Publication[1 + batch % 3];
            for (int i = 0; i < events.length; i++) {
                events[i] = event(publisher, batch, i, bytes);
            }
            String line;
            try {
                List<EventId> ids = log.append(Arrays.asList(events)).get();
                line = publisher + " " + batch + " "
                        + String.join(",", ids.stream().map(EventId::toString).toList());
            } catch (ExecutionException e) {
                refusals.incrementAndGet();
                line = "refused";
            } catch (InterruptedException e) {
                return;
            }
            tell(line);
        }
    }

    private static synchronized void tell(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
