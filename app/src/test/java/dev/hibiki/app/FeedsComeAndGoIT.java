// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Clients of feeds of their own come and go a thousand times: each going is noticed within a second, and no timer stays. */
class FeedsComeAndGoIT {

    private static final int WAVES = 10;
    private static final int WAVE = 100;
    private static final String FEED = "/events/custom?interval=0.1";
    private static final Pattern CLOSED = Pattern.compile(
            ".*GET /events/custom\\?interval=0\\.1 HTTP/1\\.1 stream closed: the client has gone, after \\d+ ms");
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final class Counter implements StreamSwarm.Reader {
        int events;

        @Override
        public void onEvent(SwarmStream stream, String type, String data, String lastEventId) {
            events++;
        }
    }

    @Test
    void eachGoingIsNoticed_andNoTimerStays() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0");
                StreamSwarm swarm = new StreamSwarm(hibiki.uri())) {
            Footprint server = new Footprint(hibiki);
            comeAndGo(hibiki, swarm, 1);
            Map<String, Long> before = server.heap().instances();

            for (int wave = 2; wave <= 1 + WAVES; wave++) {
                comeAndGo(hibiki, swarm, wave);
            }

            await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(1)).untilAsserted(() -> {
                Map<String, Long> grown = new TreeMap<>(server.heap().instances());
                grown.keySet()
                        .removeIf(name -> !name.startsWith("dev.hibiki.") && !name.contains("ScheduledFutureTask"));
                grown.replaceAll((name, instances) -> instances - before.getOrDefault(name, 0L));
                grown.values().removeIf(more -> more < WAVE / 10);
                assertThat(grown).isEmpty();
            });
            swarm.check();
            assertThat(hibiki.err()).noneMatch(line -> line.contains("LEAK") || line.contains("ERROR"));
        }
    }

    /** One wave: some leave before their first event, some after it, by FIN and by RST. */
    private static void comeAndGo(HibikiProcess hibiki, StreamSwarm swarm, int wave) {
        List<Counter> counters = new ArrayList<>();
        swarm.run(() -> {
            for (int i = 0; i < WAVE; i++) {
                Counter counter = new Counter();
                counters.add(counter);
                swarm.open(FEED, Map.of(), counter);
            }
        });
        int events = wave % 3;
        await().atMost(PATIENCE)
                .until(() -> opened(hibiki) == (long) wave * WAVE
                        && swarm.ask(() -> counters.stream().allMatch(one -> one.events >= events)));
        swarm.run(() -> swarm.leaveAll(n -> n % 2 == 0 ? SwarmStream.Breaking.FIN : SwarmStream.Breaking.RST));
        await().atMost(PATIENCE).until(() -> closed(hibiki) == (long) wave * WAVE);
        await().atMost(PATIENCE).until(() -> swarm.sockets() == 0);
    }

    private static long opened(HibikiProcess hibiki) {
        return hibiki.err().stream()
                .filter(line -> line.endsWith(" 200 stream opened"))
                .count();
    }

    private static long closed(HibikiProcess hibiki) {
        return hibiki.err().stream()
                .filter(line -> CLOSED.matcher(line).matches())
                .count();
    }
}
