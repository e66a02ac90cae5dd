// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.log.Channels;
import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.LogSlice;
import dev.hibiki.log.ReadBudget;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What was acknowledged is there after the process was killed, or its disk was full; and nothing of what was not is there by half. */
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // what waits for a process hears no interrupt
class EndedProcessTest {

    private static final int KILLS = Integer.getInteger("hibiki.kills", 12);

    @TempDir
    Path directory;

    /** The ids that were acknowledged, and the data of the event in each place. */
    private final Map<EventId, String> acknowledged = new LinkedHashMap<>();

    private int refused;

    private void take(String line) {
        if (line.equals("refused")) {
            refused++;
            return;
        }
        String[] words = line.split(" ", 3);
        int index = 0;
        for (String id : words[2].split(",", -1)) {
            acknowledged.put(EventId.parse(id), words[0] + "/" + words[1] + "." + index++);
        }
    }

    /** Everything in the log, in order, each event as it was acknowledged. */
    private Map<EventId, String> everything() throws Exception {
        var found = new LinkedHashMap<EventId, String>();
        try (FileLog log = FileLog.open(directory, PublishingProcess.RETENTION, Durability.OS)) {
            EventId at = log.birth();
            while (at.isBefore(log.end())) {
                LogSlice slice = log.read(at, log.end(), Channels.all(), new ReadBudget(10_000, 1 << 24));
                for (LogEntry entry : slice.entries()) {
                    assertThat(entry.id()).isGreaterThan(at);
                    at = entry.id();
                    found.put(at, told(entry));
                }
                at = slice.scannedTo();
            }
            assertThat((long) found.size()).isEqualTo(log.figures().entries());
        }
        return found;
    }

    private static String told(LogEntry entry) {
        String frame = new String(entry.frame(), UTF_8);
        String data = frame.substring(frame.indexOf("data: ") + 6);
        return entry.channel().substring("publisher/".length()) + "/" + data.substring(0, data.lastIndexOf('.'));
    }

    @Test
    void whatWasAcknowledged_isThereAfterEachKill() throws Exception {
        long seed = ThreadLocalRandom.current().nextLong();
        var random = new Random(seed);
        var before = new ArrayList<EventId>();
        for (int kill = 0; kill < KILLS; kill++) {
            int lines = 1 + random.nextInt(random.nextBoolean() ? 20 : 4000);
            Process process = PublishingProcess.start(directory, 4, 100, "unlimited");
            try (var output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
                String line = output.readLine();
                for (int i = 0; line != null; i++) {
                    take(line);
                    if (i == lines) {
                        process.toHandle().destroyForcibly(); // which, other than the process, leaves its output open
                    }
                    line = output.readLine();
                }
            } finally {
                process.destroyForcibly().waitFor();
            }
            Map<EventId, String> found = everything();
            String what = "seed " + seed + ", kill " + kill;
            assertThat(found).as(what).containsAllEntriesOf(acknowledged);
            assertThat(found.keySet().stream().limit(before.size()).toList())
                    .as(what)
                    .isEqualTo(before);
            assertBatchesAreWhole(found, what);
            before.clear();
            before.addAll(found.keySet());
        }
        assertThat(refused).isZero();
    }

    /** Event {@code b.i} is followed by the rest of its batch, which has {@code 1 + b % 3} events. */
    private static void assertBatchesAreWhole(Map<EventId, String> found, String what) {
        List<String> events = List.copyOf(found.values());
        for (int at = 0; at < events.size(); ) {
            String first = events.get(at);
            String batch = first.substring(0, first.lastIndexOf('.'));
            int size = 1 + Integer.parseInt(batch.substring(batch.indexOf('/') + 1)) % 3;
            for (int i = 0; i < size; i++, at++) {
                assertThat(at).as(what + ": " + batch).isLessThan(events.size());
                assertThat(events.get(at)).as(what).isEqualTo(batch + "." + i);
            }
        }
    }

    @Test
    void fullDisk_refusesPublishers_andLosesNothing() throws Exception {
        Process process = PublishingProcess.start(directory, 4, 3000, "20000");
        try (var output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8))) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                take(line);
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(process.exitValue()).isZero();
        assertThat(refused).isPositive();
        assertThat(acknowledged).hasSizeGreaterThan(1000);
        assertThat(everything()).isEqualTo(acknowledged);
    }
}
