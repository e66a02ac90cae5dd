// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import static dev.hibiki.client.ScriptedServer.STREAM;
import static dev.hibiki.client.ScriptedServer.says;
import static dev.hibiki.client.ScriptedServer.saysAndStays;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Iterations and publishers, where they differ from a listener. */
class SubscribingIT {

    private static final Duration SOON = Duration.ofMillis(100);
    private static final String GAP =
            "id: 2\nevent: hibiki.gap\ndata: {\"reason\":\"expired\",\"after\":\"1\",\"resumedAt\":\"2\"}\n\n";
    private static final String GONE = "HTTP/1.1 204 No Content\r\n\r\n";

    private static EventSourceConfig.Builder config(ScriptedServer server) {
        return EventSourceConfig.builder(server.uri()).reconnectionTime(SOON).mostBackoff(SOON);
    }

    @AfterEach
    void noThreadIsLeft() {
        await().until(() -> Recorder.threads().isEmpty());
    }

    /** Remembers its signals as lines; what it does with each event can be said. */
    private static final class Remembering implements Flow.Subscriber<ReceivedEvent> {

        final BlockingQueue<String> signals = new LinkedBlockingQueue<>();
        private final Consumer<Flow.Subscription> first;
        private final Consumer<ReceivedEvent> each;
        private volatile boolean isTaking;

        Remembering(Consumer<Flow.Subscription> first, Consumer<ReceivedEvent> each) {
            this.first = first;
            this.each = each;
        }

        String next() throws InterruptedException {
            return String.valueOf(signals.poll(60, TimeUnit.SECONDS));
        }

        @Override
        public void onSubscribe(Flow.Subscription given) {
            first.accept(given);
        }

        @Override
        public void onNext(ReceivedEvent event) {
            signals.add(event.data());
            isTaking = true;
            try {
                each.accept(event);
            } finally {
                isTaking = false;
            }
        }

        @Override
        public void onError(Throwable failure) {
            signals.add((isTaking ? "within a call " : "") + "failed: " + failure.getMessage());
        }

        @Override
        public void onComplete() {
            signals.add("complete");
        }
    }

    @Test
    void aGapIsToldInItsPlace_alsoToWhoIteratesOrSubscribes() throws Exception {
        var gap = new Gap("expired", "1", "2");
        String text = STREAM + "id: 1\ndata: x\n\n" + GAP + "id: 3\ndata: y\n\n";
        try (var server = new ScriptedServer(says(text), says(GONE));
                EventIteration events = EventSource.read(config(server).build())) {
            var all = new ArrayList<ReceivedEvent>();
            events.forEach(all::add);
            assertThat(all)
                    .containsExactly(
                            new ReceivedEvent("message", "x", "1"),
                            new ReceivedEvent(
                                    "hibiki.gap", "{\"reason\":\"expired\",\"after\":\"1\",\"resumedAt\":\"2\"}", "2"),
                            new ReceivedEvent("message", "y", "3"));
            assertThat(all).extracting(ReceivedEvent::gap).containsExactly(null, gap, null);
        }
        try (var server = new ScriptedServer(says(text), says(GONE))) {
            var gaps = new LinkedBlockingQueue<Gap>();
            var subscriber = new Remembering(subscription -> subscription.request(9), event -> {
                Gap told = event.gap();
                if (told != null) {
                    gaps.add(told);
                }
            });
            EventSource.publisher(config(server).build()).subscribe(subscriber);
            assertThat(List.of(subscriber.next(), subscriber.next(), subscriber.next(), subscriber.next()))
                    .containsExactly(
                            "x", "{\"reason\":\"expired\",\"after\":\"1\",\"resumedAt\":\"2\"}", "y", "complete");
            assertThat(List.copyOf(gaps)).containsExactly(gap);
        }
    }

