// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/** Publishes {@link Numbered} events on a channel, each after the one before was answered. One thread at a time. */
final class NumberedPublisher implements AutoCloseable {

    private static final JsonMapper JSON = new JsonMapper();

    private final PublishConnection connection;
    private final String channel;
    private final String fill;
    private final AtomicInteger published = new AtomicInteger();

    NumberedPublisher(int port, String channel, int fillBytes) throws IOException {
        this.connection = new PublishConnection(port);
        this.channel = channel;
        this.fill = "x".repeat(fillBytes);
    }

    /** How many were published, which is the number of the next. Any thread. */
    int published() {
        return published.get();
    }

    /** Publishes one batch; returns its ids. */
    List<String> publish(int count) throws IOException {
        ArrayNode batch = JSON.createArrayNode();
        for (int i = 0; i < count; i++) {
            batch.addObject().put("channel", channel).put("data", Numbered.data(published() + i, fill));
        }
        PublishConnection.Answer answer = connection.post("/api/publish", batch.toString());
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        published.addAndGet(count);
        return DoggedPublisher.ids(answer.body());
    }

    /** Publishes one after the other at a rate, until a certain number were published in all or the thread is interrupted. */
    void publishSteadily(int perSecond, int until) throws IOException {
        long start = System.nanoTime();
        int before = published();
        try {
            // Asked here too, because one that is late does not sleep.
            while (published() < until && !Thread.currentThread().isInterrupted()) {
                long due = TimeUnit.SECONDS.toNanos(published() - before) / perSecond;
                TimeUnit.NANOSECONDS.sleep(due - (System.nanoTime() - start));
                publish(1);
            }
        } catch (InterruptedException enough) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        connection.close();
    }
}
