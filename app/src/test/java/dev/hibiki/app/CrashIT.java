// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.app.DoggedPublisher.Manner;
import dev.hibiki.app.Ledger.Letter;
import dev.hibiki.app.Publications.Event;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The server is killed again and again while many publish and many read, and nothing that was acknowledged is lost.
 *
 * <p>Publishers of all manners go on through every death, and so do the streams, each from its last id. Now and then all publishers
 * rest and a page of the story is read: what the log holds, as a stream of everything tells it, is held against what the publishers were
 * answered (see {@link Ledger}), and against what each stream has got, which must be all that is for it, once, in the log's
 * order, with no gap told. In the end the log is read once more from its beginning, and must still tell the same story.
 *
 * <p>A longer run: {@code -Dhibiki.kills=500}. The seed is printed; with {@code -Dhibiki.seed=N} the same is published, the streams
 * break off after the same events, and the kills come after the same times. What the server is about at such a time is its own.
 */
class CrashIT {

    private static final int KILLS = Integer.getInteger("hibiki.kills", 20);
    private static final int KILLS_A_PAGE = 10;
    private static final int STREAMS = 80;
    private static final int PUBLISHERS = 18;
    private static final int DELIVERIES = 20_000;

    /** A JVM that lives for a second or two does best not to optimise, and has no use for a leak detector. */
    private static final List<String> SHORT_LIVED =
            List.of("-XX:TieredStopAtLevel=1", "-Dio.netty.leakDetection.level=disabled");

    private final long seed = Long.getLong("hibiki.seed", System.nanoTime() & 0xff_ffff);
    private final Random schedule = new Random(seed);
    private final Ledger ledger = new Ledger();
    private final List<DoggedPublisher> publishers = new ArrayList<>();
    private MortalServer server;
    private StreamSwarm swarm;
    private Crowd crowd;

    @BeforeEach
    void begin(@TempDir Path folder) throws IOException {
        server = new MortalServer(
                folder.resolve("data"), SHORT_LIVED, "--log-max-bytes", "20GB", "--log-max-entries", "100000000");
        swarm = new StreamSwarm(server.uri());
        crowd = new Crowd(swarm, STREAMS, seed);
        server.start();
    }

    @AfterEach
    void end() throws IOException, InterruptedException {
        for (DoggedPublisher publisher : publishers) {
            publisher.end();
        }
        swarm.close();
        server.close();
    }

    @Test
    void whatWasAcknowledgedReachesEveryStreamOnce_inOrder_howeverOftenTheServerIsKilled() throws Exception {
        System.out.printf("%d kills, seed %d%n", KILLS, seed);
        String birth = LogReading.end(swarm);
        List<Page> story = new ArrayList<>();
        crowd.each(Wanderer::come);
        publish();
        while (server.kills() < KILLS) {
            String begins =
                    story.isEmpty() ? birth : story.get(story.size() - 1).ends();
            int pageEnds = Math.min(KILLS, server.kills() + KILLS_A_PAGE);
            while (server.kills() < pageEnds) {
                Death.next(schedule).comeTo(server, ledger, schedule);
            }
            story.add(checkPage(begins));
            if (server.kills() < KILLS) {
                turnPage();
            }
        }
        for (Page page : story) {
            assertThat(LogReading.between(swarm, page.begins(), page.ends()).hashCode())
                    .as("what was the log's at first, from %s to %s", page.begins(), page.ends())
                    .isEqualTo(page.hash());
        }
    }

    /** A part of the log, as it was first read. */
    private record Page(String begins, String ends, int hash) {}

    @Test
    void whenItsLogIsLostEachStreamThatReturnsIsToldFirst_andThenMissesNothing() throws Exception {
        String birth = LogReading.end(swarm);
        crowd.each(Wanderer::come);
        publish();
        crowd.awaitDelivered(DELIVERIES);
        checkPage(birth);

        crowd.each(Wanderer::stayAway);
        server.killAndLoseData();
        ledger.turnPage();
        server.start();
        String rebirth = LogReading.end(swarm);
        crowd.each(Wanderer::comeToOtherLife);
        publishers.forEach(DoggedPublisher::goOn);
        crowd.awaitDelivered(DELIVERIES);
        checkPage(rebirth);
        crowd.each(one -> assertThat(one.start).isEqualTo(rebirth));
    }

