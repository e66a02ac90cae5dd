// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hibiki.app.Publications.Event;
import dev.hibiki.log.EventId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Streams that come and go while there is publishing without pause: between what is replayed and what is live there is no seam, each
 * stream gets every event once and in order.
 */
class NoSeamIT {

    private static final int STREAMS = 120;
    private static final int DELIVERIES = 150_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final long seed = System.nanoTime();
    private final ExecutorService publishers = Executors.newCachedThreadPool();
    private volatile boolean publishing = true;

    @AfterEach
    void stopPublishing() throws InterruptedException {
        publishing = false;
        publishers.shutdown();
        assertThat(publishers.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void everyStreamGetsEveryEventOnce_inOrder_howeverOftenItReturns() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0", "--logging-level", "warn");
                StreamSwarm swarm = new StreamSwarm(hibiki.uri())) {
            Publications publications = new Publications(hibiki.uri());
            List<Wanderer> wanderers = wanderers(swarm);
            List<Future<?>> running = publishWithoutPause(publications);
            swarm.run(() -> wanderers.forEach(Wanderer::come));
            subscribeLive(publications, wanderers);
            await().atMost(PATIENCE).until(() -> failed(swarm, wanderers) || delivered(swarm, wanderers) >= DELIVERIES);
            swarm.run(() -> wanderers.forEach(Wanderer::settle));
            finish(running);

            awaitAndCheck(swarm, wanderers, publications);
            int visits = swarm.ask(
                    () -> wanderers.stream().mapToInt(one -> one.visits).sum());
            System.out.printf(
                    "%d streams came %d times and got %d events, seed %d%n",
                    STREAMS, visits, delivered(swarm, wanderers), seed);
            assertThat(wanderers).allMatch(one -> one.visits > 3);
            assertThat(hibiki.err()).isEmpty();
        }
    }

    @Test
    void afterARestartEveryStreamThatReturnsIsToldFirst_andThenMissesNothing() throws Exception {
        int port;
        List<Wanderer> wanderers;
        try (HibikiProcess first = HibikiProcess.start("serve", "--port", "0", "--logging-level", "warn");
                StreamSwarm swarm = new StreamSwarm(first.uri())) {
            port = first.uri().getPort();
            Publications publications = new Publications(first.uri());
            wanderers = wanderers(swarm);
            List<Future<?>> running = publishWithoutPause(publications);
            swarm.run(() -> wanderers.forEach(Wanderer::come));
            await().atMost(PATIENCE)
                    .until(() -> failed(swarm, wanderers) || delivered(swarm, wanderers) >= DELIVERIES / 5);
            finish(running);
            swarm.run(() -> wanderers.forEach(Wanderer::stayAway));
            first.signal("KILL");
            first.status();
            await().atMost(PATIENCE).until(() -> swarm.sockets() == 0);

            swarm.check();
            swarm.run(() -> wanderers.forEach(one -> {
                List<Event> expected = publications.after(place(one.start), one::reads);
                checkEqual(one, expected.subList(0, Math.min(one.events.size(), expected.size())));
            }));
            publishing = true;
            try (HibikiProcess second = HibikiProcess.start("serve", "--port", "" + port, "--logging-level", "warn")) {
                Publications anew = new Publications(second.uri());
                List<Future<?>> again = publishWithoutPause(anew);
                swarm.run(() -> wanderers.forEach(Wanderer::comeToOtherLife));
                await().atMost(PATIENCE)
                        .until(() -> failed(swarm, wanderers) || delivered(swarm, wanderers) >= DELIVERIES / 5);
                swarm.run(() -> wanderers.forEach(Wanderer::settle));
                finish(again);

                awaitAndCheck(swarm, wanderers, anew);
                EventId firstOfAll = anew.after(place(wanderers.get(0).start), (channel, place) -> true)
                        .get(0)
                        .place();
                assertThat(wanderers).allMatch(one -> place(one.start).isBefore(firstOfAll));
                assertThat(second.err()).isEmpty();
            }
        }
    }

    // ---- who reads

