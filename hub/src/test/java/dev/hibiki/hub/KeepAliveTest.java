// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static dev.hibiki.hub.TestHub.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.StreamRequest.Greeting;
import dev.hibiki.hub.TestHub.Opened;
import dev.hibiki.log.EventId;
import dev.hibiki.log.Retention;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What quiet streams get and when, and who is ended for taking nothing; by a clock that the test moves. */
class KeepAliveTest {

    /** How much later than asked for a thing may come: a tick, which is a sixteenth of a heartbeat, and the test's own step. */
    private static final Duration LATE = Duration.ofMillis(15_000 / 16 + 50);

    private static final Duration HEARTBEAT = Duration.ofSeconds(15);

    private final TestHub hub = new TestHub();

    @AfterEach
    void close() {
        hub.close();
    }

    /** Opens a stream at some time between two ticks. */
    private Opened quiet(String... channels) {
        hub.pass(Duration.ofMillis(400));
        Opened stream = hub.open(channels);
        stream.outlet().take();
        return stream;
    }

    private static String cursor(EventId place) {
        return "id: " + place + "\nevent: hibiki.cursor\ndata: {}\n\n";
    }

    @Test
    void quietStreamGetsAHeartbeatAfterFifteenSeconds_notBefore_andAgainAndAgain() {
        Opened stream = quiet("news");
        hub.pass(HEARTBEAT.minusMillis(50));
        assertThat(stream.outlet().take()).isEmpty();
        hub.pass(LATE);
        assertThat(stream.outlet().take()).isEqualTo(":heartbeat\n\n");
        hub.pass(HEARTBEAT.plus(LATE));
        assertThat(stream.outlet().take()).isEqualTo(":heartbeat\n\n");
    }

    @Test
    void anEventPutsOffTheHeartbeat() {
        Opened stream = quiet("news");
        for (int i = 0; i < 6; i++) {
            hub.pass(Duration.ofSeconds(11));
            EventId id = hub.publish("news", "x");
            assertThat(stream.outlet().take()).isEqualTo("id: " + id + "\ndata: x\n\n");
        }
        hub.pass(HEARTBEAT.minusMillis(50));
        assertThat(stream.outlet().take()).isEmpty();
        hub.pass(LATE);
        assertThat(stream.outlet().take()).isEqualTo(":heartbeat\n\n");
    }

    @Test
    void eachOfManyStreamsGetsItsHeartbeat_whenItsTimeComes() {
        List<Opened> streams =
                IntStream.range(0, 300).mapToObj(i -> quiet("news")).toList(); // over two minutes
        hub.pass(HEARTBEAT.plus(LATE));
        for (Opened stream : streams) {
            assertThat(stream.outlet().take()).startsWith(":heartbeat\n\n");
        }
        hub.pass(HEARTBEAT.plus(LATE));
        streams.forEach(stream -> assertThat(stream.outlet().take()).startsWith(":heartbeat\n\n"));
    }

    @Test
    void cursorComesInsteadWhenTheLogHasMovedOnByAMinute() {
        Opened stream = quiet("news");
        hub.publish("other", "x");
        hub.pass(HEARTBEAT.plus(LATE));
        assertThat(stream.outlet().take()).isEqualTo(":heartbeat\n\n");
        hub.pass(Duration.ofSeconds(50));
        stream.outlet().take();
        EventId place = hub.publish("other", "a minute later");
        hub.pass(HEARTBEAT.plus(LATE));
        assertThat(stream.outlet().take()).isEqualTo(cursor(place));
        hub.pass(HEARTBEAT.plus(LATE));
        assertThat(stream.outlet().take()).as("the log has not moved on since").isEqualTo(":heartbeat\n\n");
    }

    @Test
    void cursorComesInsteadWhenTheLogHasMovedOnByAThousandEntries_andNotByOneLess() {
        Opened stream = quiet("news");
        hub.publishMany("other", 999);
        hub.run();
        hub.pass(HEARTBEAT.plus(LATE));
        assertThat(stream.outlet().take()).isEqualTo(":heartbeat\n\n");
        EventId place = hub.publish("other", "the thousandth");
        hub.pass(HEARTBEAT.plus(LATE));
        assertThat(stream.outlet().take()).isEqualTo(cursor(place));
        assertThat(hub.resume(place.toString(), "news").idOf(0)).isEqualTo(place);
    }

    @Test
    void cursorIsCountedFromTheLastEvent_alsoOfAStreamThatReadTheLog() {
        try (TestHub small = TestHub.small(10_000)) {
            EventId start = small.log.end();
            small.publishMany("news", 3000);
            small.run();
            Opened stream = small.resume(start.toString(), "news");
            assertThat(stream.data()).hasSize(3000);
            stream.outlet().take();
            small.publish("other", "x");
            small.pass(HEARTBEAT.plus(LATE));
            assertThat(stream.outlet().take()).isEqualTo(":heartbeat\n\n");
        }
    }

