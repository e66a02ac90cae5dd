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
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When a stream is told that something may be missing, in which bytes, and when it is not: a window of 64 and a log of 100 entries. */
class GapTest {

    private static final int KEPT = 100;

    private final TestHub hub = TestHub.small(KEPT);

    @AfterEach
    void close() {
        hub.close();
    }

    /** What a stream got, its greeting shortened to its lines of id and retry. */
    private static String bytes(Opened stream) {
        return stream.outlet()
                .take()
                .replaceFirst("retry: [2-5]\\d{3}\n", "retry: R\n")
                .replaceFirst("data: \\{\"type\":\"connected\".*?}\n", "connected\n");
    }

    private static String gap(String reason, Object after, EventId resumedAt) {
        return "id: " + resumedAt + "\nevent: hibiki.gap\ndata: {\"reason\":\"" + reason + "\",\"after\":\"" + after
                + "\",\"resumedAt\":\"" + resumedAt + "\"}\n\n";
    }

    private static String frame(EventId id, String data) {
        return "id: " + id + "\ndata: " + data + "\n\n";
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    @Test
    void whatTheLogNoLongerKeepsIsNotGivenFromTheWindow_byCount() {
        try (var kept3 = new TestHub(HubSettings.DEFAULT, new Retention(3, Long.MAX_VALUE, Duration.ofDays(1)))) {
            EventId asked = kept3.publish("news", "0");
            numbers(1, 5).forEach(data -> kept3.publish("news", data));
            Opened back = kept3.resume(asked.toString(), "news");
            assertThat(back.outlet().data("hibiki.gap")).hasSize(1);
            assertThat(back.data()).containsExactly("2", "3", "4");
        }
    }

    @Test
    void whatTheLogNoLongerKeepsIsNotGivenFromTheWindow_byAge() {
        try (var minute = new TestHub(HubSettings.DEFAULT, new Retention(100, Long.MAX_VALUE, Duration.ofMinutes(1)))) {
            EventId asked = minute.publish("news", "seen");
            EventId lost = minute.publish("news", "lost");
            minute.pass(Duration.ofSeconds(61));
            assertThat(bytes(minute.resume(asked.toString(), "news")))
                    .isEqualTo("retry: R\nconnected\n\n" + gap("expired", asked, lost));
        }
    }

    @Test
    void whoDoesNotDrainIsNotGivenFromTheWindowWhatTheLogNoLongerKeeps() {
        try (var kept3 = new TestHub(HubSettings.DEFAULT, new Retention(3, Long.MAX_VALUE, Duration.ofDays(1)))) {
            Opened slow = kept3.open("news");
            slow.block();
            numbers(0, 5).forEach(data -> kept3.publish("news", data));
            slow.unblock();
            kept3.run();
            assertThat(slow.outlet().data("hibiki.gap")).hasSize(1);
            assertThat(slow.data()).containsExactly("2", "3", "4");
        }
    }

    @Test
    void expiredIsToldRightAfterConnected_andReadingGoesOnAtTheOldestKept() {
        EventId asked = hub.publish("news", "seen");
        EventId lost = hub.publish("news", "lost");
        for (int i = 2; i < KEPT + 1; i++) {
            hub.publish("other", "x");
        }
        EventId kept = hub.publish("news", "kept"); // removes "lost"
        assertThat(bytes(hub.resume(asked.toString(), "news")))
                .isEqualTo("retry: R\nconnected\n\n" + gap("expired", asked, lost) + frame(kept, "kept"));
    }

    @Test
    void expiredInMidStream_whenTheLogKeptLessThanAStreamMissed() {
        Opened slow = hub.open("news");
        EventId seen = hub.publish("news", "seen");
        bytes(slow);
        slow.block();
        hub.publishMany("news", KEPT + 50);
        hub.run();
        EventId lost = slow.stream().shard.window.end().place();
        slow.unblock();
        hub.run();

        List<RecordedOutlet.Received> events = slow.outlet().events();
        assertThat(events.get(2).type()).isEqualTo("hibiki.gap");
        EventId resumedAt = slow.idOf(2);
        assertThat(slow.outlet().text()).startsWith(gap("expired", seen, resumedAt));
        assertThat(resumedAt.isBefore(lost)).isTrue();
        assertThat(slow.data().subList(1, KEPT + 1)).isEqualTo(numbers(50, KEPT + 50));
        assertThat(slow.stream().state).isEqualTo(State.LIVE);
    }

    @Test
    void expiredInMidCatchUp_betweenTwoReadsOfTheLog() {
        try (TestHub large = TestHub.small(1000)) {
            EventId start = large.log.end();
            large.publishMany("news", 1000);
            large.run();
            Opened returning = large.openOnly(request(Greeting.CONNECTED, null, null, start.toString(), "news"));
            large.readers.step();
            large.loop.step(); // the first 256, then it stands in line
            assertThat(returning.data()).isEqualTo(numbers(0, 256));
            EventId reached = returning.idOf(256);
            large.publishMany("news", 500); // removes up to 500
            large.run();

            RecordedOutlet.Received told = returning.outlet().events().get(257);
            EventId resumedAt = returning.idOf(257);
            assertThat(returning.outlet().text()).contains(frame(reached, "255") + gap("expired", reached, resumedAt));
            assertThat(told.type()).isEqualTo("hibiki.gap");
            assertThat(returning.data().subList(256, 1256))
                    .isEqualTo(IntStream.range(500, 1500)
                            .mapToObj(i -> Integer.toString(i % 1000))
                            .toList());
        }
    }

    @Test
    void idOfAnotherLifeIsLogReset_andReadingGoesOnAtTheStartOfThisOne() {
        EventId first = hub.publish("news", "1");
        assertThat(bytes(hub.resume("5-0-1", "news")))
                .isEqualTo("retry: R\nconnected\n\n" + gap("log-reset", "5-0-1", hub.log.birth()) + frame(first, "1"));
    }

    @Test
    void idPastTheEndOfThisLifeIsLogReset() {
        EventId first = hub.publish("news", "1");
        EventId never = hub.log.end().next(0);
        assertThat(bytes(hub.resume(never.toString(), "news")))
                .isEqualTo("retry: R\nconnected\n\n" + gap("log-reset", never, hub.log.birth()) + frame(first, "1"));
    }

    @Test
    void idOfAnEndThatWasLostIsLogReset_andReadingGoesOnWhereThatBegan_alsoWhereTheWindowWouldDo() {
        hub.publish("news", "had");
        EventId kept = hub.publish("news", "had too");
        EventId lost = new EventId(kept.millis(), kept.sequence() + 1, kept.incarnation());
        hub.pass(Duration.ofMillis(10));
        EventId next = hub.publish("news", "new");
        hub.scripted.survivor = place -> place.equals(lost) ? kept : place;
        assertThat(bytes(hub.resume(lost.toString(), "news")))
                .isEqualTo("retry: R\nconnected\n\n" + gap("log-reset", lost, kept) + frame(next, "new"));
        assertThat(bytes(hub.resume(kept.toString(), "news"))).doesNotContain("hibiki.gap");
    }

    @Test
    void logResetResumesBehindWhatIsGone() {
        EventId lost = hub.publish("news", "lost");
        for (int i = 0; i < KEPT - 1; i++) {
            hub.publish("other", "x");
        }
        EventId kept = hub.publish("news", "kept");
        assertThat(bytes(hub.resume("5-0-1", "news")))
                .isEqualTo("retry: R\nconnected\n\n" + gap("log-reset", "5-0-1", lost) + frame(kept, "kept"));
    }

    @Test
    void idThatIsNoneOfOursIsUnknown_andReadingGoesOnAtTheEnd() {
        EventId end = hub.publish("news", "old");
        Opened stream = hub.resume("a\"b\\c\n\u0001 é", "news");
        EventId next = hub.publish("news", "new");
        assertThat(bytes(stream))
                .isEqualTo("retry: R\nconnected\n\n" + gap("unknown-id", "a\\\"b\\\\c\\u000a\\u0001 é", end)
                        + frame(next, "new"));
    }

    @Test
    void noGapForAQuietChannelWhoseLastEventExpiredAfterItWasSeen() {
        EventId seen = hub.publish("quiet", "seen");
        hub.publishMany("other", 2 * KEPT);
        hub.run();
        Opened returning = hub.resume(seen.toString(), "quiet");
        EventId fresh = hub.publish("quiet", "new");

        assertThat(hub.log.lastOf("quiet")).isEqualTo(fresh);
        assertThat(bytes(returning)).isEqualTo("id: " + seen + "\nretry: R\nconnected\n\n" + frame(fresh, "new"));
    }

    @Test
    void noGapWhereTheFirstEntryThatIsLeftIsFarFromTheIdAskedFor() {
        EventId seen = hub.publish("quiet", "seen");
        hub.publishMany("other", 2 * KEPT);
        EventId fresh = hub.publishOnly("quiet", "new");
        hub.publishMany("other", KEPT - 20); // the window holds 64, so the log is read
        hub.run();

        assertThat(bytes(hub.resume(seen.toString(), "quiet")))
                .isEqualTo("id: " + seen + "\nretry: R\nconnected\n\n" + frame(fresh, "new"));
    }

    @Test
    void noGapForAnIdWhoseOwnEntryIsGone_ifNothingAfterItIs() {
        hub.publish("news", "0");
        EventId asked = hub.publish("news", "1");
        hub.publishMany("news", KEPT); // removes exactly up to the one asked for
        hub.run();
        Opened returning = hub.resume(asked.toString(), "news");

        assertThat(returning.idOf(0)).isEqualTo(asked);
        assertThat(returning.data()).isEqualTo(numbers(0, KEPT));
    }

    @Test
    void noGapForAStreamBehindTheWindow_whichReadsTheLog() {
        EventId start = hub.log.end();
        hub.publishMany("news", KEPT);
        hub.run();
        assertThat(hub.hub.end().isAfter(start)).isTrue();
        Opened returning = hub.resume(start.toString(), "news");
        assertThat(returning.idOf(0)).isEqualTo(start);
        assertThat(returning.data()).isEqualTo(numbers(0, KEPT));
        assertThat(returning.stream().state).isEqualTo(State.LIVE);
    }

    @Test
    void lappedShardsStreamsReadTheLog_andNothingIsLost() {
        Opened live = hub.open("news");
        Opened other = hub.open("other");
        Shard shard = live.stream().shard;
        hub.publishMany("news", 90); // the window holds 64
        hub.publishOnly("other", "here");
        shard.fanOut.step();
        assertThat(live.stream().state).isEqualTo(State.READY);
        hub.run();

        assertThat(live.data()).isEqualTo(numbers(0, 90));
        assertThat(other.data()).containsExactly("here");
        assertThat(live.stream().state).isEqualTo(State.LIVE);
    }

    @Test
    void lappedShardTellsAGapOnlyToThoseWhoMissedSomething() {
        Opened news = hub.open("news");
        Opened quiet = hub.open("quiet");
        bytes(news);
        bytes(quiet);
        hub.publishMany("news", KEPT + 30);
        hub.run();

        assertThat(quiet.outlet().text()).isEmpty();
        assertThat(news.outlet().events().get(1).type()).isEqualTo("hibiki.gap");
        assertThat(news.data()).isEqualTo(numbers(30, KEPT + 30));
    }
}
