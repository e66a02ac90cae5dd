// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static dev.hibiki.hub.TestHub.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.hub.HubStream.State;
import dev.hibiki.hub.StreamRequest.Greeting;
import dev.hibiki.hub.TestHub.Opened;
import dev.hibiki.log.EventId;
import dev.hibiki.log.Retention;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams whose peers read slowly or not at all: 500 events of 1 KB, sockets of 16 KB, a budget of 256 KB. */
class PendingBytesTest {

    private static final int BUDGET = 256 << 10;
    private static final int SOCKET = 16 << 10;
    private static final int EVENTS = 500;
    private static final int STREAMS = 100;
    private static final String FILL = "x".repeat(1000);

    private TestHub hub = hub(HubSettings.DEFAULT.windowEntries());
    private EventId start = hub.log.end();

    @AfterEach
    void close() {
        hub.close();
    }

    private static TestHub hub(int windowEntries) {
        HubSettings usual = HubSettings.DEFAULT;
        return new TestHub(
                new HubSettings(
                        usual.heartbeat(),
                        usual.heartbeatText(),
                        Duration.ofDays(1),
                        windowEntries,
                        usual.windowBytes(),
                        List.of(),
                        usual.presenceGrace(),
                        usual.maxChannels(),
                        BUDGET),
                Retention.DEFAULT);
    }

    private void publish() {
        IntStream.range(0, EVENTS).forEach(i -> hub.publishOnly("news", i + FILL));
        hub.run();
    }

    private static List<String> all() {
        return IntStream.range(0, EVENTS).mapToObj(i -> i + FILL).toList();
    }

    /** Streams that come back from the start, and whose peers take nothing for now. */
    private List<Opened> slow(int count) {
        var streams = new ArrayList<Opened>();
        for (int i = 0; i < count; i++) {
            Opened stream = hub.openOnly(request(Greeting.CONNECTED, null, null, start.toString(), "news"));
            stream.outlet().holdAll(SOCKET);
            streams.add(stream);
        }
        hub.run();
        return streams;
    }

    private static long unsent(List<Opened> streams) {
        return streams.stream()
                .mapToLong(stream -> stream.outlet().unsentBytes())
                .sum();
    }

    @ParameterizedTest
    @ValueSource(ints = {32_768, 64})
    void whoStallsHoldsNoMoreThanTheBudgetAndAPieceEach_andEverybodyGetsOn(int windowEntries) {
        close();
        hub = hub(windowEntries);
        start = hub.log.end();
        publish();
        List<Opened> streams = slow(STREAMS);
        Shard shard = streams.get(0).stream().shard;
        long pieces = STREAMS * (4L << 10);
        assertThat(unsent(streams)).isBetween((long) BUDGET, BUDGET + 9 * Segment.BYTES + pieces);
        assertThat(shard.pendingBytes.isTight()).isTrue();
        assertThat(streams).allSatisfy(stream -> assertThat(stream.data()).isNotEmpty());

        // Their peers take everything now and then; no socket was full, so none says that it drains.
        for (int i = 0; i < 1000 && shard.behind > 0; i++) {
            streams.forEach(stream -> {
                boolean wasFull = !stream.outlet().isWritable();
                stream.outlet().takeAll();
                if (wasFull) {
                    stream.stream().writable();
                }
            });
            hub.pass(Duration.ofMillis(50));
            assertThat(unsent(streams)).isLessThan(BUDGET + 9 * Segment.BYTES + pieces);
        }
        assertThat(streams).allSatisfy(stream -> {
            assertThat(stream.stream().state).isEqualTo(State.LIVE);
            assertThat(stream.data()).isEqualTo(all());
        });
        assertThat(shard.pendingBytes.sum()).isZero();
        assertThat(shard.isEmpty()).isFalse();
    }

    @Test
    void whoReadsIsCaughtUpWhileOthersStall_andWhoIsLiveIsNotHeldUp() {
        Opened live = hub.open("news");
        publish();
        List<Opened> stalled = slow(STREAMS);
        Opened reading = hub.resume(start.toString(), "news");
        assertThat(reading.data()).isEqualTo(all());
        assertThat(reading.outlet().writes).as("in pieces").isGreaterThan(EVENTS / 4);
        assertThat(reading.stream().state).isEqualTo(State.LIVE);
        hub.publish("news", "new");
        assertThat(live.data()).hasSize(EVENTS + 1).endsWith("new");
        assertThat(reading.data()).endsWith("new");
        assertThat(unsent(stalled)).isLessThan(BUDGET + Segment.BYTES + STREAMS * (4L << 10));
    }

    @Test
    void whoLeavesFreesWhatItHeld() {
        publish();
        List<Opened> stalled = slow(STREAMS);
        Shard shard = stalled.get(0).stream().shard;
        stalled.forEach(stream -> stream.stream().closed(EndReason.CLIENT_GONE));
        assertThat(shard.pendingBytes.sum()).isZero();
        hub.pass(Duration.ofMillis(50));
        assertThat(shard.isEmpty()).isTrue();
        Opened reading = hub.resume(start.toString(), "news");
        assertThat(reading.data()).isEqualTo(all());
        assertThat(reading.outlet().writes).as("in whole segments").isLessThan(EVENTS / 25);
    }

    @Test
    void whoFallsBehindIsCountedFromThen_andNoMoreWhenItIsLive() {
        List<Opened> streams =
                IntStream.range(0, 40).mapToObj(i -> hub.open("news")).toList();
        Shard shard = streams.get(0).stream().shard;
        streams.forEach(Opened::block); // 20,000 bytes each
        assertThat(shard.pendingBytes.sum()).isZero();
        hub.publish("news", "1");
        assertThat(shard.pendingBytes.sum()).isEqualTo(40 * 20_000);
        streams.forEach(Opened::unblock);
        hub.run();
        assertThat(shard.pendingBytes.sum()).isZero();
        streams.forEach(stream -> assertThat(stream.data()).containsExactly("1"));
    }

    @Test
    void anEventThatIsLargerThanAPieceComesAllTheSame() {
        String large = "y".repeat(30_000);
        for (int i = 0; i < 5; i++) {
            hub.publishOnly("news", i + large);
        }
        hub.run();
        slow(STREAMS);
        assertThat(hub.resume(start.toString(), "news").data()).hasSize(5);
    }
}
