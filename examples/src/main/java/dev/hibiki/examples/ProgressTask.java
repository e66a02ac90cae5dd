// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.examples;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.hibiki.hub.Hub;
import dev.hibiki.log.EventId;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Work that takes a while and tells how far it is.
 *
 * <p>It is a chain of publishes, each one a pause after the one before. So no thread waits, its events are in order, and it
 * ends by itself when the hub takes no more.
 *
 * @param clientId the client that is told; null for everyone
 */
record ProgressTask(Hub hub, String id, @Nullable String clientId) {

    private static final Logger LOG = LoggerFactory.getLogger(ProgressTask.class);

    record Progress(String taskId, int progress, String status) {}

    /**
     * Tells that it has started, and goes on by itself.
     *
     * @return the place before its first event: a stream that resumes after it reads the task from its beginning
     * @throws CompletionException if the hub does not take it, such as for a client that it does not know
     */
    EventId start(int steps, Duration pause) {
        EventId before = hub.end();
        tell(0, "started").join();
        Executor afterPause = CompletableFuture.delayedExecutor(pause.toNanos(), NANOSECONDS);
        CompletableFuture<?> last = tell(0, "processing");
        for (int step = 1; step <= steps; step++) {
            int progress = 100 * step / steps;
            last = last.thenComposeAsync(told -> tell(progress, "processing"), afterPause);
        }
        var unused = last.thenCompose(told -> tell(100, "completed")).whenComplete((told, failed) -> {
            if (failed != null) {
                LOG.info("task {} ended early: {}", id, failed.toString());
            }
        });
        return before;
    }

    private CompletableFuture<?> tell(int progress, String status) {
        var event = Json.event("progress", new Progress(id, progress, status));
        return clientId == null ? hub.broadcast(event) : hub.send(clientId, event);
    }
}
