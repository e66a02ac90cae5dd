// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hibiki.app.Publications.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A stream that never reads harms nobody, takes no memory, and gets what it missed when it reads again, or is told what is gone. */
class StalledReaderIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** The smallest that the kernel grants: the stalled stream's bytes are to wait in the log, not in its socket. */
    private static final int RECEIVE_BUFFER = 2048;

    /** A heap of its own that is resident from the start, so that what is resident grows only with what is not on the heap. */
    private static final List<String> FIXED_HEAP = List.of("-Xms160m", "-Xmx160m", "-XX:+AlwaysPreTouch");

    private static final long MEMORY_SLACK = 64L << 20;
    private static final String FILL = "x".repeat(490);
    private static final String LARGE_FILL = "x".repeat(2_000);

    /** Counts what it gets, which must be numbered without a hole. */
    private static final class Counter implements StreamSwarm.Reader {
        private final String fill;
        private int next = -1;
        private String wrong = "";

        Counter(String fill) {
            this.fill = fill;
        }

        @Override
        public void onEvent(SwarmStream stream, String type, String data, String lastEventId) {
            if (next >= 0 && !data.equals(next + fill) && wrong.isEmpty()) {
                wrong = "number " + next + " is " + type + " " + data;
            }
            next++;
        }
    }

    /** Keeps all that it gets. */
    private static final class Keeper implements StreamSwarm.Reader {
        private final List<Event> events = new ArrayList<>();

        @Override
        public void onEvent(SwarmStream stream, String type, String data, String lastEventId) {
            events.add(new Event(lastEventId, type, data));
        }
    }

    @Test
    void theOthersGetEverything_memoryStays_andItGetsTheRestInOrderWhenItReadsAgain() throws Exception {
        int others = 999;
        int events = 5_000;
        try (HibikiProcess hibiki = HibikiProcess.start(FIXED_HEAP, "serve", "--port", "0", "--logging-level", "warn");
                StreamSwarm swarm = new StreamSwarm(hibiki.uri())) {
            Publications publications = new Publications(hibiki.uri());
            Footprint server = new Footprint(hibiki);
            Counter stalled = new Counter(FILL);
            List<Counter> counters = new ArrayList<>();
            SwarmStream stalledStream = swarm.ask(() -> {
                for (int i = 0; i < others; i++) {
                    Counter counter = new Counter(FILL);
                    counters.add(counter);
                    swarm.open("/api/events/news", Map.of(), counter);
                }
                return swarm.open("/api/events/news", Map.of(), RECEIVE_BUFFER, stalled);
            });
            awaitCount(swarm, counters, 0);
            awaitCount(swarm, List.of(stalled), 0);
            swarm.run(stalledStream::stall);

            publish(publications, 0, 500, 50, FILL);
            publish(publications, 500, 1_500, 1_000, FILL); // a thousand in one batch
            awaitCount(swarm, counters, 1_500);
            long warm = server.resident();
            publish(publications, 1_500, events, 50, FILL);
            awaitCount(swarm, counters, events);
            long grown = server.resident() - warm;
            System.out.printf("a stalled stream among %d: resident memory grew by %d KB%n", others, grown >> 10);
            assertThat(grown).isLessThan(MEMORY_SLACK);
            assertThat(swarm.ask(() -> stalled.next)).isZero();

            swarm.run(stalledStream::resume);
            awaitCount(swarm, List.of(stalled), events);
            assertThat(publications.streams()).isEqualTo(others + 1);
            assertThat(hibiki.err()).isEmpty();
        }
    }

    private static List<Event> publish(Publications publications, int from, int to, int batch, String fill)
            throws Exception {
        List<Event> published = new ArrayList<>();
        for (int n = from; n < to; n += batch) {
            List<String> data = new ArrayList<>();
            for (int i = n; i < n + batch; i++) {
                data.add(i + fill);
            }
            published.addAll(publications.publish("news", data));
        }
        return published;
    }

    private static void awaitCount(StreamSwarm swarm, List<Counter> counters, int events) {
        await().atMost(PATIENCE).until(() -> {
            swarm.check();
            return swarm.ask(() -> counters.stream().allMatch(one -> one.next >= events || !one.wrong.isEmpty()));
        });
        assertThat(swarm.ask(() -> counters.stream()
                        .map(one -> one.wrong)
                        .filter(one -> !one.isEmpty())
                        .toList()))
                .isEmpty();
        assertThat(swarm.ask(() -> counters.stream().allMatch(one -> one.next == events)))
                .isTrue();
    }

    @Test
    void whatTheLogHasTrimmedMeanwhileIsToldAsOneGap_andItGoesOnInOrderAfterIt() throws Exception {
        int events = 50_000; // 100 MB: more than log and window hold, and more than memory may grow
        try (HibikiProcess hibiki = HibikiProcess.start(
                        FIXED_HEAP, "serve", "--port", "0", "--logging-level", "warn", "--log-max-entries", "1000");
                StreamSwarm swarm = new StreamSwarm(hibiki.uri())) {
            Publications publications = new Publications(hibiki.uri());
            Footprint server = new Footprint(hibiki);
            Keeper stalled = new Keeper();
            Counter other = new Counter(LARGE_FILL);
            SwarmStream stalledStream =
                    swarm.ask(() -> swarm.open("/api/events/news", Map.of(), RECEIVE_BUFFER, stalled));
            swarm.run(() -> swarm.open("/api/events/news", Map.of(), other));
            awaitCount(swarm, List.of(other), 0);
            await().atMost(PATIENCE).until(() -> swarm.ask(() -> stalled.events.size() == 1));
            swarm.run(stalledStream::stall);

            List<Event> published = publish(publications, 0, 5_000, 100, LARGE_FILL);
            awaitCount(swarm, List.of(other), 5_000);
            long warm = server.resident();
            published.addAll(publish(publications, 5_000, events, 100, LARGE_FILL));
            awaitCount(swarm, List.of(other), events);
            long grown = server.resident() - warm;
            System.out.printf("a stalled stream and 100 MB: resident memory grew by %d KB%n", grown >> 10);
            assertThat(grown).isLessThan(MEMORY_SLACK);

            swarm.run(stalledStream::resume);
            String last = published.get(events - 1).id();
            await().atMost(PATIENCE).until(() -> {
                swarm.check();
                return swarm.ask(
                        () -> stalled.events.get(stalled.events.size() - 1).id().equals(last));
            });
            swarm.run(() -> checkOneGap(stalled.events.subList(1, stalled.events.size()), published));
            assertThat(hibiki.err()).isEmpty();
        }
    }

    /** The beginning of what was published, a gap that tells exactly what is missing, then the end. */
    private static void checkOneGap(List<Event> got, List<Event> published) {
        int before = 0;
        while (!got.get(before).type().equals("hibiki.gap")) {
            before++;
        }
        Event gap = got.get(before);
        assertThat(got.subList(0, before)).isEqualTo(published.subList(0, before));
        assertThat(gap.data())
                .isEqualTo("{\"reason\":\"expired\",\"after\":\""
                        + published.get(before - 1).id() + "\",\"resumedAt\":\"" + gap.id() + "\"}");
        List<Event> kept = published.stream()
                .filter(one -> one.place().isAfter(gap.place()))
                .toList();
        assertThat(got.subList(before + 1, got.size())).isEqualTo(kept);
        assertThat(kept).hasSize(1_000);
    }
}
