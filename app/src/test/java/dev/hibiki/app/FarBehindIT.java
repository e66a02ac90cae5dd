// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.app.Numbered.Latencies;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers that are away for far more events than memory holds get all of them from the file, in order and without a gap: one that did
 * not read its socket, one that comes back with its last id, one that asks for what came since an id. The process takes no more
 * memory for it.
 *
 * <p>The VM has the options with which {@code ./hibiki} starts it: a heap that is resident from the start, because one that grows into
 * whatever the machine has before it is collected says nothing by its growth.
 */
class FarBehindIT {

    private static final int WARM_UP = 40_000;
    private static final int MISSED = 200_000;
    private static final int BATCH = 500;
    private static final int FILL_BYTES = 150;
    private static final int RECEIVE_BUFFER = 2048;
    private static final long MEMORY_SLACK = 64L << 20;
    private static final String TARGET = "/api/events/news";
    private static final List<String> AS_STARTED_BY_THE_SCRIPT =
            List.of("-XX:+UseSerialGC", "-Xms192m", "-Xmn48m", "-XX:+AlwaysPreTouch");

    @TempDir
    Path folder;

    @Test
    void readersFarBehindGetEverythingFromTheFile_inOrder_andMemoryStays() throws Exception {
        try (MortalServer server = new MortalServer(
                folder.resolve("data"),
                AS_STARTED_BY_THE_SCRIPT,
                "--log-max-entries",
                "1000000",
                "--log-max-bytes",
                "1GB",
                "--stream-stall-limit",
                "1h")) {
            server.start();
            Footprint footprint = new Footprint(server.life());
            try (StreamSwarm swarm = new StreamSwarm(server.uri());
                    NumberedPublisher publisher = new NumberedPublisher(server.port(), "news", FILL_BYTES)) {
                Latencies latencies = new Latencies();
                Numbered.Reader live = new Numbered.Reader(0, latencies);
                Numbered.Reader stalled = new Numbered.Reader(0, latencies);
                Numbered.Reader returning = new Numbered.Reader(0, latencies);
                swarm.run(() -> swarm.open(TARGET, Map.of(), live));
                SwarmStream stalledStream = swarm.ask(() -> swarm.open(TARGET, Map.of(), RECEIVE_BUFFER, stalled));
                SwarmStream leavingStream = swarm.ask(() -> swarm.open(TARGET, Map.of(), returning));
                Numbered.awaitConnected(swarm, List.of(live, stalled, returning));
                publish(publisher, WARM_UP);
                Numbered.awaitExactly(swarm, List.of(live, stalled, returning), WARM_UP);

                swarm.run(stalledStream::stall);
                swarm.run(() -> leavingStream.leave(SwarmStream.Breaking.RST));
                String leftAt = swarm.ask(returning::lastId);
                long before = footprint.resident();
                publish(publisher, MISSED);
                Numbered.await(swarm, List.of(live), WARM_UP + MISSED);
                assertThat(swarm.ask(stalled::count)).isLessThan(WARM_UP + MISSED / 2);
                long published = footprint.peak() - before;

                long start = System.nanoTime();
                Numbered.Reader asking = new Numbered.Reader(WARM_UP, latencies);
                swarm.run(() -> {
                    stalledStream.resume();
                    swarm.open(TARGET, Map.of("Last-Event-ID", leftAt), returning);
                    swarm.open(TARGET + "?since=" + leftAt, Map.of(), asking);
                });
                Numbered.awaitExactly(swarm, List.of(stalled, returning, asking), WARM_UP + MISSED);
                long caughtUp = footprint.peak() - before;
                System.out.printf(
                        "%d events behind: caught up in %d ms; resident memory grew by at most %d KB while they were"
                                + " published, %d KB until they were read%n",
                        MISSED,
                        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start),
                        published >> 10,
                        caughtUp >> 10);
                assertThat(caughtUp).isLessThan(MEMORY_SLACK);
                assertThat(server.life().err()).isEmpty();
            }
        }
    }

    private static void publish(NumberedPublisher publisher, int events) throws IOException {
        for (int n = 0; n < events; n += BATCH) {
            publisher.publish(BATCH);
        }
    }
}
