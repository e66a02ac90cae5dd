// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RemovalsTest {

    private static final EventId BIRTH = new EventId(1000, 0, 5);

    private static LogEntry entry(EventId id, String channel) {
        return new LogEntry(id, 1000, channel, null, new byte[0]);
    }

    @Test
    void nothingRemoved_isNoPlace() {
        var removals = new Removals(3);
        assertThat(removals.newestFor(Channels.all(), BIRTH)).isNull();
        assertThat(removals.newestFor(Channels.named("a"), BIRTH)).isNull();
    }

    @Test
    void channelThatLosesAgain_isNotTheOneThatIsForgotten() {
        var removals = new Removals(2);
        EventId a1 = BIRTH.next(1001);
        EventId b = BIRTH.next(1002);
        EventId a2 = BIRTH.next(1003);
        EventId c = BIRTH.next(1004);
        removals.add(entry(a1, "a"));
        removals.add(entry(b, "b"));
        removals.add(entry(a2, "a"));
        removals.add(entry(c, "c"));
        assertThat(removals.newestFor(Channels.named("a"), BIRTH)).isEqualTo(a2);
        assertThat(removals.newestFor(Channels.named("b"), BIRTH)).isEqualTo(b);
        assertThat(removals.newestFor(Channels.named("nobody"), BIRTH)).isEqualTo(b);
    }

    /** Whatever is forgotten: a removal that matches is told, and nothing is told from after the newest removal of all. */
    @Test
    void gapIsNeverSilent_howeverSmallTheTable() {
        long seed = ThreadLocalRandom.current().nextLong();
        var random = new Random(seed);
        for (int size = 1; size < 12; size++) {
            var removals = new Removals(size);
            Map<String, EventId> exact = new HashMap<>();
            EventId place = BIRTH;
            for (int i = 0; i < 300; i++) {
                place = place.next(1000 + i);
                String channel = "c" + random.nextInt(10);
                removals.add(entry(place, channel));
                exact.put(channel, place);
                EventId after = new EventId(1000 + random.nextInt(i + 2), random.nextInt(2), BIRTH.incarnation());
                for (int c = 0; c < 11; c++) {
                    String name = "c" + c;
                    checkTold(removals, Channels.named(name), after, exact.get(name), size >= 10, seed);
                    checkTold(removals, Channels.under(name), after, exact.get(name), size >= 10, seed);
                }
                checkTold(removals, Channels.all(), after, place, true, seed);
            }
        }
    }

    private static void checkTold(
            Removals removals, Channels filter, EventId after, @Nullable EventId exact, boolean exactly, long seed) {
        @Nullable EventId told = removals.newestFor(filter, after);
        boolean missed = exact != null && after.isBefore(exact);
        String what = "seed " + seed + ": " + filter + " after " + after;
        assertThat(told == null || after.isBefore(told)).as(what).isTrue();
        if (exactly) {
            assertThat(told).as(what).isEqualTo(missed ? exact : null);
        } else if (missed) {
            assertThat(told).as(what).isNotNull().isGreaterThanOrEqualTo(exact);
        }
    }
}
