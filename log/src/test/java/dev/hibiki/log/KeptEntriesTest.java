// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class KeptEntriesTest {

    /** Every way in which the clock can go over six appends, and every time at which one can ask which are too old. */
    @Test
    void entryGoesWhenItOrAnyAfterItIsTooOld_whateverTheClockDid() {
        int entries = 6;
        int times = 4;
        for (int way = 0; way < Math.pow(times, entries); way++) {
            for (int now = 0; now <= times + 2; now++) {
                var kept = new KeptEntries(new Retention(100, 1 << 20, Duration.ofMillis(2)));
                EventId place = new EventId(0, 0, 1);
                int expected = 0;
                for (int i = 0, rest = way; i < entries; i++, rest /= times) {
                    place = place.next(0);
                    kept.add(new LogEntry(place, rest % times, "a", null, new byte[0]));
                    expected = now - rest % times > 2 ? i + 1 : expected;
                }
                int removed = 0;
                while (kept.removeExceeding(now) != null) {
                    removed++;
                }
                assertThat(removed).as("way %d at %d", way, now).isEqualTo(expected);
            }
        }
    }

    @Test
    void positionsHold_whileTheRingGrowsWrapsAndShrinks() {
        long seed = ThreadLocalRandom.current().nextLong();
        var random = new Random(seed);
        var kept = new KeptEntries(new Retention(1_000_000, 1L << 40, Duration.ofSeconds(1)));
        List<LogEntry> all = new ArrayList<>();
        int removed = 0;
        EventId place = new EventId(0, 0, 1);
        long now = 0;
        for (int step = 0; step < 2000; step++) {
            boolean flood = step / 200 % 2 == 0;
            now += random.nextInt(flood ? 2 : 200);
            place = place.next(now);
            LogEntry entry = new LogEntry(place, now, "a", null, new byte[0]);
            all.add(entry);
            assertThat(kept.add(entry)).as("seed %d", seed).isEqualTo(all.size() - 1);
            for (@Nullable LogEntry gone = kept.removeExceeding(now); gone != null; gone = kept.removeExceeding(now)) {
                assertThat(gone).as("seed %d", seed).isSameAs(all.get(removed++));
            }
            assertThat(kept.size()).isEqualTo(all.size() - removed);
            int position = removed + random.nextInt(kept.size());
            assertThat(kept.get(position)).as("seed %d", seed).isSameAs(all.get(position));
            EventId id = all.get(position).id();
            assertThat(kept.firstAfter(id)).as("seed %d", seed).isEqualTo(position + 1);
            assertThat(kept.firstAfter(new EventId(0, 0, 1))).isEqualTo(removed);
        }
    }
}
