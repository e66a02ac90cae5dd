// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.StreamRequest.Greeting;
import dev.hibiki.log.MemoryLog;
import dev.hibiki.log.Retention;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A hub on its own threads and two loops, which publishers from two threads use at once. */
class HubThreadsTest {

    private record Opened(HubStream stream, RecordedOutlet outlet, EventExecutor loop) {
        List<String> data() {
            return CompletableFuture.supplyAsync(() -> outlet.data("message"), loop)
                    .join();
        }
    }

    @Test
    void streamsOnAllLoopsGetTheSameInTheSameOrder_andNothingIsLeftBehind() throws Exception {
        var group = new DefaultEventExecutorGroup(2, new DefaultThreadFactory("hibiki-loop"));
        var loops = new ArrayList<EventExecutor>();
        group.forEach(loops::add);
        var log = MemoryLog.create(Retention.DEFAULT);
        Hub hub = Hub.start(log, loops, HubSettings.DEFAULT);
        try {
            var streams = new ArrayList<Opened>();
            for (int i = 0; i < 10; i++) {
                streams.add(open(hub, loops.get(i % 2), i < 8 ? null : "5-0-1"));
            }
            int each = 2000;
            var publishers = IntStream.range(0, 2)
                    .mapToObj(p -> CompletableFuture.runAsync(() -> {
                        for (int i = 0; i < each; i++) {
                            hub.publish("news", SseEvent.of(p + ":" + i)).join();
                        }
                    }))
                    .toList();
            publishers.forEach(CompletableFuture::join);
            Awaitility.await()
                    .until(() ->
                            streams.stream().allMatch(stream -> stream.data().size() == 2 * each));
            List<String> order = streams.get(0).data();
            streams.forEach(stream -> assertThat(stream.data()).isEqualTo(order));
            for (int p = 0; p < 2; p++) {
                String from = p + ":";
                assertThat(order.stream().filter(data -> data.startsWith(from)))
                        .isEqualTo(
                                IntStream.range(0, each).mapToObj(i -> from + i).toList());
            }
            hub.close();
            streams.forEach(stream -> assertThat(stream.outlet().ended).isEqualTo(EndReason.STOPPING));
            assertThat(hub.openStreams()).isZero();
        } finally {
            hub.close();
            log.close();
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).await();
        }
    }

    private static Opened open(Hub hub, EventExecutor loop, @Nullable String lastEventId) {
        var outlet = new RecordedOutlet();
        var request = TestHub.request(Greeting.CONNECTED, null, null, lastEventId, "news");
        HubStream stream = CompletableFuture.supplyAsync(() -> hub.open(loop, request, outlet), loop)
                .join();
        return new Opened(stream, outlet, loop);
    }
}
