// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.hibiki.hub.HubStream.State;
import dev.hibiki.hub.StreamRequest.From.Newest;
import dev.hibiki.hub.TestHub.Opened;
import dev.hibiki.log.EventId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A log that cannot be read for a while, and streams that are 100 events behind, where the window holds 64. */
class OutageTest {

    private static final Duration SECOND = Duration.ofSeconds(1);

    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.hibiki.hub");
    private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
    private final TestHub hub = TestHub.small(10_000);
    private final EventId start = hub.log.end();

    @BeforeEach
    void goAway() {
        logged.start();
        logger.addAppender(logged);
        hub.publishMany("news", 100);
        hub.run();
        hub.scripted.reads = 0;
        hub.scripted.away = true;
    }

    @AfterEach
    void close() {
        hub.close();
        logger.detachAppender(logged);
    }

    private Opened back() {
        return hub.resume(start.toString(), "news");
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    @Test
    void streamsStayOpen_andGetWhatTheyMissedWhenTheLogIsBack() {
        List<Opened> streams = List.of(back(), back(), hub.openFrom(new Newest(80), "news"));
        Opened live = hub.open("news");
        hub.pass(SECOND.multipliedBy(20));
        for (Opened stream : streams) {
            assertThat(stream.outlet().ended).isNull();
            assertThat(stream.stream().state).isEqualTo(State.READING);
            assertThat(stream.outlet().events()).isEmpty();
            assertThat(stream.outlet().text()).isEqualTo(":heartbeat\n\n");
        }
        hub.publish("news", "100");
        assertThat(live.data()).containsExactly("100");

        hub.scripted.away = false;
        hub.pass(SECOND.multipliedBy(15));
        assertThat(streams.get(0).data()).isEqualTo(numbers(0, 101));
        assertThat(streams.get(1).data()).isEqualTo(numbers(0, 101));
        assertThat(streams.get(2).data()).as("as of when it could be asked").isEqualTo(numbers(21, 101));
        assertThat(hub.answered(hub.hub.lag()).behind()).isZero();
    }

    @Test
    void oneStreamTriesForAll_afterASecondThenTwiceAsLongEachTime_upToFifteen() {
        Opened slow = hub.open("news");
        slow.block();
        hub.publishMany("news", 100);
        hub.run();
        slow.unblock();
        hub.run();
        assertThat(hub.scripted.reads).isEqualTo(1);
        for (int i = 0; i < 20; i++) {
            back();
        }
        assertThat(hub.scripted.reads).isEqualTo(1);
        int tries = 1;
        for (int pause : List.of(1, 2, 4, 8, 15, 15, 15)) {
            hub.pass(SECOND.multipliedBy(pause).minusMillis(50));
            assertThat(hub.scripted.reads).isEqualTo(tries);
            hub.pass(Duration.ofMillis(50));
            assertThat(hub.scripted.reads).isEqualTo(++tries);
        }
        hub.scripted.away = false;
        hub.pass(SECOND.multipliedBy(15));
        assertThat(slow.data()).isEqualTo(numbers(0, 100));
        assertThat(slow.stream().state).isEqualTo(State.LIVE);

        hub.scripted.away = true; // the next outage begins with a second again
        int before = hub.scripted.reads;
        back();
        hub.pass(SECOND);
        assertThat(hub.scripted.reads).isEqualTo(before + 2);
    }

    @Test
    void whoHasNotBegunIsEndedAfterHalfAMinute_whoHasIsNot() {
        hub.scripted.away = false;
        Opened begun =
                hub.openOnly(TestHub.request(StreamRequest.Greeting.CONNECTED, null, null, start.toString(), "news"));
        begun.outlet().blockAfter(2); // its greeting and the first batch
        hub.publishMany("news", 500);
        hub.run();
        assertThat(begun.stream().state).isEqualTo(State.BLOCKED);
        hub.scripted.away = true;
        begun.unblock();
        Opened waiting = back();
        hub.pass(SECOND.multipliedBy(29));
        assertThat(waiting.outlet().ended).isNull();
        hub.pass(SECOND.multipliedBy(16));
        assertThat(waiting.outlet().ended).isEqualTo(EndReason.FAILED);
        assertThat(begun.outlet().ended).isNull();
        hub.scripted.away = false;
        hub.pass(SECOND.multipliedBy(15));
        assertThat(begun.data()).hasSize(600);
    }

    @Test
    void anOutageIsLoggedOnce_andItsEnd() {
        var streams = new ArrayList<Opened>();
        for (int i = 0; i < 30; i++) {
            streams.add(hub.openOnly(
                    TestHub.request(StreamRequest.Greeting.CONNECTED, null, null, start.toString(), "news")));
        }
        hub.pass(SECOND.multipliedBy(10));
        hub.scripted.away = false;
        hub.pass(SECOND.multipliedBy(15));
        assertThat(logged.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly(
                        "the log cannot be read, and streams that need it wait: java.io.IOException: the disk is gone",
                        "the log can be read again");
        streams.forEach(stream -> assertThat(stream.data()).hasSize(100));
    }

    @Test
    void whoLeavesWhileTheLogIsAwayLeavesNothing_andClosingTheHubEndsWhoWaits() {
        Opened left = back();
        left.stream().closed(EndReason.CLIENT_GONE);
        hub.pass(SECOND.multipliedBy(2));
        assertThat(left.stream().shard.isEmpty()).isTrue();
        Opened waiting = back();
        hub.hub.close();
        assertThat(waiting.outlet().ended).isEqualTo(EndReason.STOPPING);
        hub.pass(SECOND.multipliedBy(30));
    }
}
