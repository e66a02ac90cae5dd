// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static dev.hibiki.hub.TestHub.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.HubStream.State;
import dev.hibiki.hub.StreamRequest.Greeting;
import dev.hibiki.hub.TestHub.Opened;
import dev.hibiki.log.MemoryLog;
import dev.hibiki.log.Retention;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Streams that are ended gently. */
class DrainTest {

    private static final Duration OVER = Duration.ofSeconds(5);

    private final TestHub hub = new TestHub();

    @AfterEach
    void close() {
        hub.close();
    }

    private long ended(List<Opened> streams) {
        return streams.stream().filter(stream -> stream.outlet().ended != null).count();
    }

    /** The delay that a stream was told last, and nothing after it. */
    private static int retry(Opened stream) {
        String last = stream.outlet().text().replaceFirst("(?s).*(retry: \\d+\n\n)$", "$1");
        assertThat(last).matches("retry: \\d{4,5}\n\n");
        return Integer.parseInt(last.substring(7, last.length() - 2));
    }

    @Test
    void streamsEndOneByOneEvenlyOverTheTime_eachWithADelayOfItsOwn() {
        var streams = new ArrayList<Opened>();
        for (int i = 0; i < 100; i++) {
            streams.add(hub.open("news"));
        }
        CompletableFuture<Void> drained = hub.hub.drain(OVER, new Random(7));
        hub.run();
        assertThat(ended(streams)).as("the first at once").isEqualTo(1);
        for (int i = 1; i < 100; i++) {
            hub.pass(Duration.ofMillis(50));
            assertThat(ended(streams)).isEqualTo(i + 1);
            assertThat(drained.isDone()).isEqualTo(i == 99);
        }
        assertThat(hub.hub.openStreams()).isZero();
        var delays = new HashSet<Integer>();
        for (Opened stream : streams) {
            assertThat(stream.outlet().ended).isEqualTo(EndReason.DRAINING);
            assertThat(retry(stream)).isBetween(1_000, 60_000);
            delays.add(retry(stream));
        }
        assertThat(delays).hasSizeGreaterThan(95);
        assertThat(delays.stream().min(Integer::compare).orElseThrow()).isLessThan(5_000);
        assertThat(delays.stream().max(Integer::compare).orElseThrow()).isGreaterThan(55_000);
    }

    @Test
    void theOrderIsRandom() {
        var streams = new ArrayList<Opened>();
        for (int i = 0; i < 10; i++) {
            streams.add(hub.open("news"));
        }
        var order = new ArrayList<Integer>();
        for (int i = 0; i < 10; i++) {
            int number = i;
            streams.get(i).outlet().onEnd = () -> order.add(number);
        }
        var drained = hub.hub.drain(OVER, new Random(7));
        hub.pass(OVER);
        assertThat(drained).isCompleted();
        assertThat(order).hasSize(10).isNotEqualTo(order.stream().sorted().toList());
        assertThat(order).isNotEqualTo(order.stream().sorted((a, b) -> b - a).toList());
    }

    @Test
    void oneThatTakesNoBytesIsEndedAllTheSame_andNotWrittenTo() {
        Opened blocked = hub.open("news");
        blocked.block();
        hub.publish("news", "1");
        Opened frozen = hub.open("news");
        frozen.stream().freeze(true);
        String before = blocked.outlet().text();
        var drained = hub.hub.drain(OVER);
        hub.pass(OVER);
        assertThat(drained).isCompleted();
        assertThat(blocked.outlet().ended).isEqualTo(EndReason.DRAINING);
        assertThat(blocked.outlet().text()).isEqualTo(before);
        assertThat(frozen.outlet().ended).isEqualTo(EndReason.DRAINING);
    }

    @Test
    void feedsAndStreamsThatHaveNotBegunAreEndedToo_andDeliveryGoesOnUntilThen() {
        Opened feed = hub.open(StreamRequest.feed());
        feed.stream().send(SseEvent.of("tick"));
        Opened reading = hub.openOnly(request(Greeting.CONNECTED, null, null, "5-0-1", "news"));
        assertThat(reading.stream().state).isEqualTo(State.READING);
        Opened live = hub.openOnly(StreamRequest.of(List.of("news"), StreamRequest.From.now()));
        var drained = hub.hub.drain(Duration.ofSeconds(3), new Random(1));
        hub.loop.run();
        for (int i = 0; i < 3; i++) {
            hub.publish("news", "e" + i);
            hub.pass(Duration.ofSeconds(1));
        }
        assertThat(drained).isCompleted();
        for (Opened stream : List.of(feed, reading, live)) {
            assertThat(stream.outlet().ended).isEqualTo(EndReason.DRAINING);
            assertThat(retry(stream)).isBetween(1_000, 60_000);
        }
    }

    @Test
    void oneThatComesThroughTheDoorIsEndedAtOnce() {
        hub.open("news");
        hub.open("news");
        var draining = hub.hub.drain(OVER);
        hub.run();
        Opened late = hub.open("news");
        assertThat(draining).isNotDone();
        assertThat(late.outlet().ended).isEqualTo(EndReason.DRAINING);
        assertThat(late.outlet().text()).matches("retry: \\d{4,5}\n\n");
    }

    @Test
    void noTimeEndsAllAtOnce_noStreamsIsDoneAtOnce_andClosingEndsTheRest() {
        assertThat(hub.answered(hub.hub.drain(OVER))).isNull();
        try (TestHub other = new TestHub()) {
            var streams = List.of(other.open("a"), other.open("b"), other.open("c"));
            var slow = other.hub.drain(Duration.ofHours(1));
            other.run();
            assertThat(ended(streams)).isEqualTo(1);
            other.answered(other.hub.drain(Duration.ZERO));
            assertThat(ended(streams)).isEqualTo(3);
            assertThat(slow).isCompleted();
        }
        try (TestHub other = new TestHub()) {
            var streams = List.of(other.open("a"), other.open("b"));
            var drained = other.hub.drain(Duration.ofHours(1));
            other.run();
            other.hub.close();
            assertThat(ended(streams)).isEqualTo(2);
            assertThat(drained).as("nobody waits for a hub that is closed").isCompleted();
        }
    }

    @Test
    void streamsOfAllLoopsAreDrained() throws Exception {
        var group = new DefaultEventExecutorGroup(2, new DefaultThreadFactory("hibiki-loop"));
        var loops = new ArrayList<EventExecutor>();
        group.forEach(loops::add);
        var log = MemoryLog.create(Retention.DEFAULT);
        try (log;
                Hub threads = Hub.start(log, loops, HubSettings.DEFAULT)) {
            for (int i = 0; i < 20; i++) {
                EventExecutor loop = loops.get(i % 2);
                CompletableFuture.runAsync(() -> threads.open(loop, StreamRequest.feed(), new RecordedOutlet()), loop)
                        .join();
            }
            assertThat(threads.openStreams()).isEqualTo(20);
            threads.drain(Duration.ofMillis(100)).get(60, TimeUnit.SECONDS);
            assertThat(threads.openStreams()).isZero();
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await();
        }
    }
}