    private List<Wanderer> wanderers(StreamSwarm swarm) {
        List<Wanderer> all = new ArrayList<>();
        for (int i = 0; i < STREAMS; i++) {
            String clientId = i % 4 == 3 ? "chosen-by-the-client-" + (1000 + i) : "";
            String user = "u" + i % 2;
            boolean ofUser = i % 3 == 0;
            String query = "?username=n" + (ofUser ? "&userId=" + user : "");
            String target = switch (i % 5) {
                case 0 -> "/api/events" + query + "&channel=prices/a";
                case 1 -> "/api/events/prices/b" + query;
                case 2 -> "/api/events" + query + "&channel=prices/a&channel=prices/b";
                case 3 -> "/api/events" + query + "&channel=prices/*&channel=prices/a";
                default -> "/api/events" + query + "&channel=prices/**";
            };
            boolean a = i % 5 != 1;
            boolean b = i % 5 != 0;
            all.add(new Wanderer(
                    swarm,
                    target,
                    clientId,
                    channel -> switch (channel) {
                        case "prices/a" -> a;
                        case "prices/b" -> b;
                        case "broadcast" -> true;
                        default -> ofUser && channel.equals("user/" + user);
                    },
                    seed + i));
        }
        return all;
    }

    /** Adds a channel to each client with an id of its own choice, in one of the moments when it is there. */
    private static void subscribeLive(Publications publications, List<Wanderer> wanderers) {
        for (Wanderer one : wanderers) {
            if (!one.clientId.isEmpty()) {
                EventId from = await().atMost(PATIENCE)
                        .until(() -> publications.subscribe(one.clientId, "late/news"), Objects::nonNull);
                one.added("late/news", Objects.requireNonNull(from));
            }
        }
    }

    // ---- what is published

    private List<Future<?>> publishWithoutPause(Publications publications) {
        Random random = new Random(seed);
        return List.of(
                start(() -> publications.publish(pick(random), texts(random, 1 + random.nextInt(6)))),
                start(() -> publications.publish("noise/loud", texts(new Random(seed), 10))),
                start(() -> publications.publish("late/news", texts(new Random(seed), 3))),
                start(() -> {
                    publications.notifyUser("u" + publications.count() % 2, "for you, " + publications.count());
                    return true;
                }));
    }

    private Future<?> start(Callable<?> publish) {
        return publishers.submit(() -> {
            while (publishing) {
                publish.call();
            }
            return true;
        });
    }

    private static String pick(Random random) {
        int n = random.nextInt(20);
        return n == 0 ? "broadcast" : n % 2 == 0 ? "prices/a" : "prices/b";
    }

    private static List<String> texts(Random random, int count) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            texts.add(
                    random.nextInt() + (random.nextInt(10) == 0 ? "\nid: 7\n" : " ") + "x".repeat(random.nextInt(99)));
        }
        return texts;
    }

    private void finish(List<Future<?>> running) throws Exception {
        publishing = false;
        for (Future<?> one : running) {
            one.get(30, TimeUnit.SECONDS);
        }
    }

    // ---- what must have come

    private static int delivered(StreamSwarm swarm, List<Wanderer> wanderers) {
        return swarm.ask(
                () -> wanderers.stream().mapToInt(one -> one.events.size()).sum());
    }

    private static boolean failed(StreamSwarm swarm, List<Wanderer> wanderers) {
        swarm.check();
        return swarm.ask(() -> wanderers.stream().anyMatch(one -> !one.problems.isEmpty()));
    }

    /** Publishing is over: waits until each stream has the last event that is for it, then compares all that each has got. */
    private void awaitAndCheck(StreamSwarm swarm, List<Wanderer> wanderers, Publications publications) {
        await().atMost(PATIENCE).until(() -> swarm.ask(() -> wanderers.stream().allMatch(one -> one.start != null)));
        List<List<Event>> expected = new ArrayList<>();
        wanderers.forEach(one -> expected.add(publications.after(place(one.start), one::reads)));
        await().atMost(PATIENCE).until(() -> failed(swarm, wanderers) || swarm.ask(() -> allCame(wanderers, expected)));
        swarm.run(() -> {
            for (int i = 0; i < wanderers.size(); i++) {
                checkEqual(wanderers.get(i), expected.get(i));
            }
        });
        swarm.check();
    }

    private static boolean allCame(List<Wanderer> wanderers, List<List<Event>> expected) {
        for (int i = 0; i < wanderers.size(); i++) {
            List<Event> events = expected.get(i);
            if (!wanderers.get(i).lastId().equals(events.get(events.size() - 1).id())) {
                return false;
            }
        }
        return true;
    }

    /** Says where a sequence differs rather than show thousands of events. */
    private void checkEqual(Wanderer one, List<Event> expected) {
        assertThat(one.problems).as("seed %d", seed).isEmpty();
        for (int i = 0; i < Math.min(expected.size(), one.events.size()); i++) {
            assertThat(one.events.get(i)).as("event %d of seed %d", i, seed).isEqualTo(expected.get(i));
        }
        assertThat(one.events).as("seed %d", seed).hasSameSizeAs(expected);
    }

    private static EventId place(@Nullable String id) {
        return Objects.requireNonNull(EventId.parse(Objects.requireNonNull(id)));
    }
}
