// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static dev.hibiki.hub.TestHub.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.StreamRequest.From;
import dev.hibiki.hub.StreamRequest.From.Newest;
import dev.hibiki.hub.StreamRequest.From.Since;
import dev.hibiki.hub.StreamRequest.Greeting;
import dev.hibiki.hub.TestHub.Opened;
import dev.hibiki.log.EventId;
import dev.hibiki.log.Retention;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Channels that are added to a stream and taken away while it lives, and clients that come back to them. */
class LiveSubscribeTest {

    private static final String CHOSEN = "this-id-was-chosen-by-me";

    private final TestHub hub = TestHub.small(10_000);
    private final int hubStartReads = hub.scripted.reads;

    @AfterEach
    void close() {
        hub.close();
    }

    private Opened chosen(@Nullable String lastEventId, String... channels) {
        return hub.open(request(Greeting.CONNECTED, CHOSEN, null, lastEventId, channels));
    }

    /** Publishes events and live changes in one go: {@code +a} adds, {@code -a} takes away, {@code a=1} publishes. */
    private void all(Opened stream, String... steps) {
        String client = stream.stream().clientChannel();
        for (String step : steps) {
            if (step.startsWith("+")) {
                hub.accepted(hub.log.append(List.of(ControlEvents.subscribe(client, step.substring(1)))));
            } else if (step.startsWith("-")) {
                hub.accepted(hub.log.append(List.of(ControlEvents.unsubscribe(client, step.substring(1)))));
            } else {
                hub.publishOnly(step.split("=", 2)[0], step.split("=", 2)[1]);
            }
        }
    }

    private static final String[] CHANGES = {
        "a=1", "b=2", "+b", "b=3", "a=4", "+c/*", "c/x=5", "-b", "b=6", "a=7", "-c/*", "c/x=8", "+b", "b=9", "-a",
        "a=10"
    };

    @Test
    void whatAStreamHasFromItsStartCannotBeTakenAway() {
        var stream = hub.open(request(Greeting.CONNECTED, null, "ann", null, "news"));
        for (String channel : List.of("broadcast", "user/ann")) {
            assertThatThrownBy(() ->
                            hub.answered(hub.hub.unsubscribe(stream.stream().clientId(), channel)))
                    .hasRootCauseMessage("channel: " + channel
                            + " (expected: one that was subscribed to; this one the stream has from its start)");
        }
    }

    @Test
    void changesWithinOneBatchCountFromTheirEntryOn() {
        Opened stream = hub.open("a");
        all(stream, CHANGES);
        hub.run();
        assertThat(stream.data()).containsExactly("1", "3", "4", "5", "7", "9");
        hub.publish("a", "not any more");
        hub.publish("b", "still");
        assertThat(stream.data()).endsWith("9", "still");
    }

    @Test
    void changesCountFromTheirEntryOn_whileBehindInTheWindow() {
        Opened stream = hub.open("a");
        stream.block();
        all(stream, CHANGES);
        hub.run();
        stream.unblock();
        hub.run();
        assertThat(stream.data()).containsExactly("1", "3", "4", "5", "7", "9");
    }

    @Test
    void changesCountFromTheirEntryOn_whileBehindInTheLog() {
        Opened stream = hub.open("a");
        stream.block();
        all(stream, CHANGES);
        hub.publishMany("other", 100); // the window holds 64
        hub.run();
        stream.unblock();
        hub.run();
        assertThat(stream.data()).containsExactly("1", "3", "4", "5", "7", "9");
    }

    @Test
    void changesOfOneClientAreNobodyElses_andAreNeverWritten() {
        Opened stream = hub.open("a");
        Opened other = hub.open("a", "**");
        all(stream, "+b", "b=1");
        hub.run();
        assertThat(other.data()).containsExactly("1");
        assertThat(stream.outlet().text()).doesNotContain("hibiki.subscribe");
        assertThat(other.outlet().text()).doesNotContain("hibiki.subscribe");
    }

