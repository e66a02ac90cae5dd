// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import static dev.hibiki.client.ScriptedServer.STREAM;
import static dev.hibiki.client.ScriptedServer.write;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A stream that runs for weeks, and comes back again and again, leaves nothing on the heap, however it is read. */
class MemoryIT {

    private static final int EVENTS = 1_000_000;
    private static final int EVENTS_A_CONNECTION = 20_000;
    private static final int FIRST_LOOK = 100_000;

    /** Far less than the smallest thing that could stay of each event, which would be 900,000 references. */
    private static final long MOST_GROWTH_BYTES = 2 << 20;

    private static final int A_PIECE = 500;

    private static EventSourceConfig config(ScriptedServer server) {
        return EventSourceConfig.builder(server.uri())
                .reconnectionTime(Duration.ofMillis(10))
                .mostBackoff(Duration.ofMillis(10))
                .build();
    }

    /** From the event behind the last id, so many, and then an end. */
    private static final ScriptedServer.Step RESUMING = (asked, out) -> {
        int next = Integer.parseInt(asked.headers().getOrDefault("last-event-id", "0")) + 1;
        out.write(STREAM.getBytes(US_ASCII));
        for (int end = next + EVENTS_A_CONNECTION; next < end; next += A_PIECE) {
            var text = new StringBuilder();
            for (int id = next; id < next + A_PIECE; id++) {
                text.append("id: ").append(id).append("\nevent: tick\ndata: {\"n\":");
                text.append(id).append(",\"text\":\"").append("x".repeat(60)).append("\"}\n\n");
            }
            write(out, text.toString());
        }
    };

    /** Looks at each event, and at the heap early and late. */
    private static final class Meter {

        private final CompletableFuture<Void> done = new CompletableFuture<>();
        private int count;
        private long early;
        private long late;

        void take(ReceivedEvent event) {
            count++;
            if (!event.lastEventId().equals(Integer.toString(count))) {
                done.completeExceptionally(new AssertionError(event + " is event " + count));
            } else if (count == FIRST_LOOK) {
                early = usedHeap();
            } else if (count == EVENTS) {
                late = usedHeap();
                done.complete(null);
            }
        }

        void assertThatNothingStays() throws Exception {
            done.get(300, TimeUnit.SECONDS);
            assertThat(late - early)
                    .as("growth from %d bytes, over %d events", early, EVENTS - FIRST_LOOK)
                    .isLessThan(MOST_GROWTH_BYTES);
        }

        /** The least of some looks: meanwhile the server fills the sockets, and what it leaves between a collection and a look is garbage. */
        private static long usedHeap() {
            long least = Long.MAX_VALUE;
            for (int look = 0; look < 5; look++) {
                System.gc();
                least = Math.min(
                        least,
                        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
            }
            return least;
        }
    }

    private final Meter meter = new Meter();

    @Test
    void aListenerLeavesNothing() throws Exception {
        try (var server = new ScriptedServer(RESUMING);
                var source = EventSource.open(config(server), meter::take)) {
            meter.assertThatNothingStays();
            assertThat(source.state()).isNotEqualTo(EventSource.State.CLOSED);
        }
    }

    @Test
    void anIterationLeavesNothing() throws Exception {
        try (var server = new ScriptedServer(RESUMING);
                EventIteration events = EventSource.read(config(server))) {
            for (ReceivedEvent event : events) {
                meter.take(event);
                if (meter.done.isDone()) {
                    break;
                }
            }
            meter.assertThatNothingStays();
        }
    }

    @Test
    void aSubscriberLeavesNothing() throws Exception {
        var subscription = new CompletableFuture<Flow.Subscription>();
        try (var server = new ScriptedServer(RESUMING)) {
            EventSource.publisher(config(server)).subscribe(new Flow.Subscriber<>() {
                @Override
                public void onSubscribe(Flow.Subscription given) {
                    subscription.complete(given);
                    given.request(1);
                }

                @Override
                public void onNext(ReceivedEvent event) {
                    meter.take(event);
                    subscription.join().request(1);
                }

                @Override
                public void onError(Throwable failure) {
                    meter.done.completeExceptionally(failure);
                }

                @Override
                public void onComplete() {
                    meter.done.completeExceptionally(new AssertionError("it is complete"));
                }
            });
            meter.assertThatNothingStays();
            subscription.join().cancel();
        }
    }

    /** Whoever requests nothing gets nothing, and the server's socket fills up: what waits here is a piece, and not the stream. */
    @Test
    void aSubscriberThatDoesNotRequestHoldsUpTheServer() throws Exception {
        var written = new AtomicLong();
        byte[] event = ("data: " + "x".repeat(65_000) + "\n\n").getBytes(US_ASCII);
        ScriptedServer.Step flooding = (asked, out) -> {
            out.write(STREAM.getBytes(US_ASCII));
            while (written.get() < 400_000_000) {
                out.write(event);
                written.addAndGet(event.length);
            }
            throw new IOException("the reader took all of it");
        };
        try (var server = new ScriptedServer(flooding)) {
            var subscription = new CompletableFuture<Flow.Subscription>();
            var subscriber = new Flow.Subscriber<ReceivedEvent>() {
                @Override
                public void onSubscribe(Flow.Subscription given) {
                    subscription.complete(given);
                }

                @Override
                public void onNext(ReceivedEvent received) {}

                @Override
                public void onError(Throwable failure) {}

                @Override
                public void onComplete() {}
            };
            EventSource.publisher(config(server)).subscribe(subscriber);
            await().until(() -> written.get() > 0);
            var before = new AtomicLong(-1);
            await().pollInterval(Duration.ofMillis(300))
                    .timeout(Duration.ofSeconds(60))
                    .until(() -> before.getAndSet(written.get()) == written.get());
            // The sockets' own buffers, which the system sizes, are most of it.
            assertThat(written.get()).isLessThan(40_000_000);
            subscription.join().cancel();
        }
    }
}