    @Test
    void feedGetsHeartbeatsOnly() {
        Opened feed = hub.open(StreamRequest.feed());
        hub.publishMany("news", 2000);
        hub.run();
        hub.clock.advance(Duration.ofMinutes(5));
        hub.publish("news", "x");
        hub.pass(HEARTBEAT.plus(LATE));
        assertThat(feed.outlet().text()).isEqualTo(":heartbeat\n\n");
    }

    @Test
    void streamThatTellsItsPlaceAloneGetsItsCursorToo() {
        Opened stream = hub.open(request(Greeting.CURSOR, null, null, null, "news"));
        assertThat(stream.outlet().take())
                .matches("id: " + hub.log.end() + "\nevent: hibiki.cursor\nretry: [2-5]\\d{3}\ndata: \\{}\n\n");
        hub.publishMany("other", 1000);
        hub.run();
        hub.pass(HEARTBEAT.plus(LATE));
        assertThat(stream.outlet().take()).isEqualTo(cursor(hub.log.end()));
    }

    @Test
    void peerThatTakesNothingIsEndedAfterTheLimit_andNotBefore() {
        Opened stalled = hub.open("news");
        stalled.block();
        hub.pass(Duration.ofMinutes(2));
        assertThat(stalled.outlet().ended).isNull();
        hub.pass(HEARTBEAT.multipliedBy(2).plus(LATE));
        assertThat(stalled.outlet().ended).isEqualTo(EndReason.STALLED);
        assertThat(hub.hub.openStreams()).isZero();
    }

    @Test
    void aLimitThatIsShorterThanTheHeartbeatHolds() {
        HubSettings usual = HubSettings.DEFAULT;
        var settings = new HubSettings(
                usual.heartbeat(),
                usual.heartbeatText(),
                Duration.ofSeconds(2),
                64,
                usual.windowBytes(),
                List.of(),
                usual.presenceGrace(),
                usual.maxChannels(),
                usual.pendingBytes());
        try (var impatient = new TestHub(settings, Retention.DEFAULT)) {
            Opened live = impatient.open("news");
            live.outlet().holdAll(10);
            impatient.publish("news", "x".repeat(1000));
            impatient.publish("news", "and more");
            impatient.pass(Duration.ofMillis(900));
            assertThat(live.outlet().ended).isNull();
            impatient.pass(Duration.ofSeconds(3));
            assertThat(live.outlet().ended).isEqualTo(EndReason.STALLED);
        }
    }

    @Test
    void peerThatTakesNothingIsEnded_alsoWhileItIsSentMore() {
        Opened stalled = hub.open("news");
        stalled.outlet().holdAll();
        for (int i = 0; i < 11 && stalled.outlet().ended == null; i++) {
            hub.pass(HEARTBEAT);
            stalled.stream().send(SseEvent.of("more"));
        }
        assertThat(stalled.outlet().ended).isEqualTo(EndReason.STALLED);
    }

    @Test
    void peerThatTakesSlowlyIsKept() {
        Opened slow = hub.open("news");
        slow.block();
        for (int i = 0; i < 20; i++) {
            hub.pass(Duration.ofSeconds(40));
            slow.outlet().block(20_000 - 100 * i);
        }
        assertThat(slow.outlet().ended).isNull();
    }

    @Test
    void peerThatTakesEverythingIsKept_howeverLongItIsQuiet() {
        Opened stream = quiet("news");
        hub.pass(Duration.ofMinutes(10));
        assertThat(stream.outlet().ended).isNull();
        assertThat(stream.outlet().take().replace(":heartbeat\n\n", "h")).matches("h{37,40}");
    }

    @Test
    void toEndOneMayEndOthers_andTheRestAreStillVisited() {
        List<Opened> streams =
                IntStream.range(0, 6).mapToObj(i -> hub.open("news")).toList(); // all in one bucket of the wheel
        List<Opened> stalled = streams.subList(1, 5);
        List<Opened> slow = List.of(streams.get(0), streams.get(5));
        streams.forEach(Opened::block);
        stalled.forEach(stream -> stream.outlet().onEnd =
                () -> stalled.forEach(other -> other.stream().closed(EndReason.ENDED)));
        for (int i = 1; hub.hub.openStreams() == 6; i++) {
            hub.pass(Duration.ofSeconds(1));
            int unsent = 20_000 - i;
            slow.forEach(stream -> stream.outlet().block(unsent));
        }
        assertThat(hub.hub.openStreams()).isEqualTo(2);
        slow.forEach(Opened::unblock);
        slow.forEach(stream -> stream.outlet().take());
        hub.pass(HEARTBEAT.plus(LATE));
        slow.forEach(stream -> assertThat(stream.outlet().take()).isEqualTo(":heartbeat\n\n"));
    }

    @Test
    void frozenStreamGetsNoHeartbeat() {
        Opened frozen = quiet("news");
        hub.answered(hub.hub.freeze(frozen.stream().clientId(), Duration.ofSeconds(40)));
        hub.publish("news", "1");
        hub.pass(Duration.ofSeconds(39));
        assertThat(frozen.outlet().text()).isEmpty();
        hub.pass(Duration.ofSeconds(1));
        assertThat(frozen.data()).containsExactly("1");
    }
}
