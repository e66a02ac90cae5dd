// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Ten thousand streams on one process: a broadcast reaches all of them, and when they have gone nothing of them is left. */
class ManyStreamsIT {

    private static final int STREAMS = 10_000;

    /** Streams that are feeds of their own, each with a timer that is far from due. */
    private static final int FEEDS = 500;

    private static final int WAVE = 500;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** Instances of a class of ours, or of a connection or a timer, that may come and go while a server does nothing. */
    private static final long SLACK = 16;

    /** Some of a class of anybody's, such as pooled objects: far less than one for each stream. */
    private static final long FEW = STREAMS / 4;

    /** Kept for the next connection by Netty, some thousands for each thread at most. */
    private static final String POOLED = "io.netty.channel.ChannelOutboundBuffer$Entry";

    /** A stream that keeps what it is told. */
    private static final class Listener implements StreamSwarm.Reader {
        final List<String> data = new ArrayList<>();

        @Override
        public void onEvent(SwarmStream stream, String type, String text, String lastEventId) {
            data.add(text.startsWith("{\"type\":\"connected\"") ? "connected" : text);
        }
    }

    @Test
    void aBroadcastReachesAllOfThemOnce_andWhenTheyHaveGoneNothingIsLeft() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0", "--logging-level", "warn");
                StreamSwarm swarm = new StreamSwarm(hibiki.uri())) {
            Publications publications = new Publications(hibiki.uri());
            Footprint server = new Footprint(hibiki);
            visit(swarm, publications, WAVE, 10);
            awaitNoStream(swarm, publications);
            Footprint.Heap before = server.heap();
            long filesBefore = server.files();
            long residentBefore = server.resident();

            List<Listener> listeners = openAll(swarm, STREAMS, FEEDS);
            await().atMost(PATIENCE).until(() -> publications.streams() == STREAMS + FEEDS);
            System.out.printf(
                    "per idle stream: %d bytes of heap, %d of resident memory%n",
                    (server.heap().bytes() - before.bytes()) / (STREAMS + FEEDS),
                    (server.resident() - residentBefore) / (STREAMS + FEEDS));

            List<String> told = List.of("first", "second", "third");
            for (String text : told) {
                publications.publish("broadcast", List.of(text));
            }
            awaitAllTold(swarm, listeners, 1 + told.size());
            for (Listener one : listeners) {
                assertThat(one.data).containsExactly("connected", "first", "second", "third");
            }

            leaveAll(swarm);
            awaitNoStream(swarm, publications);
            await().atMost(PATIENCE).until(() -> server.files() <= filesBefore + SLACK);
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(
                                    grown(before.instances(), server.heap().instances()))
                            .isEmpty());

            visit(
                    swarm,
                    publications,
                    WAVE,
                    10); // buffers lost before the last collection are told at the next allocation
            awaitNoStream(swarm, publications);
            swarm.check();
            assertThat(hibiki.err()).isEmpty();
        }
    }

    private static void visit(StreamSwarm swarm, Publications publications, int streams, int feeds) throws Exception {
        List<Listener> listeners = openAll(swarm, streams, feeds);
        publications.publish("broadcast", List.of("hello"));
        awaitAllTold(swarm, listeners, 2);
        leaveAll(swarm);
    }

    /** Opens streams in waves, and feeds beside them; returns the listeners of those that are not feeds. */
    private static List<Listener> openAll(StreamSwarm swarm, int streams, int feeds) {
        List<Listener> listeners = new ArrayList<>();
        while (listeners.size() < streams) {
            swarm.run(() -> {
                for (int i = 0; i < WAVE; i++) {
                    Listener listener = new Listener();
                    listeners.add(listener);
                    swarm.open(target(listeners.size()), Map.of(), listener);
                }
            });
            awaitAllTold(swarm, listeners, 1);
        }
        swarm.run(() -> {
            for (int i = 0; i < feeds; i++) {
                swarm.open("/events/custom?interval=3600", Map.of(), new Listener());
            }
        });
        return listeners;
    }

    private static String target(int n) {
        return switch (n % 4) {
            case 0 -> "/api/events/quiet";
            case 1 -> "/api/events/room/" + n;
            case 2 -> "/api/events?channel=room/*&userId=u" + n;
            default -> "/api/events?channel=news&channel=room/" + n % 100;
        };
    }

    private static void awaitAllTold(StreamSwarm swarm, List<Listener> listeners, int events) {
        await().atMost(PATIENCE).until(() -> {
            swarm.check();
            return swarm.ask(() -> listeners.stream().allMatch(one -> one.data.size() >= events));
        });
    }

    private static void leaveAll(StreamSwarm swarm) {
        swarm.run(() -> swarm.leaveAll(n -> n % 2 == 0 ? SwarmStream.Breaking.FIN : SwarmStream.Breaking.RST));
    }

    private static void awaitNoStream(StreamSwarm swarm, Publications publications) {
        await().atMost(PATIENCE).until(() -> swarm.sockets() == 0 && publications.streams() == 0);
    }

    /** The classes of which there are more than before, beyond what a server needs that does nothing. */
    private static Map<String, Long> grown(Map<String, Long> before, Map<String, Long> after) {
        Map<String, Long> grown = new TreeMap<>();
        after.forEach((name, instances) -> {
            long more = instances - before.getOrDefault(name, 0L);
            boolean watched = name.startsWith("dev.hibiki.")
                    || (name.startsWith("io.netty.channel.") && !name.equals(POOLED))
                    || name.contains("ScheduledFutureTask");
            if (more > (watched ? SLACK : FEW)) {
                grown.put(name, more);
            }
        });
        return grown;
    }
}
