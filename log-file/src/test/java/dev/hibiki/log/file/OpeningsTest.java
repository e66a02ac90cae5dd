// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.event.SseEvent;
import dev.hibiki.log.EventId;
import dev.hibiki.log.Publication;
import dev.hibiki.log.Retention;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpeningsTest {

    private static final long[] PAIRS = {10, 20, 25, 26, 30, 40};

    @TempDir
    Path folder;

    @Test
    void aPlaceBetweenTheEndThatWasFoundAndTheFirstSinceIsOfALostEnd_alsoOnePastTheEnd() {
        var openings = new Openings(PAIRS, 50);
        assertThat(LongStream.of(10, 11, 19, 20, 25, 26, 30, 31, 39, 40, 50)
                        .map(place -> openings.surviving(place, 50)))
                .containsExactly(10L, 10L, 10L, 20L, 25L, 26L, 30L, 30L, 30L, 40L, 50L);
        assertThat(openings.surviving(51, 50)).isEqualTo(50);
        assertThat(openings.surviving(5, 50)).isEqualTo(5);
    }

    @Test
    void thisOpeningCountsToo_onceItIsWrittenTo() {
        var openings = new Openings(PAIRS, 50);
        assertThat(openings.isWritten()).isFalse();
        openings.written(60);
        assertThat(openings.isWritten()).isTrue();
        assertThat(LongStream.of(49, 50, 51, 59, 60, 65, 66).map(place -> openings.surviving(place, 65)))
                .containsExactly(49L, 50L, 50L, 50L, 60L, 65L, 50L);
    }

    @Test
    void ofVeryManyOpeningsTheNewestCount() {
        var openings = new Openings(
                LongStream.range(0, 2L * Openings.MOST).map(n -> 10 * n).toArray(), 1_000_000);
        assertThat(openings.surviving(5, 1_000_000)).isEqualTo(0);
        openings.written(1_000_010);
        assertThat(openings.surviving(5, 1_000_010)).isEqualTo(5);
        assertThat(openings.surviving(25, 1_000_010)).isEqualTo(20);
        assertThat(openings.surviving(1_000_005, 1_000_010)).isEqualTo(1_000_000);
    }

    private static FileLog open(Path directory) throws FileLogException {
        return FileLog.open(directory, Retention.DEFAULT, Durability.OS);
    }

    private static EventId append(FileLog log) {
        return log.append(List.of(Publication.of("news", SseEvent.of("event"))))
                .join()
                .get(0);
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        Files.copy(from.resolve("hibiki.db"), to.resolve("hibiki.db"), StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void anEndThatIsLostIsKnownForEver_whenAnOlderCopyIsPutBack() throws Exception {
        Path directory = folder.resolve("log");
        EventId kept;
        try (FileLog log = open(directory)) {
            kept = append(log);
        }
        copy(directory, folder.resolve("copy"));
        EventId lost;
        try (FileLog log = open(directory)) {
            append(log);
            lost = append(log);
            assertThat(log.surviving(lost)).isEqualTo(lost);
        }
        copy(folder.resolve("copy"), directory);
        EventId next;
        try (FileLog log = open(directory)) {
            assertThat(log.surviving(lost)).isEqualTo(kept);
            next = append(log);
            assertThat(log.surviving(lost)).isEqualTo(kept);
        }
        for (int opening = 0; opening < 3; opening++) {
            try (FileLog log = open(directory)) {
                assertThat(log.surviving(lost)).isEqualTo(kept);
                assertThat(log.surviving(kept)).isEqualTo(kept);
                assertThat(log.surviving(next)).isEqualTo(next);
                next = append(log);
            }
        }
    }
}
