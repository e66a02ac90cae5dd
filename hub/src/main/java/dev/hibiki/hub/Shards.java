// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The shards of a hub, one for each loop, as long as it lives. Any thread; what is done to a shard is done on its loop. */
final class Shards {

    private static final Logger LOG = LoggerFactory.getLogger("dev.hibiki.hub");

    private final IdentityHashMap<EventExecutor, Shard> byLoop = new IdentityHashMap<>();
    private final List<Shard> all;

    Shards(List<? extends EventExecutor> loops, Function<EventExecutor, Shard> make) {
        loops.forEach(loop -> byLoop.put(loop, make.apply(loop)));
        all = List.copyOf(byLoop.values());
    }

    List<Shard> all() {
        return all;
    }

    /** @throws IllegalArgumentException if the hub was not started with that loop */
    Shard of(EventExecutor loop) {
        Shard shard = byLoop.get(loop);
        if (shard == null) {
            throw new IllegalArgumentException("loop: " + loop + " (expected: one that the hub was started with)");
        }
        return shard;
    }

    /** The head of the log has moved; once for each, however many entries came. */
    void wake() {
        for (Shard shard : all) {
            shard.wake();
        }
    }

    /** Complete when all streams that were open have ended. */
    CompletableFuture<Void> drain(Duration over, Random random) {
        return CompletableFuture.allOf(all.stream()
                .map(shard -> CompletableFuture.runAsync(() -> shard.drain(over, random), shard.loop)
                        .thenCompose(begun -> shard.drained))
                .toArray(CompletableFuture[]::new));
    }

    /** Returns when no stream is left. */
    void close() {
        for (Shard shard : all) {
            if (shard.loop.inEventLoop()) {
                shard.close(EndReason.STOPPING);
            } else {
                closeOnLoop(shard);
            }
        }
    }

    private static void closeOnLoop(Shard shard) {
        try {
            CompletableFuture.runAsync(() -> shard.close(EndReason.STOPPING), shard.loop)
                    .join();
        } catch (RejectedExecutionException stopped) {
            LOG.debug("a loop was stopped before the hub");
        }
    }
}
