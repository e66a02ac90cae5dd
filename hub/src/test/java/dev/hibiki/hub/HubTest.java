// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.Hub.Message;
import dev.hibiki.hub.StreamRequest.Greeting;
import dev.hibiki.log.EventId;
import dev.hibiki.log.KeyConflictException;
import dev.hibiki.log.Publication;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a stream gets, byte by byte, from a hub on a memory log. */
class HubTest {

    private final TestHub hub = new TestHub();

    @AfterEach
    void close() {
        hub.close();
    }

    @Test
    void streamGetsWhatIsPublishedToItsChannel() {
        var news = hub.open("news");
        assertThat(news.outlet().take())
                .matches(
                        "id: \\d+-0-[0-9a-z]+\nretry: [2-5]\\d{3}\ndata: \\{\"type\":\"connected\",\"message\":\"Connected\","
                                + "\"clientId\":\"[A-Za-z0-9_-]{22}\",\"timestamp\":\\d{13}\\}\n\n");

        EventId first = hub.publish("news", "one");
        hub.publish("other", "not for it");
        EventId second = hub.publish("news", "two\nlines");

        assertThat(news.outlet().take())
                .isEqualTo("id: " + first + "\ndata: one\n\nid: " + second + "\ndata: two\ndata: lines\n\n");
    }

    @Test
    void returningStreamGetsWhatItMissed_thenWhatIsNew() {
        var before = hub.open("news");
        EventId seen = hub.publish("news", "seen");
        before.stream().closed(EndReason.CLIENT_GONE);
        EventId missed = hub.publish("news", "missed");

        var after = hub.resume(seen.toString(), "news");
        EventId fresh = hub.publish("news", "new");

        assertThat(after.outlet().events())
                .extracting(RecordedOutlet.Received::id)
                .containsExactly(seen.toString(), missed.toString(), fresh.toString());
        assertThat(after.outlet().data("message")).containsExactly("missed", "new");
    }

    @Test
    void streamWhoseSocketIsFullFallsBehind_andGoesOnInOrderWhenItDrains() {
        var slow = hub.open("news");
        hub.publish("news", "1");
        slow.outlet().block(20_000);
        hub.publish("news", "2");
        hub.publish("news", "3");
        slow.outlet().unblock();
        slow.stream().writable();
        hub.publish("news", "4");

        assertThat(slow.outlet().data("message")).containsExactly("1", "2", "3", "4");
    }

    @Test
    void channelAddedLiveBeginsAfterItsEntry() {
        var stream = hub.open("news");
        hub.publish("more", "before");
        var added = hub.hub.subscribe(stream.stream().clientId(), "more");
        hub.run();
        added.join();
        hub.publish("more", "after");
        var removed = hub.hub.unsubscribe(stream.stream().clientId(), "more");
        hub.run();
        removed.join();
        hub.publish("more", "too late");

        assertThat(stream.outlet().data("message")).containsExactly("after");
    }

    @Test
    void idOfAnotherLifeIsToldAsLogReset_rightAfterConnected() {
        hub.publish("news", "kept");
        var stream = hub.resume("5-0-1", "news");
        String birth = hub.log.birth().toString();
        assertThat(stream.outlet().text()).startsWith("retry: ");
        assertThat(stream.outlet().text())
                .contains("\n\nid: " + birth
                        + "\nevent: hibiki.gap\ndata: {\"reason\":\"log-reset\",\"after\":\"5-0-1\",\"resumedAt\":\""
                        + birth + "\"}\n\n");
    }

