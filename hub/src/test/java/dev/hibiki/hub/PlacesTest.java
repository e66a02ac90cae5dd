// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static dev.hibiki.hub.TestHub.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.HubStream.State;
import dev.hibiki.hub.StreamRequest.Greeting;
import dev.hibiki.hub.TestHub.Opened;
import dev.hibiki.log.EventId;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Where streams and shards stand in the log: who is live, who is behind, and what may come between. */
class PlacesTest {

    private static final int SLICE = FanOut.SLICE;

    /** Three slices. */
    private static final int MANY = 3 * SLICE;

    private final TestHub hub = new TestHub();

    @AfterEach
    void close() {
        hub.close();
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    @Test
    void freshStreamStartsAtTheLogsEndAsOfItsRequest_alsoWhileTheShardLags() {
        hub.open("news");
        EventId end = hub.publishOnly("news", "before its request");
        Opened fresh = hub.openOnly(request(Greeting.CONNECTED, null, null, null, "news"));
        assertThat(fresh.stream().shard.place()).isNotEqualTo(end);
        hub.publishOnly("news", "after its request");
        hub.run();

        assertThat(fresh.idOf(0)).isEqualTo(end);
        assertThat(fresh.data()).containsExactly("after its request");
    }

    @Test
    void streamAheadOfItsShardWaits_andGoesLiveOnlyWhereTheShardIs() {
        Shard shard = hub.open("other").stream().shard;
        hub.publishMany("news", Segment.ENTRIES + 10);
        Opened fresh = hub.openOnly(request(Greeting.CONNECTED, null, null, null, "news"));
        hub.publishMany("news", 5);

        shard.fanOut.step(); // the first 256: the stream's place is not reached
        shard.catchUp.run();
        assertThat(fresh.stream().state).isEqualTo(State.AHEAD);
        shard.fanOut.step(); // past the stream's place
        assertThat(fresh.stream().state).isEqualTo(State.READY);
        hub.publishOnly("news", "5");
        shard.catchUp.run(); // reads up to the shard's place, not beyond
        assertThat(fresh.data()).isEqualTo(numbers(0, 5));
        assertThat(fresh.stream().state).isEqualTo(State.LIVE);
        assertThat(fresh.stream().cursor).isEqualTo(shard.place());
        hub.run();

        assertThat(fresh.data()).isEqualTo(numbers(0, 6));
    }

    @Test
    void catchingUpHandsOutNothingPastTheShardsPlace() {
        Opened slow = hub.open("news");
        slow.block();
        hub.publish("news", "1");
        hub.publishOnly("news", "2");
        slow.unblock();
        slow.stream().shard.catchUp.run();

        assertThat(slow.data()).containsExactly("1");
        assertThat(slow.stream().place()).isEqualTo(slow.stream().shard.place());
    }

    @Test
    void cursorBeyondTheShardIsBelievedOnceTheLogKnowsIt_andWaitsThere() {
        Opened first = hub.open("news");
        EventId ahead = hub.publishOnly("news", "seen elsewhere");
        Opened returning = hub.openOnly(request(Greeting.CONNECTED, null, null, ahead.toString(), "news"));
        hub.run();
        hub.publish("news", "new");

        assertThat(first.data()).containsExactly("seen elsewhere", "new");
        assertThat(returning.idOf(0)).isEqualTo(ahead);
        assertThat(returning.data()).containsExactly("new");
    }

    @Test
    void fanOutToManyGoesInSlices_betweenWhichStreamsLeaveAndNoneJoins() {
        List<Opened> streams = IntStream.range(0, MANY)
                .mapToObj(i -> hub.openOnly(request(Greeting.CONNECTED, null, null, null, "news")))
                .toList();
        hub.run();
        Shard shard = streams.get(0).stream().shard;
        EventId before = shard.place();
        hub.publishOnly("news", "1");
        hub.publishOnly("news", "2");

        shard.fanOut.step();
        assertThat(shard.fanOut.inProgress()).isTrue();
        assertThat(shard.place()).as("the place moves after the last slice").isEqualTo(before);
        assertThat(streams.get(SLICE - 1).data()).containsExactly("1", "2");
        assertThat(streams.get(SLICE).data()).isEmpty();

        // One leaves that was served, one that was not; one comes that is live nowhere yet, one that knows the first
        // event.
        streams.get(0).stream().closed(EndReason.CLIENT_GONE);
        streams.get(MANY - 20).stream().closed(EndReason.CLIENT_GONE);
        Opened fresh = hub.openOnly(request(Greeting.CONNECTED, null, null, null, "news"));
        Opened returning = hub.openOnly(request(Greeting.CONNECTED, null, null, before.toString(), "news"));
        hub.publishOnly("news", "3");
        hub.loop.step(); // a turn in the midst of it, with streams that wait to go live
        assertThat(fresh.data()).isEmpty();
        hub.run();

        assertThat(fresh.data()).containsExactly("3");
        assertThat(returning.data()).containsExactly("1", "2", "3");
        for (int i = 1; i < MANY; i++) {
            if (i != MANY - 20) {
                assertThat(streams.get(i).data()).as("stream %d", i).containsExactly("1", "2", "3");
            }
        }
        assertThat(streams.get(MANY - 20).data()).isEmpty();
    }

    @Test
    void nobodyGoesLiveBetweenSlices_whereItsCohortIsDoneWithAlready() {
        Opened first = hub.open("first");
        for (int i = 0; i < MANY; i++) {
            hub.openOnly(request(Greeting.CONNECTED, null, null, null, "news"));
        }
        hub.run();
        Shard shard = first.stream().shard;
        EventId before = shard.place();
        hub.publishOnly("first", "1");
        hub.publishOnly("news", "2");
        shard.fanOut.step();
        Opened returning = hub.openOnly(request(Greeting.CONNECTED, null, null, before.toString(), "first"));
        hub.loop.step();
        assertThat(shard.fanOut.inProgress()).isTrue();
        assertThat(returning.stream().state).isEqualTo(State.READY);
        hub.run();

        assertThat(first.data()).containsExactly("1");
        assertThat(returning.data()).containsExactly("1");
    }

    @Test
    void allOfTheFirstSlicesStreamsMayLeaveBeforeTheNext() {
        List<Opened> streams = IntStream.range(0, SLICE + 50)
                .mapToObj(i -> hub.openOnly(request(Greeting.CONNECTED, null, null, null, "news")))
                .toList();
        hub.run();
        hub.publishOnly("news", "1");
        Shard shard = streams.get(0).stream().shard;
        shard.fanOut.step();
        assertThat(shard.fanOut.inProgress()).isTrue();
        streams.subList(0, SLICE).forEach(left -> left.stream().closed(EndReason.CLIENT_GONE));
        hub.run();

        streams.subList(SLICE, SLICE + 50)
                .forEach(stayed -> assertThat(stayed.data()).containsExactly("1"));
    }

    @Test
    void streamFallsBehindAtThePlaceBeforeWhatItCouldNotTake() {
        Opened slow = hub.open("news");
        EventId taken = hub.publish("news", "1");
        slow.block();
        hub.publish("news", "2");

        assertThat(slow.stream().state).isEqualTo(State.BLOCKED);
        assertThat(slow.stream().cursor).isEqualTo(taken);
        slow.unblock();
        hub.run();
        assertThat(slow.data()).containsExactly("1", "2");
    }

    @Test
    void streamThatIsBlockedInTheMidstOfCatchingUpGoesOnFromThere() {
        Opened slow = hub.open("news");
        slow.block();
        hub.publishMany("news", 5 * Segment.ENTRIES);
        hub.run();
        for (int i = 0; i < 5; i++) {
            slow.outlet().unblock();
            slow.outlet().blockAfter(1);
            slow.stream().writable();
            hub.run();
            assertThat(slow.stream().state).isEqualTo(State.BLOCKED);
            assertThat(slow.data()).isEqualTo(numbers(0, (i + 1) * Segment.ENTRIES));
        }
        slow.unblock();
        hub.run();
        assertThat(slow.stream().state).isEqualTo(State.LIVE);
        assertThat(slow.data()).isEqualTo(numbers(0, 5 * Segment.ENTRIES));
    }

    @Test
    void oneThatDoesNotDrainHoldsUpNobody() {
        Opened slow = hub.open("news");
        Opened quick = hub.open("news");
        slow.block();
        hub.publish("news", "1");

        assertThat(quick.data()).containsExactly("1");
        assertThat(slow.data()).isEmpty();
    }

    @Test
    void frozenStreamIsWrittenNothing_notEvenWhatAReadBrings() {
        try (TestHub small = TestHub.small(1000)) {
            EventId start = small.log.end();
            small.publishMany("news", 200);
            small.run();
            Opened returning = small.openOnly(request(Greeting.CONNECTED, null, null, start.toString(), "news"));
            returning.stream().freeze(true);
            small.run();
            assertThat(returning.outlet().text()).isEmpty();
            assertThat(returning.stream().send(SseEvent.of("feed"))).isFalse();
            returning.stream().freeze(false);
            small.run();
            assertThat(returning.idOf(0)).isEqualTo(start);
            assertThat(returning.data()).isEqualTo(numbers(0, 200));
        }
    }

    @Test
    void eachEntryComesOnce_howeverManyOfTheStreamsChannelsAndPatternsMatch() {
        Opened many = hub.open(request(
                Greeting.CONNECTED,
                null,
                "7",
                null,
                "a/b",
                "a/*",
                "a/**",
                "**",
                "a/b",
                "user/7",
                "user/*",
                "broadcast"));
        many.block();
        hub.publish("a/b", "1");
        hub.accepted(hub.hub.notifyUser("7", SseEvent.of("2")));
        hub.accepted(hub.hub.broadcast(SseEvent.of("3")));
        hub.run();
        many.unblock();
        hub.run();
        hub.publish("a/b", "4");
        hub.accepted(hub.hub.notifyUser("7", SseEvent.of("5")));
        hub.accepted(hub.hub.broadcast(SseEvent.of("6")));
        hub.run();

        assertThat(many.data()).containsExactly("1", "2", "3", "4", "5", "6");
    }

    @Test
    void interleavedChannelsKeepTheLogsOrderOnEveryStream() {
        Opened a = hub.open("a");
        Opened b = hub.open("b");
        Opened both = hub.open("a", "b");
        Opened all = hub.open("*");
        var channels = List.of("a", "a", "b", "a", "c", "b", "b", "a", "c", "c", "a", "b");
        var ofA = new ArrayList<String>();
        var ofB = new ArrayList<String>();
        var ofBoth = new ArrayList<String>();
        for (int i = 0; i < channels.size(); i++) {
            String channel = channels.get(i);
            String data = channel + i;
            (channel.equals("a") ? ofA : channel.equals("b") ? ofB : new ArrayList<String>()).add(data);
            if (!channel.equals("c")) {
                ofBoth.add(data);
            }
            hub.publishOnly(channel, data);
        }
        hub.run();

        assertThat(a.data()).isEqualTo(ofA);
        assertThat(b.data()).isEqualTo(ofB);
        assertThat(both.data()).isEqualTo(ofBoth);
        assertThat(all.data())
                .hasSize(12)
                .isEqualTo(IntStream.range(0, 12)
                        .mapToObj(i -> channels.get(i) + i)
                        .toList());
    }

    @Test
    void whatIsSentToAUserAndAClientStandsInOrderWithTheRest() {
        Opened mine = hub.open(request(Greeting.CONNECTED, null, "7", null, "news"));
        Opened other = hub.open("news");
        Runnable publishing = () -> {
            hub.publishOnly("news", "1");
            hub.accepted(hub.hub.notifyUser("7", SseEvent.of("2")));
            hub.publishOnly("news", "3");
            hub.accepted(hub.hub.send(mine.stream().clientId(), SseEvent.of("4")));
            hub.accepted(hub.hub.broadcast(SseEvent.of("5")));
        };
        publishing.run();
        hub.run();
        mine.block();
        other.block();
        publishing.run();
        hub.run();
        mine.unblock();
        other.unblock();
        hub.run();

        assertThat(mine.data()).containsExactly("1", "2", "3", "4", "5", "1", "2", "3", "4", "5");
        assertThat(other.data()).containsExactly("1", "3", "5", "1", "3", "5");
    }

    @Test
    void manyEventsThatAreReadyTogetherAreOneWrite_liveAndBehind() {
        Opened live = hub.open("news");
        Opened behind = hub.open("news");
        behind.block();
        int liveBefore = live.outlet().writes;
        int behindBefore = behind.outlet().writes;
        hub.publishMany("news", 200);
        hub.run();
        behind.unblock();
        hub.run();

        assertThat(live.data()).hasSize(200);
        assertThat(behind.data()).hasSize(200);
        assertThat(live.outlet().writes - liveBefore).isEqualTo(1);
        assertThat(behind.outlet().writes - behindBefore).isEqualTo(1);
    }
}
