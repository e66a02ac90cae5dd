// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.EndReason;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** How an embedded server begins and how it ends. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StartingAndClosingIT {

    private final HibikiServer server = HibikiServer.start(config -> config.port(0));

    @AfterAll
    void close() {
        server.close();
    }

    @Test
    void closingEndsStreamsInOrder_andLeavesNoThread() throws IOException {
        var reasons = new CopyOnWriteArrayList<EndReason>();
        long before = threads();
        HibikiServer other = HibikiServer.start(config -> config.port(0).stream("/feed", stream -> {
            stream.onClose(reasons::add);
            stream.nowAndEvery(Duration.ofMillis(10), () -> SseEvent.of("x"));
        }));
        try (RawClient client = RawClient.connect(other.port())) {
            client.get("/feed").head();
            client.chunksUntil("data: x\n\n");
            var closing = new Thread(other::close);
            closing.start();
            client.chunksToEnd();
            assertThat(client.toEnd()).isEmpty();
            await().until(() -> !closing.isAlive());
        }
        assertThat(reasons).containsExactly(EndReason.STOPPING);
        await().until(() -> threads() <= before);
        other.close();
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("hibiki-"))
                .count();
    }

    @Test
    void aPortInUseIsToldInOneLine() {
        assertThatExceptionOfType(ServerStartException.class)
                .isThrownBy(() -> HibikiServer.start(config -> config.port(server.port())))
                .satisfies(refused -> assertThat(refused.problems())
                        .singleElement()
                        .asString()
                        .startsWith("port: " + server.port()));
    }

    @Test
    void allBadSettingsAreToldAtOnce() {
        assertThatExceptionOfType(ServerStartException.class)
                .isThrownBy(() -> HibikiServer.start(config -> config.port(70_000)
                        .bind("0.0.0.0")
                        .transport("carrier-pigeon")
                        .limitsBody(0)
                        .streamHeartbeat(Duration.ZERO)))
                .satisfies(refused -> assertThat(refused.problems())
                        .hasSize(5)
                        .contains(
                                "port: 70000 (expected: 0 to 65535)",
                                "transport: carrier-pigeon (expected: auto, io_uring, epoll or nio)",
                                "limits.body: 0 (expected: 1 to 67108864)")
                        .anyMatch(line -> line.startsWith("bind: 0.0.0.0 (expected: a loopback address, or insecure")));
    }
}