    @Test
    void publisherMayNotUseWhatIsNotItsOwn() {
        refuses(
                () -> hub.hub.publish("news/*", SseEvent.of("x")),
                "channel: news/* (expected: a channel; one may subscribe to a pattern, not publish to it)");
        for (String reserved : List.of("broadcast", "user/7", "client/x", "hibiki/x", "user", "broadcast/x")) {
            refuses(
                    () -> hub.hub.publish(reserved, SseEvent.of("x")),
                    "channel: " + reserved + " (expected: not reserved; broadcast, notify and send publish there)");
        }
        for (String type : List.of("error", "open", "hibiki.gap", "hibiki.")) {
            String message = "event: " + type + " (expected: not error, open or hibiki.…, which are reserved)";
            refuses(() -> hub.hub.publish("news", SseEvent.of(type, "x")), message);
            refuses(() -> hub.hub.broadcast(SseEvent.of(type, "x")), message);
            refuses(() -> hub.hub.notifyUser("7", SseEvent.of(type, "x")), message);
            refuses(() -> hub.hub.send("x", SseEvent.of(type, "x")), message);
        }
        refuses(() -> hub.hub.publish("", SseEvent.of("x")), "channel: 0 characters long (expected: 1 to 200)");
        refuses(
                () -> hub.hub.publish("a//b", SseEvent.of("x")),
                "channel: a//b (expected: no empty segment between the /)");
        refuses(
                () -> hub.hub.publish("a\nb", SseEvent.of("x")),
                "channel: a\uFFFDb (expected: characters of A-Z a-z 0-9 . _ ~ : @ - /)");
        refuses(() -> hub.hub.notifyUser("", SseEvent.of("x")), "userId:  (expected: at least one character)");
        assertThat(hub.log.end()).isEqualTo(hub.log.birth());
    }