    /** How the server comes to its end, and to its next life. */
    private enum Death {
        UNDER_LOAD {
            @Override
            void comeTo(MortalServer server, Ledger ledger, Random when) throws IOException, InterruptedException {
                TimeUnit.MILLISECONDS.sleep(when.nextInt(1_200));
                server.kill();
                server.start();
            }
        },
        AT_A_PROMISE {
            @Override
            void comeTo(MortalServer server, Ledger ledger, Random when) throws IOException, InterruptedException {
                TimeUnit.MILLISECONDS.sleep(when.nextInt(1_200));
                ledger.awaitPromise();
                server.kill();
                server.start();
            }
        },
        WHILE_IT_STARTS {
            @Override
            void comeTo(MortalServer server, Ledger ledger, Random when) throws IOException, InterruptedException {
                TimeUnit.MILLISECONDS.sleep(when.nextInt(600));
                server.kill();
                server.spawn();
                TimeUnit.MILLISECONDS.sleep(when.nextInt(1_500));
                server.kill();
                server.start();
            }
        },
        WHILE_IT_DRAINS {
            @Override
            void comeTo(MortalServer server, Ledger ledger, Random when) throws IOException, InterruptedException {
                TimeUnit.MILLISECONDS.sleep(when.nextInt(600));
                server.life().signal("TERM");
                TimeUnit.MILLISECONDS.sleep(when.nextInt(500));
                server.kill();
                server.start();
            }
        };

        abstract void comeTo(MortalServer server, Ledger ledger, Random when) throws IOException, InterruptedException;

        static Death next(Random schedule) {
            int n = schedule.nextInt(10);
            return n < 3 ? UNDER_LOAD : n < 6 ? AT_A_PROMISE : n < 8 ? WHILE_IT_STARTS : WHILE_IT_DRAINS;
        }
    }

    private void publish() {
        Manner[] manners = Manner.values();
        for (int i = 0; i < PUBLISHERS; i++) {
            publishers.add(
                    new DoggedPublisher(server.port(), i, manners[i % manners.length], ledger, seed * PUBLISHERS + i));
        }
    }

    /** Lets all come to rest; what was told to publishers and to streams must be what the log holds. */
    private Page checkPage(String begins) throws IOException, InterruptedException {
        for (DoggedPublisher publisher : publishers) {
            publisher.rest();
        }
        crowd.each(Wanderer::settle);
        String ends = tellEveryone("after " + server.kills() + " kills");
        List<Event> page = LogReading.between(swarm, begins, ends);
        ledger.check(page);
        Map<String, String> channels = ledger.channels();
        crowd.awaitAndCheck(one -> page.stream()
                .filter(event -> event.place().isAfter(Crowd.place(one.start))
                        && one.reads(Objects.requireNonNull(channels.get(event.data())), event.place()))
                .toList());
        System.out.printf(
                "%d kills: %d acknowledged, %d in doubt, %d events in the log, %d delivered to %d streams in %d visits%n",
                server.kills(),
                ledger.acknowledged(),
                ledger.inDoubt(),
                page.size(),
                crowd.delivered(),
                STREAMS,
                crowd.visits());
        assertThat(server.life().err()).isEmpty();
        return new Page(begins, ends, page.hashCode());
    }

    /** What was checked need not be kept; all go on. */
    private void turnPage() {
        ledger.turnPage();
        crowd.each(Wanderer::turnPage);
        publishers.forEach(DoggedPublisher::goOn);
    }

    /** Publishes to every stream that there is; returns the id. */
    private String tellEveryone(String data) throws IOException {
        Ledger.Parcel parcel = ledger.sending(PUBLISHERS, List.of(new Letter("broadcast", "message", data, null)));
        try (PublishConnection connection = new PublishConnection(server.port())) {
            String answer = connection
                    .post("/api/broadcast", "{\"data\":\"" + data + "\"}")
                    .body();
            List<String> ids = DoggedPublisher.ids(answer);
            ledger.acknowledged(parcel, ids);
            return ids.get(0);
        }
    }
}
