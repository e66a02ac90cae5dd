// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.StreamRequest.From;
import dev.hibiki.hub.StreamRequest.Greeting;
import dev.hibiki.hub.TestHub.Opened;
import dev.hibiki.log.EventId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What streams may read: what covers what, and that nobody reads by coming back what he may not read live. */
class GrantTest {

    private static final String CHOSEN = "this-id-was-chosen-by-me";

    private final TestHub hub = TestHub.small(10_000);

    @AfterEach
    void close() {
        hub.close();
    }

    /** All names of one to three segments. */
    private static List<String> names(String... segments) {
        var names = new ArrayList<String>();
        for (String a : segments) {
            names.add(a);
            for (String b : segments) {
                names.add(a + "/" + b);
                for (String c : segments) {
                    names.add(a + "/" + b + "/" + c);
                }
            }
        }
        return names;
    }

    @Test
    void aPatternIsCoveredByWhatMatchesEachChannelThatItMatches_amongAllShortOnes() {
        List<String> channels = names("a", "b", "c", "user", "broadcast", "hibiki", "client");
        List<String> patterns = names("a", "b", "*", "user", "**").stream()
                .filter(name -> !name.contains("**/"))
                .toList();
        for (String granted : patterns) {
            for (String wanted : patterns) {
                boolean allMatch = channels.stream()
                        .filter(channel -> ChannelName.matches(wanted, channel) || channel.equals(wanted))
                        .allMatch(channel -> ChannelName.matches(granted, channel));
                // A deeper channel than the longest here tells ** from what stands for as many segments as it has.
                boolean deep = !wanted.endsWith("**") || granted.endsWith("**");
                assertThat(new Grant(List.of(granted)).covers(wanted))
                        .as("%s covers %s", granted, wanted)
                        .isEqualTo(allMatch && deep);
            }
        }
    }

    @Test
    void allThatIsNotReservedIsGrantedByTwoStars_andNothingByNothing() {
        var all = new Grant(List.of("**"));
        assertThat(all.covers("**")).isTrue();
        assertThat(all.covers("news/a")).isTrue();
        for (String reserved : List.of("broadcast", "user/ann", "user/*", "client/x", "hibiki/x")) {
            assertThat(all.covers(reserved)).as(reserved).isFalse();
            assertThat(Grant.NOTHING.and(List.of(reserved)).covers(reserved)).isTrue();
        }
        assertThat(Grant.NOTHING.covers("a")).isFalse();
        assertThatThrownBy(() -> new Grant(List.of("a b"))).hasMessageContaining("channel: a b (expected: ");
    }

    private Opened open(String user, @Nullable EventId after, List<String> grant, String... channels) {
        return hub.open(new StreamRequest(
                List.of(channels),
                Greeting.CONNECTED,
                CHOSEN,
                user,
                null,
                From.after(after == null ? null : after.toString()),
                new Grant(grant)));
    }

    @Test
    void anotherUserWithTheSameClientIdGetsNothingOfTheFirstOnes() {
        EventId before = hub.publish("other", "x");
        Opened ann = open("ann", null, List.of("**"), "news");
        hub.subscribe(ann, "secret");
        hub.answered(hub.hub.send(CHOSEN, SseEvent.of("for ann")));
        hub.answered(hub.hub.notifyUser("ann", SseEvent.of("also for ann")));
        hub.publish("secret", "1");

        Opened bob = open("bob", before, List.of("**"), "news");
        assertThat(bob.stream().clientId()).isNotEqualTo(CHOSEN);
        assertThat(bob.data()).isEmpty();
        hub.publish("secret", "2");
        assertThat(ann.data()).containsSubsequence("for ann", "also for ann", "1", "2"); // and was not ended

        ann.stream().closed(EndReason.CLIENT_GONE);
        hub.pass(Duration.ofSeconds(1));
        hub.hub.clients.forgetGone(System.currentTimeMillis() + 2 * Clients.REMEMBERED_MILLIS);
        Opened later = open("bob", before, List.of("**"), "news");
        hub.publish("secret", "3");
        assertThat(later.stream().clientId()).isEqualTo(CHOSEN);
        assertThat(later.data()).isEmpty();

        Opened annBack = open("ann", before, List.of("**"), "news");
        assertThat(annBack.data()).contains("also for ann").doesNotContain("3");
    }

    @Test
    void whatWasAddedLiveComesBackOnlyAsFarAsItIsGranted_fromMemoryAndFromTheLog() {
        EventId before = hub.publish("other", "x");
        Opened wide = open("ann", null, List.of("**"), "news");
        hub.subscribe(wide, "secret");
        hub.subscribe(wide, "free");
        EventId after = hub.publish("secret", "1");
        hub.publish("free", "2");
        hub.publish("secret", "3");
        for (EventId from : List.of(before, after)) {
            Opened narrow = open("ann", from, List.of("news", "free"), "news");
            assertThat(narrow.data()).containsExactly("2");
            hub.publish("secret", "4");
            assertThat(narrow.data()).doesNotContain("4");
        }
    }

    @Test
    void aStreamThatIsNarrowedStopsAtOnce_liveAndBehind() {
        Opened live = open("ann", null, List.of("**"), "a", "b");
        live.stream().grant(new Grant(List.of("a")));
        hub.publish("b", "1");
        hub.publish("a", "2");
        assertThat(live.data()).contains("2").doesNotContain("1");

        Opened slow = hub.open(new StreamRequest(
                List.of("a", "b"), Greeting.CONNECTED, null, "ann", null, From.now(), new Grant(List.of("**"))));
        slow.block();
        for (int i = 0; i < 300; i++) { // more than the window holds
            hub.publishOnly("b", "b" + i);
        }
        hub.run();
        hub.publish("a", "last");
        slow.outlet().unblock();
        slow.stream().writable();
        slow.stream().grant(new Grant(List.of("a")));
        hub.run();
        assertThat(slow.data()).contains("last").noneMatch(data -> data.startsWith("b"));
    }
}
