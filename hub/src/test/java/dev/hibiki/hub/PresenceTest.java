// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static dev.hibiki.hub.TestHub.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.StreamRequest.From;
import dev.hibiki.hub.StreamRequest.Greeting;
import dev.hibiki.hub.StreamRequest.Member;
import dev.hibiki.hub.TestHub.Opened;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who is told of as present, on channels of the pattern {@code room/*}, with a grace of eight seconds. */
class PresenceTest {

    private static final Duration GRACE = HubSettings.DEFAULT.presenceGrace();

    private final TestHub hub = TestHub.small(10_000);
    private final Opened watcher = hub.open("room/*");

    @AfterEach
    void close() {
        hub.close();
    }

    private Opened enter(String user, String... channels) {
        return hub.open(request(Greeting.CONNECTED, null, user, null, channels));
    }

    private void leave(Opened stream) {
        stream.stream().closed(EndReason.CLIENT_GONE);
        hub.run();
    }

    /** What was told since the last time: type and data. */
    private List<String> told() {
        var told = new ArrayList<String>();
        for (RecordedOutlet.Received event : watcher.outlet().events()) {
            if (event.type().startsWith("user-")) {
                told.add(event.type() + " " + event.data());
            }
        }
        return told;
    }

    private static String joined(String user) {
        return "user-joined {\"userId\":\"" + user + "\",\"username\":\"" + user + "\"}";
    }

    private static String left(String user) {
        return "user-left {\"userId\":\"" + user + "\",\"username\":\"" + user + "\"}";
    }

    @Test
    void userJoinsWithTheFirstStream_andLeavesAGraceAfterTheLast() {
        Opened one = enter("ann", "room/1");
        Opened two = enter("ann", "room/1");
        assertThat(told()).containsExactly(joined("ann"));
        leave(one);
        hub.pass(GRACE.multipliedBy(2));
        leave(two);
        hub.pass(GRACE.minusMillis(50));
        assertThat(told()).containsExactly(joined("ann"));
        hub.pass(Duration.ofMillis(50));
        assertThat(told()).containsExactly(joined("ann"), left("ann"));
    }

    @Test
    void reloadIsNoLeaveAndNoJoin() {
        Opened stream = enter("ann", "room/1");
        for (int i = 0; i < 3; i++) {
            leave(stream);
            hub.pass(GRACE.minusMillis(50));
            stream = enter("ann", "room/1");
            hub.pass(GRACE);
        }
        assertThat(told()).containsExactly(joined("ann"));
    }

    @Test
    void onlyChannelsWithPresenceThatAreReadByNameCount() {
        enter("ann", "room/*", "hall");
        enter("bob", "room/1/back");
        assertThat(told()).isEmpty();
        assertThat(hub.answered(hub.hub.channel("room/1")).users()).isEmpty();
    }

    @Test
    void streamWithoutAMemberIsToldOfToNobody() {
        hub.open("room/1");
        assertThat(told()).isEmpty();
    }

    @Test
    void channelAddedLiveIsJoined_andLeftWhenItIsTakenAway() {
        Opened stream = enter("ann", "hall");
        hub.subscribe(stream, "room/1");
        assertThat(told()).containsExactly(joined("ann"));
        assertThat(hub.answered(hub.hub.channel("room/1")).users()).containsExactly(new Member("ann", "ann"));
        hub.unsubscribe(stream, "room/1");
        hub.pass(GRACE);
        assertThat(told()).containsExactly(joined("ann"), left("ann"));
        leave(stream);
        hub.pass(GRACE);
        assertThat(told()).hasSize(2);
    }

    // ---- over a restart of the hub

    /** What is told on the log, since the last restart. */
    private List<String> toldAfter(Opened newWatcher) {
        return newWatcher.outlet().events().stream()
                .filter(event -> event.type().startsWith("user-"))
                .map(event -> event.type() + " " + event.data())
                .toList();
    }

    @Test
    void whoComesBackToARestartedHubIsNotToldOfAgain_whoDoesNotHasLeft() {
        enter("ann", "room/1", "room/2");
        enter("bob", "room/1");
        leave(enter("cyd", "room/1"));
        hub.pass(GRACE);
        assertThat(told()).endsWith(left("cyd"));
        hub.restart();
        Opened again = hub.open("room/*");
        assertThat(hub.answered(hub.hub.channel("room/1")).users())
                .containsExactly(new Member("ann", "ann"), new Member("bob", "bob"));
        Opened ann = enter("ann", "room/1");
        enter("dan", "room/2");
        hub.pass(GRACE.plusSeconds(60).minusMillis(50));
        assertThat(toldAfter(again)).containsExactly(joined("dan"));
        hub.pass(Duration.ofMillis(50));
        assertThat(toldAfter(again)).containsExactlyInAnyOrder(joined("dan"), left("ann"), left("bob"));
        assertThat(hub.answered(hub.hub.channel("room/1")).users()).containsExactly(new Member("ann", "ann"));
        assertThat(hub.answered(hub.hub.channel("room/2")).users()).containsExactly(new Member("dan", "dan"));

        leave(ann);
        hub.pass(GRACE);
        assertThat(toldAfter(again)).endsWith(left("ann"));
    }

    @Test
    void whoIsSentAwayByADrainAndComesBackToTheNextHubHasNeverLeft() {
        enter("ann", "room/1");
        enter("bob", "room/1");
        var drained = hub.hub.drain(GRACE.multipliedBy(3));
        hub.pass(GRACE.multipliedBy(4));
        assertThat(drained).isCompleted();
        hub.restart();
        Opened again = hub.open("room/*");
        hub.pass(Duration.ofSeconds(59));
        enter("ann", "room/1");
        enter("bob", "room/1");
        hub.pass(GRACE.multipliedBy(2));
        assertThat(toldAfter(again)).isEmpty();
        assertThat(told()).containsExactly(joined("ann"), joined("bob"));
    }

    @Test
    void whatOthersPublishUnderTheNamesOfPresenceIsNobodyJoining() {
        for (String data : List.of("", "{}", "{\"userId\":\"x\"}", "{\"userId\":\"\\q\",\"username\":\"\"}")) {
            hub.accepted(hub.hub.publish("room/1", SseEvent.of("user-joined", data)));
        }
        hub.publish("room/1", "text");
        hub.restart();
        assertThat(hub.hub.presence.rooms()).isZero();
    }

    @Test
    void namesComeBackAsTheyWere() {
        for (String name : List.of("", "a\"b\\c", "\n\u0001\u2028", "\\u0041\\\\", "é響😀", "x".repeat(20_000))) {
            hub.open(new StreamRequest(
                    List.of("room/1"), Greeting.CONNECTED, null, null, new Member(name, name + "!"), From.now()));
        }
        var before = hub.answered(hub.hub.channel("room/1")).users();
        hub.restart();
        assertThat(before).hasSize(6);
        assertThat(hub.answered(hub.hub.channel("room/1")).users()).isEqualTo(before);
    }

    @Test
    void nameIsWrittenAsJson() {
        hub.open(new StreamRequest(
                List.of("room/1"), Greeting.CONNECTED, null, null, new Member("a\"", "<b>\n\\"), From.now()));
        assertThat(told()).containsExactly("user-joined {\"userId\":\"a\\\"\",\"username\":\"<b>\\u000a\\\\\"}");
    }

    @Test
    void crowdedChannelTellsItsCountOnly_onceASecondAtMost() {
        var streams = new ArrayList<Opened>();
        for (int i = 0; i < Presence.CROWD; i++) {
            streams.add(enter("u" + i, "room/1"));
        }
        assertThat(told()).hasSize(Presence.CROWD);
        for (int i = 0; i < 10; i++) {
            streams.add(enter("v" + i, "room/1"));
        }
        assertThat(told()).hasSize(Presence.CROWD);
        hub.pass(Duration.ofSeconds(1));
        assertThat(told()).hasSize(Presence.CROWD + 1).endsWith("user-count {\"count\":310}");
        hub.pass(Duration.ofSeconds(3));
        assertThat(told()).hasSize(Presence.CROWD + 1);

        for (int i = 0; i < 9; i++) {
            leave(streams.get(i));
        }
        hub.pass(GRACE.plusSeconds(1));
        assertThat(told()).hasSize(Presence.CROWD + 2).endsWith("user-count {\"count\":301}");
        leave(streams.get(9));
        hub.pass(GRACE);
        assertThat(told()).as("a crowd no more").hasSize(Presence.CROWD + 3).endsWith(left("u9"));
    }

    @Test
    void countOfACrowdThatHasGoneIsNotToldToThoseWhoCameSince() {
        var streams = new ArrayList<Opened>();
        for (int i = 0; i < Presence.CROWD + 2; i++) {
            streams.add(enter("u" + i, "room/1"));
        }
        hub.pass(Duration.ofSeconds(2));
        streams.forEach(this::leave);
        hub.pass(GRACE); // all leave within this second
        int before = told().size();
        enter("ann", "room/1");
        hub.pass(Duration.ofSeconds(2));
        assertThat(told().subList(before, told().size())).containsExactly(joined("ann"));
    }

    @Test
    void nothingIsKeptOfARoomThatAllHaveLeft() {
        Opened stream = enter("ann", "room/1");
        assertThat(hub.hub.presence.rooms()).isEqualTo(1);
        leave(stream);
        hub.pass(GRACE);
        assertThat(hub.hub.presence.rooms()).isZero();
    }
}