    @Test
    void aBadRequestIsToldOnAQuietStreamToo_whereverItIsMade() throws Exception {
        try (var server = new ScriptedServer(saysAndStays(STREAM))) {
            var subscriptions = new LinkedBlockingQueue<Flow.Subscription>();
            var later = new Remembering(subscriptions::add, event -> {});
            EventSource.publisher(config(server).build()).subscribe(later);
            server.nextAsked();
            subscriptions.remove().request(-1);
            assertThat(later.next()).isEqualTo("failed: request: -1 (expected: at least 1)");

            var atOnce = new Remembering(subscription -> subscription.request(0), event -> {});
            EventSource.publisher(config(server).build()).subscribe(atOnce);
            assertThat(atOnce.next()).isEqualTo("failed: request: 0 (expected: at least 1)");
            assertThat(later.signals).isEmpty();
            assertThat(atOnce.signals).isEmpty();
        }
        try (var server = new ScriptedServer(saysAndStays(STREAM + "data: x\n\ndata: y\n\n"))) {
            var subscriptions = new LinkedBlockingQueue<Flow.Subscription>();
            var within = new Remembering(
                    subscription -> {
                        subscriptions.add(subscription);
                        subscription.request(9);
                    },
                    event -> subscriptions.element().request(0));
            EventSource.publisher(config(server).build()).subscribe(within);
            assertThat(within.next()).isEqualTo("x");
            assertThat(within.next()).isEqualTo("failed: request: 0 (expected: at least 1)");
            await().until(() -> Recorder.threads().isEmpty());
            assertThat(within.signals).isEmpty();
        }
    }

    @Test
    void cancellingFromWithinASignalIsTheLast_andASubscriberThatThrowsIsToldSo() throws Exception {
        try (var server = new ScriptedServer(saysAndStays(STREAM + "data: x\n\ndata: y\n\n"))) {
            var subscriptions = new LinkedBlockingQueue<Flow.Subscription>();
            var cancelling = new Remembering(
                    subscription -> {
                        subscriptions.add(subscription);
                        subscription.request(9);
                    },
                    event -> subscriptions.element().cancel());
            EventSource.publisher(config(server).build()).subscribe(cancelling);
            assertThat(cancelling.next()).isEqualTo("x");
            await().until(() -> Recorder.threads().isEmpty());
            assertThat(cancelling.signals).isEmpty();
            await().until(() -> server.connections() == 0);
        }
        try (var server = new ScriptedServer(saysAndStays(STREAM + "data: x\n\ndata: y\n\n"))) {
            var throwing = new Remembering(subscription -> subscription.request(9), event -> {
                throw new IllegalStateException("thrown by the test");
            });
            EventSource.publisher(config(server).build()).subscribe(throwing);
            assertThat(throwing.next()).isEqualTo("x");
            assertThat(throwing.next())
                    .isEqualTo(
                            "failed: LISTENER: the listener threw java.lang.IllegalStateException: thrown by the test");
        }
    }

    @Test
    void aReadingThreadThatIsInterruptedStopsWaiting_andMayGoOnAfterwards() throws Exception {
        try (var server = new ScriptedServer(saysAndStays(STREAM + "data: x\n\ndata: y\n\n"));
                EventIteration events = EventSource.read(config(server).build())) {
            Iterator<ReceivedEvent> iterator = events.iterator();
            assertThat(iterator.next().data()).isEqualTo("x");
            assertThat(iterator.next().data()).isEqualTo("y");
            Thread.currentThread().interrupt();
            assertThatThrownBy(iterator::hasNext)
                    .isInstanceOf(EventSourceException.class)
                    .hasMessage("LISTENER: the reading thread was interrupted")
                    .hasCauseInstanceOf(InterruptedException.class);
            assertThat(Thread.interrupted()).isTrue();
            events.source().restart();
            assertThat(iterator.next().data()).isEqualTo("x");
        }
    }

    @Test
    @Timeout(60)
    void closingTheSourceOfAnIterationEndsIt_afterTheEventThatIsThere() throws Exception {
        try (var server = new ScriptedServer(saysAndStays(STREAM + "data: x\n\ndata: y\n\n"));
                EventIteration events = EventSource.read(config(server).build())) {
            Iterator<ReceivedEvent> iterator = events.iterator();
            assertThat(iterator.hasNext()).isTrue();
            events.source().close();
            assertThat(iterator.next().data()).isEqualTo("x");
            var left = new ArrayList<ReceivedEvent>();
            iterator.forEachRemaining(left::add);
            assertThat(left).hasSizeLessThanOrEqualTo(1); // the next one may have been on its way
        }
    }
}