    private static void refuses(ThrowingCallable publishing, String message) {
        assertThatThrownBy(publishing)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void batchIsAllOrNothing_andAnsweredInOrder() {
        var stream = hub.open("news");
        refuses(
                () -> hub.hub.publish(
                        List.of(new Message("news", SseEvent.of("1")), new Message("client/x", SseEvent.of("2")))),
                "[1] channel: client/x (expected: not reserved; broadcast, notify and send publish there)");
        hub.run();
        assertThat(stream.data()).isEmpty();
        List<EventId> ids = hub.answered(
                hub.hub.publish(List.of(new Message("news", SseEvent.of("1")), new Message(null, SseEvent.of("2")))));
        assertThat(ids).containsExactly(stream.idOf(1), stream.idOf(2));
        assertThat(hub.hub.publish(List.of())).isCompletedWithValue(List.of());
    }

    @Test
    void publishingAgainUnderAKeyAppendsNothing_andAnswersWithTheFirstId() {
        var stream = hub.open("news");
        var key = new Publication.Key("ann", "k");
        EventId first = hub.answered(hub.hub.publish("news", SseEvent.of("1"), key));
        assertThat(hub.answered(hub.hub.publish("news", SseEvent.of("1"), key))).isEqualTo(first);
        List<EventId> ids = hub.answered(hub.hub.publish(
                List.of(new Message("news", SseEvent.of("1"), key), new Message(null, SseEvent.of("2")))));
        assertThat(ids).containsExactly(first, hub.log.end());
        assertThatThrownBy(() -> hub.answered(hub.hub.publish(null, SseEvent.of("1"), key)))
                .cause()
                .isInstanceOf(KeyConflictException.class);
        assertThatThrownBy(() -> hub.answered(hub.hub.publish(List.of(new Message("news", SseEvent.of("3"), key)))))
                .cause()
                .isInstanceOf(KeyConflictException.class);
        hub.answered(hub.hub.publish(null, SseEvent.of("4"), null));
        assertThat(stream.data()).containsExactly("1", "2", "4");
    }

    @Test
    void whatIsSentToAClientThatNobodyKnowsFails() {
        assertThatThrownBy(() -> hub.answered(hub.hub.send("nobody", SseEvent.of("x"))))
                .cause()
                .isInstanceOf(UnknownClientException.class)
                .hasMessage("Client not found");
    }

    @Test
    void nothingIsKeptOfStreamsThatAreGone() {
        var streams = new ArrayList<TestHub.Opened>();
        for (int i = 0; i < 50; i++) {
            streams.add(hub.open(TestHub.request(
                    Greeting.CONNECTED, null, "u" + i % 7, i % 3 == 0 ? "5-0-1" : null, "a" + i, "a/*", "b")));
            streams.add(hub.open(StreamRequest.feed()));
        }
        streams.get(4).block();
        streams.get(10).block();
        hub.publish("b", "x");
        hub.publish("a/x", "x");
        hub.subscribe(streams.get(0), "live");
        Shard shard = streams.get(0).stream().shard;
        assertThat(shard.isEmpty()).isFalse();
        streams.get(4).unblock(); // stands in line when it ends
        streams.forEach(stream -> stream.stream().closed(EndReason.CLIENT_GONE));
        streams.forEach(stream -> stream.stream().closed(EndReason.CLIENT_GONE));
        hub.run();

        assertThat(shard.isEmpty()).isTrue();
        assertThat(hub.hub.clients.size()).isZero();
        assertThat(hub.hub.openStreams()).isZero();
    }

    @Test
    void closingTheHubEndsEveryStream_alsoTheOneThatComesThroughTheDoor() {
        var live = hub.open("news");
        var blocked = hub.open("news");
        blocked.block();
        hub.publish("news", "x");
        var starting = hub.openOnly(TestHub.request(Greeting.CONNECTED, null, null, "5-0-1", "news"));
        Shard shard = live.stream().shard;
        hub.hub.close();
        var late = hub.openOnly(TestHub.request(Greeting.CONNECTED, null, null, null, "news"));
        hub.run();

        for (TestHub.Opened stream : List.of(live, blocked, starting, late)) {
            assertThat(stream.outlet().ended).isEqualTo(EndReason.STOPPING);
        }
        assertThat(shard.streams()).isZero();
    }

    @Test
    void closingTheHubInTheMidstOfAFanOutLeavesNoBuffer() {
        for (int i = 0; i < FanOut.SLICE + 50; i++) {
            hub.openOnly(TestHub.request(Greeting.CONNECTED, null, null, null, "news"));
        }
        hub.run();
        var last = hub.open("news");
        hub.publishOnly("news", "x");
        last.stream().shard.fanOut.step();
        assertThat(last.stream().shard.fanOut.inProgress()).isTrue();
        hub.hub.close(); // and the loop turns no more
        assertThat(last.outlet().ended).isEqualTo(EndReason.STOPPING);
    }

    @Test
    void publishingByTheClockHappensWhileSomebodyReads_andGoesOnWhenItThrows() throws Exception {
        var count = new AtomicInteger();
        AutoCloseable publishing = hub.hub.publishEvery("tick", Duration.ofSeconds(1), () -> {
            if (count.incrementAndGet() == 2) {
                throw new IllegalStateException("on purpose");
            }
            return SseEvent.of(count.toString());
        });
        hub.pass(Duration.ofSeconds(3));
        assertThat(count).hasValue(0);
        var stream = hub.open("tick");
        hub.pass(Duration.ofSeconds(3));
        assertThat(stream.data()).containsExactly("1", "3");
        publishing.close();
        hub.pass(Duration.ofSeconds(3));
        assertThat(stream.data()).hasSize(2);
    }

    @Test
    void channelsTellWhoReadsThem() {
        hub.open("news", "a/*");
        hub.open("news");
        EventId last = hub.publish("news", "x");
        assertThat(hub.answered(hub.hub.channels()))
                .containsExactly(
                        new ChannelStatus("broadcast", 2, List.of(), null),
                        new ChannelStatus("news", 2, List.of(), last));
        assertThat(hub.answered(hub.hub.channel("a/b"))).isEqualTo(new ChannelStatus("a/b", 1, List.of(), null));
        assertThat(hub.answered(hub.hub.channel("nobody"))).isEqualTo(new ChannelStatus("nobody", 0, List.of(), null));
    }
}
