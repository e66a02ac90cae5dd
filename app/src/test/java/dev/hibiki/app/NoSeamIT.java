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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Streams that come and go while there is publishing without pause: between what is replayed and what is live there is no seam, each
 * stream gets every event once and in order.
 */
class NoSeamIT {

    private static final int STREAMS = 120;
    private static final int DELIVERIES = 150_000;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final long seed = System.nanoTime();
    private final ExecutorService publishers = Executors.newCachedThreadPool();
    private volatile boolean publishing = true;

    @AfterEach
    void stopPublishing() throws InterruptedException {
        publishing = false;
        publishers.shutdown();
        assertThat(publishers.awaitTermination(2, TimeUnit.MINUTES)).isTrue();
    }

    @Test
    void everyStreamGetsEveryEventOnce_inOrder_howeverOftenItReturns() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0", "--logging-level", "warn");
                StreamSwarm swarm = new StreamSwarm(hibiki.uri())) {
            Publications publications = new Publications(hibiki.uri());
            Crowd crowd = new Crowd(swarm, STREAMS, seed);
            List<Future<?>> running = publishWithoutPause(publications);
            crowd.each(Wanderer::come);
            subscribeLive(publications, crowd.all);
            crowd.awaitDelivered(DELIVERIES);
            crowd.each(Wanderer::settle);
            finish(running);

            crowd.awaitAndCheck(one -> publications.after(Crowd.place(one.start), one::reads));
            System.out.printf(
                    "%d streams came %d times and got %d events, seed %d%n",
                    STREAMS, crowd.visits(), crowd.delivered(), seed);
            assertThat(crowd.all).allMatch(one -> one.visits > 3);
            assertThat(hibiki.err()).isEmpty();
        }
    }

    @Test
    void afterARestartEveryStreamThatReturnsIsToldFirst_andThenMissesNothing() throws Exception {
        int port;
        Crowd crowd;
        try (HibikiProcess first = HibikiProcess.start("serve", "--port", "0", "--logging-level", "warn");
                StreamSwarm swarm = new StreamSwarm(first.uri())) {
            port = first.uri().getPort();
            Publications publications = new Publications(first.uri());
            crowd = new Crowd(swarm, STREAMS, seed);
            List<Future<?>> running = publishWithoutPause(publications);
            crowd.each(Wanderer::come);
            crowd.awaitDelivered(DELIVERIES / 5);
            finish(running);
            crowd.each(Wanderer::stayAway);
            first.signal("KILL");
            first.status();
            await().atMost(PATIENCE).until(() -> swarm.sockets() == 0);

            swarm.check();
            crowd.each(one -> {
                List<Event> expected = publications.after(Crowd.place(one.start), one::reads);
                crowd.checkEqual(one, expected.subList(0, Math.min(one.events.size(), expected.size())));
            });
            publishing = true;
            try (HibikiProcess second = HibikiProcess.start("serve", "--port", "" + port, "--logging-level", "warn")) {
                Publications anew = new Publications(second.uri());
                List<Future<?>> again = publishWithoutPause(anew);
                crowd.each(Wanderer::comeToOtherLife);
                crowd.awaitDelivered(DELIVERIES / 5);
                crowd.each(Wanderer::settle);
                finish(again);

                crowd.awaitAndCheck(one -> anew.after(Crowd.place(one.start), one::reads));
                EventId firstOfAll = anew.after(Crowd.place(crowd.all.get(0).start), (channel, place) -> true)
                        .get(0)
                        .place();
                assertThat(crowd.all).allMatch(one -> Crowd.place(one.start).isBefore(firstOfAll));
                assertThat(second.err()).isEmpty();
            }
        }
    }

    // ---- who reads

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
            one.get(2, TimeUnit.MINUTES);
        }
    }
}
