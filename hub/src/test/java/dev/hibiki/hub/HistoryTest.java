// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.HubStream.State;
import dev.hibiki.hub.StreamRequest.From;
import dev.hibiki.hub.StreamRequest.From.Newest;
import dev.hibiki.hub.StreamRequest.From.Since;
import dev.hibiki.hub.StreamRequest.Greeting;
import dev.hibiki.hub.TestHub.Opened;
import dev.hibiki.log.EventId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Streams that begin in the past, by a time or by a number of events: a window of 64 entries and a log of 300. */
class HistoryTest {

    private static final int KEPT = 300;

    private final TestHub hub = TestHub.small(KEPT);

    @AfterEach
    void close() {
        hub.close();
    }

    private EventId later(String channel, String data) {
        hub.clock.advance(Duration.ofMillis(10));
        return hub.publish(channel, data);
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    // ---- since

    @Test
    void sinceATimeComesEverythingFromThatMillisecondOn_thenWhatIsNew() {
        EventId first = later("news", "1");
        EventId second = later("news", "2");
        EventId sameMillis = hub.publish("news", "3");
        later("news", "4");
        assertThat(sameMillis.millis()).isEqualTo(second.millis());

        Opened stream = hub.openFrom(new Since(second.millis()), "news");
        hub.publish("news", "5");
        assertThat(stream.data()).containsExactly("2", "3", "4", "5");
        assertThat(stream.idOf(0)).as("a place that an event has").isEqualTo(first);
        assertThat(hub.openFrom(new Since(second.millis() + 1), "news").data()).containsExactly("4", "5");
        assertThat(hub.openFrom(new Since(second.millis() - 1), "news").data()).containsExactly("2", "3", "4", "5");
    }

    @Test
    void sinceATimeThatTheWindowDoesNotReachIsReadFromTheLog() {
        var millis = new ArrayList<Long>();
        for (int i = 0; i < 200; i++) {
            millis.add(later("news", Integer.toString(i)).millis());
        }
        for (int i : List.of(1, 50, 134, 135, 136, 199)) {
            Opened stream = hub.openFrom(new Since(millis.get(i)), "news");
            assertThat(stream.data()).isEqualTo(numbers(i, 200));
            assertThat(stream.stream().state).isEqualTo(State.LIVE);
            assertThat(hub.resume(stream.idOf(0).toString(), "news").data())
                    .as("resumed at once")
                    .isEqualTo(numbers(i, 200));
        }
    }

    @Test
    void sinceBeforeTheLogsBirthIsAllOfIt_andInTheFutureNothing() {
        Opened empty = hub.openFrom(new Since(0), "news");
        assertThat(empty.idOf(0)).isEqualTo(hub.log.birth());
        EventId end = later("news", "1");
        for (long millis :
                new long[] {0, hub.log.birth().millis() - 1, hub.log.birth().millis()}) {
            Opened all = hub.openFrom(new Since(millis), "news");
            assertThat(all.idOf(0)).isEqualTo(hub.log.birth());
            assertThat(all.data()).containsExactly("1");
        }
        for (long millis : new long[] {end.millis() + 1, Long.MAX_VALUE}) {
            Opened none = hub.openFrom(new Since(millis), "news");
            assertThat(none.idOf(0)).isEqualTo(end);
            assertThat(none.data()).isEmpty();
        }
        assertThatThrownBy(() -> new Since(-1))
                .hasMessage("since: -1 ms (expected: at least 0, milliseconds since 1970)");
    }

    @Test
    void sinceEndsWhereTheRequestFoundTheLog_alsoWhileTheShardLags() {
        EventId first = later("news", "1");
        EventId end = hub.publishOnly("news", "2");
        Opened stream = hub.openOnly(
                new StreamRequest(List.of("news"), Greeting.CONNECTED, null, null, null, new Since(end.millis() + 1)));
        hub.publishOnly("news", "3");
        hub.run();
        assertThat(stream.idOf(0)).isEqualTo(end).isNotEqualTo(first);
        assertThat(stream.data()).containsExactly("3");
    }

    @Test
    void sinceTellsAGapOnlyIfSomethingOfItsOwnIsGone() {
        EventId quiet = later("quiet", "before");
        EventId asked = later("news", "lost");
        for (int i = 1; i < KEPT; i++) {
            later("news", Integer.toString(i));
        }
        EventId kept = later("news", "kept"); // removes "lost"
        EventId beforeAsked = new EventId(asked.millis() - 1, Long.MAX_VALUE, asked.incarnation());

        Opened news = hub.openFrom(new Since(asked.millis()), "news");
        assertThat(news.outlet().events().get(0).id()).isEmpty();
        assertThat(news.outlet().data("hibiki.gap"))
                .containsExactly(
                        "{\"reason\":\"expired\",\"after\":\"" + beforeAsked + "\",\"resumedAt\":\"" + asked + "\"}");
        assertThat(news.data()).hasSize(KEPT).endsWith("kept");
        assertThat(kept).isEqualTo(hub.log.end());
        assertThat(hub.openFrom(new Since(asked.millis() + 1), "news").outlet().data("hibiki.gap"))
                .isEmpty();
        assertThat(hub.openFrom(new Since(asked.millis()), "quiet").outlet().data("hibiki.gap"))
                .isEmpty();
        assertThat(hub.openFrom(new Since(quiet.millis()), "quiet").outlet().data("hibiki.gap"))
                .hasSize(1);
    }

    // ---- newest

    @Test
    void newestAreThoseOfTheStreamsOwnChannels_fromWindowAndLog() {
        for (int i = 0; i < 200; i++) {
            hub.publish(i % 2 == 0 ? "news" : "other", Integer.toString(i));
        }
        for (int count : List.of(1, 2, 31, 32, 33, 50, 100)) {
            Opened stream = hub.openFrom(new Newest(count), "news");
            assertThat(stream.data())
                    .isEqualTo(IntStream.range(100 - count, 100)
                            .mapToObj(i -> Integer.toString(2 * i))
                            .toList());
            assertThat(stream.stream().state).isEqualTo(State.LIVE);
        }
        hub.publish("news", "new");
        assertThat(hub.openFrom(new Newest(2), "news", "news/*").data()).containsExactly("198", "new");
    }

    @Test
    void newestOfAUsersStreamCountsWhatWasSentToIt() {
        hub.publish("news", "1");
        hub.accepted(hub.hub.notifyUser("ann", SseEvent.of("2")));
        hub.accepted(hub.hub.notifyUser("bob", SseEvent.of("3")));
        hub.accepted(hub.hub.broadcast(SseEvent.of("4")));
        hub.run();
        Opened ann = hub.open(new StreamRequest(List.of("news"), Greeting.CONNECTED, null, "ann", null, new Newest(2)));
        assertThat(ann.data()).containsExactly("2", "4");
    }

    @Test
    void newestZeroIsNow_andFewerThanAskedForIsNoGap() {
        EventId end = hub.publish("news", "1");
        assertThat(hub.openFrom(new Newest(0), "news").idOf(0)).isEqualTo(end);
        Opened all = hub.openFrom(new Newest(10), "news");
        assertThat(all.idOf(0)).isEqualTo(hub.log.birth());
        assertThat(all.data()).containsExactly("1");
        hub.publishMany("other", 2 * KEPT);
        hub.run();
        Opened none = hub.openFrom(new Newest(10), "news");
        assertThat(none.outlet().events()).hasSize(1);
        assertThat(none.idOf(0)).isEqualTo(hub.log.floor());
        assertThatThrownBy(() -> new Newest(-1)).hasMessage("last: -1 (expected: at least 0)");
    }

    @Test
    void newestLosesNothingThatComesWhileTheLogIsAsked_andDoublesNothing() {
        hub.publishMany("news", 10);
        hub.run();
        Opened stream =
                hub.openOnly(new StreamRequest(List.of("news"), Greeting.CONNECTED, null, null, null, new Newest(3)));
        hub.publishOnly("news", "10"); // before the log is asked
        hub.publishOnly("news", "11");
        hub.readers.step();
        hub.publishOnly("news", "12"); // after
        hub.run();
        assertThat(stream.data()).isEqualTo(numbers(9, 13));

        Opened passed =
                hub.openOnly(new StreamRequest(List.of("news"), Greeting.CONNECTED, null, null, null, new Newest(1)));
        EventId end = hub.log.end();
        hub.publishOnly("news", "13"); // all that was asked for is newer than the request
        hub.publishOnly("news", "14");
        hub.run();
        assertThat(passed.idOf(0)).isEqualTo(end);
        assertThat(passed.data()).isEqualTo(numbers(13, 15));
    }

    @Test
    void newestOfOneWhoseSocketIsFullWhenTheLogAnswersComesWhenItDrains() {
        hub.publishMany("news", 100);
        hub.run();
        Opened stream =
                hub.openOnly(new StreamRequest(List.of("news"), Greeting.CONNECTED, null, null, null, new Newest(80)));
        stream.block();
        hub.run();
        assertThat(stream.outlet().text()).isEmpty();
        hub.publish("news", "100");
        stream.unblock();
        hub.run();
        assertThat(stream.data()).isEqualTo(numbers(20, 101));
        assertThat(stream.stream().state).isEqualTo(State.LIVE);
    }

    @Test
    void whatWasAskedForAndIsTrimmedBeforeItWasReadIsToldAsAGap() {
        hub.publishMany("news", KEPT);
        hub.run();
        Opened stream = hub.openOnly(
                new StreamRequest(List.of("news"), Greeting.CONNECTED, null, null, null, new Newest(KEPT)));
        hub.readers.step(); // the place is known
        hub.publishMany("news", 10); // and removed
        hub.run();
        assertThat(stream.outlet().data("hibiki.gap")).hasSize(1);
        assertThat(stream.data()).hasSize(KEPT).startsWith("10");
    }

    @Test
    void feedHasNoPast() {
        assertThatThrownBy(() -> new StreamRequest(List.of(), Greeting.FEED, null, null, null, new Since(1)))
                .hasMessage(
                        "greeting: FEED with channels, a user or a past (expected: a stream that reads nothing from the log)");
        assertThat(StreamRequest.feed().from()).isEqualTo(From.now());
    }
}
