// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import static dev.hibiki.client.ScriptedServer.STREAM;
import static dev.hibiki.client.ScriptedServer.says;
import static dev.hibiki.client.ScriptedServer.saysAndStays;
import static dev.hibiki.client.ScriptedServer.status;
import static dev.hibiki.client.ScriptedServer.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The ways to read from a source. */
class ReadingIT {

    private static final Duration SOON = Duration.ofMillis(100);

    private static EventSourceConfig.Builder config(ScriptedServer server) {
        return EventSourceConfig.builder(server.uri()).reconnectionTime(SOON).mostBackoff(SOON);
    }

    @Test
    void restartingNeverLosesNorDoublesAnEvent_whereverItComes() throws Exception {
        int events = 2000;
        var got = new LinkedBlockingQueue<String>();
        var served = new AtomicInteger();
        ScriptedServer.Step resuming = (asked, out) -> {
            String last = asked.headers().getOrDefault("last-event-id", "0");
            served.incrementAndGet();
            StringBuilder text = new StringBuilder(STREAM);
            for (int i = Integer.parseInt(last) + 1; i <= events; i++) {
                text.append("id: ").append(i).append("\ndata: ").append(i).append("\n\n");
            }
            write(out, text.toString());
            TimeUnit.DAYS.sleep(1);
        };
        try (var server = new ScriptedServer(resuming)) {
            var itself = new CompletableFuture<EventSource>();
            var source = EventSource.open(config(server).build(), event -> {
                got.add(event.data());
                if (Integer.parseInt(event.data()) % 97 == 0) {
                    itself.join().restart();
                }
            });
            itself.complete(source);
            await().until(() -> got.size() >= events);
            source.close();
            var expected = new ArrayList<String>();
            for (int i = 1; i <= events; i++) {
                expected.add(Integer.toString(i));
            }
            assertThat(List.copyOf(got)).isEqualTo(expected);
            assertThat(served.get()).isGreaterThan(20);
        }
    }

    @Test
    void iterationReadsNoFasterThanItIsAsked_andEndsAsTheStreamDoes() throws Exception {
        var big = new StringBuilder(STREAM);
        for (int i = 0; i < 1000; i++) {
            big.append("data: ").append(i).append("\n\n");
        }
        try (var server = new ScriptedServer(says(big.toString()), says("HTTP/1.1 204 No Content\r\n\r\n"));
                EventIteration events = EventSource.read(config(server).build())) {
            int expected = 0;
            for (ReceivedEvent event : events) {
                assertThat(event.data()).isEqualTo(Integer.toString(expected++));
            }
            assertThat(expected).isEqualTo(1000);
        }
        try (var server = new ScriptedServer(status(404));
                EventIteration events = EventSource.read(config(server).build())) {
            Iterator<ReceivedEvent> iterator = events.iterator();
            assertThatThrownBy(iterator::hasNext)
                    .isInstanceOf(EventSourceException.class)
                    .hasMessage("REFUSED 404: the server answered 404");
        }
    }

    @Test
    void closingAnIterationFreesWhoWaitsForIt_andTheSource() throws Exception {
        try (var server = new ScriptedServer(saysAndStays(STREAM + "data: 1\n\ndata: 2\n\ndata: 3\n\n"))) {
            EventIteration events = EventSource.read(config(server).build());
            assertThat(events.iterator().next().data()).isEqualTo("1");
            events.close();
            assertThat(events.iterator().hasNext()).isFalse();
            await().until(() -> Recorder.threads().isEmpty());
        }
    }

    @Test
    void aSubscriberGetsWhatItRequests_andNoMore() throws Exception {
        BlockingQueue<String> signals = new LinkedBlockingQueue<>();
        var subscriptions = new LinkedBlockingQueue<Flow.Subscription>();
        var subscriber = new Flow.Subscriber<ReceivedEvent>() {
            @Override
            public void onSubscribe(Flow.Subscription given) {
                subscriptions.add(given);
            }

            @Override
            public void onNext(ReceivedEvent event) {
                signals.add(event.data());
            }

            @Override
            public void onError(Throwable failure) {
                signals.add(String.valueOf(failure.getMessage()));
            }

            @Override
            public void onComplete() {
                signals.add("complete");
            }
        };
        try (var server = new ScriptedServer(
                says(STREAM + "data: 1\n\ndata: 2\n\ndata: 3\n\n"), says("HTTP/1.1 204 No Content\r\n\r\n"))) {
            EventSource.publisher(config(server).build()).subscribe(subscriber);
            Flow.Subscription subscription = subscriptions.take();
            subscription.request(2);
            assertThat(signals.poll(60, TimeUnit.SECONDS)).isEqualTo("1");
            assertThat(signals.poll(60, TimeUnit.SECONDS)).isEqualTo("2");
            await().during(Duration.ofMillis(200)).until(signals::isEmpty);
            subscription.request(1);
            assertThat(signals.poll(60, TimeUnit.SECONDS)).isEqualTo("3");
            assertThat(signals.poll(60, TimeUnit.SECONDS)).isEqualTo("complete");
        }
        try (var server = new ScriptedServer(saysAndStays(STREAM + "data: 1\n\n"))) {
            EventSource.publisher(config(server).build()).subscribe(subscriber);
            subscriptions.take().request(0);
            assertThat(signals.poll(60, TimeUnit.SECONDS)).isEqualTo("request: 0 (expected: at least 1)");
            EventSource.publisher(config(server).build()).subscribe(subscriber);
            subscriptions.take().cancel();
            await().until(() -> Recorder.threads().isEmpty());
            assertThat(signals).isEmpty();
        }
    }
}
