// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

class ChannelIndexTest {

    private record Stand(long position, String channel) {}

    @Test
    void channelLeavesWithItsLastEntry() {
        var index = new ChannelIndex();
        index.add("a", 0);
        index.add("b", 1);
        index.add("a", 2);
        index.removeOldest("a");
        index.removeOldest("b");
        assertThat(index.channels()).containsExactly("a");
        assertThat(index.newest("a")).isEqualTo(2);
        assertThat(index.newest("b")).isEqualTo(-1);
        index.removeOldest("a");
        assertThat(index.channels()).isEmpty();
        assertThatThrownBy(() -> index.removeOldest("a"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("channel: a has no entry (expected: at least one)");
    }

    @Test
    void positionsOfSeveralChannels_comeInLogOrder_howeverTheyGrowAndShrink() {
        long seed = ThreadLocalRandom.current().nextLong();
        var random = new Random(seed);
        var index = new ChannelIndex();
        var stands = new ArrayDeque<Stand>();
        var filters =
                List.of(Channels.all(), Channels.named("c0"), Channels.named("c1", "c4", "none"), Channels.under("c3"));
        long next = 0;
        for (int step = 0; step < 3000; step++) {
            if (random.nextInt(100) < (step / 500 % 2 == 0 ? 70 : 30)) {
                String channel = "c" + Math.min(random.nextInt(6), random.nextInt(6));
                index.add(channel, next);
                stands.add(new Stand(next++, channel));
            } else if (!stands.isEmpty()) {
                index.removeOldest(stands.remove().channel());
            }
            long from = next - random.nextInt(stands.size() + 2);
            long to = from + random.nextInt(stands.size() + 2);
            for (Channels filter : filters) {
                var found = new ArrayList<Long>();
                var candidates = filter.hasPatterns() ? index.channels() : filter.channels();
                index.positions(candidates, filter, from, to).forEachRemaining((long position) -> found.add(position));
                List<Long> expected = stands.stream()
                        .filter(stand ->
                                filter.matches(stand.channel()) && stand.position() >= from && stand.position() < to)
                        .map(Stand::position)
                        .toList();
                assertThat(found).as("seed %d", seed).isEqualTo(expected);
            }
        }
    }
}