    @Test
    void subscribingAnswersWithThePlaceFromWhichOnTheChannelIsRead() {
        Opened stream = hub.open("a");
        EventId place = hub.subscribe(stream, "b");
        assertThat(place).isEqualTo(hub.log.end());
        assertThat(hub.unsubscribe(stream, "b")).isEqualTo(hub.log.end());
    }

    @Test
    void unknownClientCannotSubscribe_norWhatIsNoChannel() {
        Opened stream = hub.open("a");
        assertThatThrownBy(() -> hub.answered(hub.hub.subscribe("nobody", "a")))
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOf(UnknownClientException.class)
                .hasMessage("Client not found");
        assertThatThrownBy(() -> hub.subscribe(stream, "client/x"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("channel: client/x (expected: not client/…, which cannot be subscribed to)");
    }

    @Test
    void streamCannotHaveMoreChannelsThanItMay_howeverTheyAreAskedFor() {
        var settings = new HubSettings(
                Duration.ofSeconds(15),
                "heartbeat",
                Duration.ofMinutes(2),
                64,
                1 << 20,
                List.of(),
                Duration.ZERO,
                2,
                1 << 20);
        try (TestHub strict = new TestHub(settings, Retention.DEFAULT)) {
            String message = "channel: one more than the stream may have (expected: at most 2 channels and patterns)";
            assertThatThrownBy(() -> strict.open("a", "b", "c"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(message);
            Opened stream = strict.open("a");
            strict.subscribe(stream, "b");
            strict.subscribe(stream, "b"); // it has it already
            assertThatThrownBy(() -> strict.subscribe(stream, "c"))
                    .cause()
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(message);
            strict.unsubscribe(stream, "b");
            stream.block();
            strict.publish("a", "it is behind");
            for (int i = 0; i < 10; i++) {
                strict.subscribe(stream, "c" + i);
            }
            stream.unblock();
            strict.run();
            assertThat(stream.stream().interest.size()).isEqualTo(2);
        }
    }

    @Test
    void clientThatChoseItsIdComesBackWithItsLiveChannels_asOfItsCursor() {
        Opened stream = chosen(null, "a");
        EventId start = stream.idOf(0);
        EventId addedB = hub.subscribe(stream, "b");
        EventId between = hub.publish("b", "1");
        hub.subscribe(stream, "c");
        hub.publish("c", "2");
        hub.unsubscribe(stream, "b");
        hub.publish("b", "3");
        EventId last = hub.publish("c", "4");
        stream.stream().closed(EndReason.CLIENT_GONE);

        assertThat(chosen(start.toString(), "a").data()).containsExactly("1", "2", "4");
        assertThat(chosen(addedB.toString(), "a").data()).containsExactly("1", "2", "4");
        assertThat(chosen(between.toString(), "a").data()).containsExactly("2", "4");
        Opened end = chosen(last.toString(), "a");
        hub.publish("b", "5");
        hub.publish("c", "6");
        hub.publish("a", "7");
        assertThat(end.data()).containsExactly("6", "7");
    }

    @Test
    void clientThatComesBackWithoutACursorHasItsLiveChannels_alsoThoseItsOldStreamDidNotGetTo() {
        Opened stream = chosen(null, "a");
        stream.block();
        hub.publish("a", "1");
        hub.subscribe(stream, "b");
        Opened again = chosen(null, "a");
        hub.publish("b", "2");
        assertThat(again.data()).containsExactly("2");
        assertThat(stream.outlet().ended).isEqualTo(EndReason.TAKEN_OVER);
    }

    @Test
    void clientWithoutAnIdOfItsOwnComesBackAsAnother() {
        Opened stream = hub.open("a");
        EventId added = hub.subscribe(stream, "b");
        stream.stream().closed(EndReason.CLIENT_GONE);
        Opened again = hub.resume(added.toString(), "a");
        hub.publish("b", "1");
        assertThat(again.data()).isEmpty();
        assertThat(again.stream().clientId()).isNotEqualTo(stream.stream().clientId());
    }

    @Test
    void newStreamOfAClientTakesOver_andTheOldOneEnds() {
        Opened old = chosen(null, "a");
        Opened fresh = chosen(null, "a");
        assertThat(old.outlet().ended).isEqualTo(EndReason.TAKEN_OVER);
        assertThat(fresh.outlet().ended).isNull();
        assertThat(hub.hub.openStreams()).isEqualTo(1);
        hub.accepted(hub.hub.send(CHOSEN, SseEvent.of("1")));
        hub.run();
        assertThat(fresh.data()).containsExactly("1");
        hub.subscribe(fresh, "b");
        hub.publish("b", "2");
        assertThat(fresh.data()).containsExactly("1", "2");
    }

    @Test
    void clientIsRememberedForAMinute_thenForgotten() {
        Opened stream = chosen(null, "a");
        hub.subscribe(stream, "b");
        long before = System.currentTimeMillis();
        stream.stream().closed(EndReason.CLIENT_GONE);
        hub.hub.clients.forgetGone(before + 60_000);
        assertThat(hub.hub.send(CHOSEN, SseEvent.of("1"))).isCompleted();
        hub.hub.clients.forgetGone(System.currentTimeMillis() + 60_001);
        assertThat(hub.hub.clients.size()).isZero();
        assertThat(hub.hub.send(CHOSEN, SseEvent.of("2"))).isCompletedExceptionally();
        Opened again = chosen(null, "a");
        hub.publish("b", "3");
        assertThat(again.data()).isEmpty();
    }

    @Test
    void clientIsNotForgottenWhileItHasAStream_alsoIfTheOldOneLeftLate() {
        Opened old = chosen(null, "a");
        Clients clients = hub.hub.clients;
        Clients.Client client = clients.arrive(CHOSEN, null); // its new stream is about to open, on another loop
        old.stream().closed(EndReason.CLIENT_GONE);
        client.take(old.stream());
        clients.forgetGone(System.currentTimeMillis() + 3_600_000);
        assertThat(clients.find(CHOSEN)).isSameAs(client);
    }

    @Test
    void whoTogglesForEverCostsNoMoreThanAFewHundredEntries_andKeepsWhatCounts() {
        Opened stream = chosen(null, "a");
        hub.subscribe(stream, "kept");
        hub.unsubscribe(stream, "a");
        for (int i = 0; i < 3000; i++) {
            all(stream, "+x" + i % 7, "-x" + i % 7);
            hub.run();
        }
        Clients.Client client = Objects.requireNonNull(hub.hub.clients.find(CHOSEN));
        assertThat(client.changes()).isLessThan(300);
        Opened again = chosen(null, "a");
        hub.publish("kept", "1");
        hub.publish("a", "2");
        hub.publish("x3", "3");
        assertThat(again.data()).containsExactly("1");
    }

    // ---- over a restart of the hub

    @Test
    void clientComesBackToARestartedHubWithItsLiveChannels_asOfItsCursor() {
        Opened stream = chosen(null, "a");
        EventId addedB = hub.subscribe(stream, "b");
        EventId between = hub.publish("b", "1");
        hub.subscribe(stream, "c");
        hub.publish("c", "2");
        hub.unsubscribe(stream, "b");
        hub.publish("b", "3");
        EventId last = hub.publish("c", "4");
        hub.publishMany("other", 100); // the window holds 64

        for (EventId cursor : List.of(addedB, between)) {
            hub.restart();
            Opened back = chosen(cursor.toString(), "a");
            assertThat(back.idOf(0)).isEqualTo(cursor);
            assertThat(back.data()).isEqualTo(cursor.equals(addedB) ? List.of("1", "2", "4") : List.of("2", "4"));
        }
        hub.restart();
        Opened end = chosen(last.toString(), "a");
        hub.publish("b", "5");
        hub.publish("c", "6");
        hub.publish("a", "7");
        assertThat(end.data()).containsExactly("6", "7");
        Opened again = chosen(null, "a"); // known by now
        int reads = hub.scripted.reads;
        hub.publish("c", "8");
        assertThat(again.data()).containsExactly("8");
        chosen(null, "a");
        assertThat(hub.scripted.reads).isEqualTo(reads);
    }

    @Test
    void clientThatStartsAtTheEndOfARestartedHubHasTheLiveChannelsOfTheEnd() {
        Opened stream = chosen(null, "a");
        hub.subscribe(stream, "b");
        hub.subscribe(stream, "c");
        hub.unsubscribe(stream, "c");
        EventId seen = hub.publish("b", "1");
        for (From from : List.of(From.now(), new Newest(1), From.after("nonsense"), new Since(seen.millis()))) {
            hub.restart();
            Opened back = hub.open(new StreamRequest(List.of("a"), Greeting.CONNECTED, CHOSEN, null, null, from));
            hub.publish("b", "2");
            hub.publish("c", "3");
            assertThat(back.data()).as("%s", from).endsWith("2");
            assertThat(back.outlet().events().get(0).data()).startsWith("{\"type\":\"connected\"");
        }
    }

    @Test
    void liveChannelsAddedWhileTheLogIsAskedAreKeptToo() {
        Opened stream = chosen(null, "a");
        hub.subscribe(stream, "b");
        hub.restart();
        Opened back = hub.openOnly(request(Greeting.CONNECTED, CHOSEN, null, null, "a"));
        Opened second = hub.openOnly(request(Greeting.CONNECTED, CHOSEN, null, null, "a")); // takes over at once
        all(back, "+c", "-b");
        hub.run();
        hub.publish("b", "1");
        hub.publish("c", "2");
        assertThat(second.data()).containsExactly("2");
        Opened third = chosen(null, "a");
        hub.publish("b", "3");
        hub.publish("c", "4");
        assertThat(third.data()).containsExactly("4");
        assertThat(back.outlet().ended).isEqualTo(EndReason.TAKEN_OVER);
    }

    @Test
    void clientWhoseSocketIsFullWhenItsPastIsKnownBeginsWhenItDrains() {
        Opened stream = chosen(null, "a");
        hub.subscribe(stream, "b");
        hub.restart();
        Opened back = hub.openOnly(request(Greeting.CONNECTED, CHOSEN, null, "nonsense", "a"));
        back.block();
        hub.run();
        assertThat(back.outlet().text()).isEmpty();
        EventId published = hub.publish("b", "1");
        back.unblock();
        hub.run();
        assertThat(back.outlet().data("hibiki.gap")).hasSize(1);
        assertThat(back.data()).containsExactly("1");
        assertThat(back.idOf(2)).isEqualTo(published);
    }

    @Test
    void aMinuteAfterTheRestartAClientIsNew_andOnANewLogAlways() {
        Opened stream = chosen(null, "a");
        assertThat(hub.scripted.reads).as("the log was empty").isEqualTo(hubStartReads);
        hub.subscribe(stream, "b");
        hub.restart();
        hub.pass(Duration.ofSeconds(60));
        Opened back = chosen(null, "a");
        hub.publish("b", "1");
        assertThat(back.data()).isEmpty();
        hub.restart();
        hub.pass(Duration.ofMillis(59_950));
        Opened inTime = chosen(null, "a");
        hub.publish("b", "2");
        assertThat(inTime.data()).containsExactly("2");
    }

    @Test
    void idThatIsNoneIsRefused() {
        for (String id : List.of("short", "x".repeat(65), "has a space in it, so it is no id", "")) {
            assertThatThrownBy(() -> hub.open(request(Greeting.CONNECTED, id, null, null)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("clientId: " + id + " (expected: 22 to 64 characters of A-Z a-z 0-9 _ -)");
        }
        assertThat(hub.hub.openStreams()).isZero();
    }
}
