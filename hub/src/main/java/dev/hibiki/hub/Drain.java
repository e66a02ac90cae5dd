// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.event.EventEncoder;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Ends the streams of a shard gently: one after the other in random order, spread evenly over a time, each told to come back after a delay
 * of its own. So neither this server, nor the one that takes over, nor a proxy between them has all of them at once.
 *
 * <p>Stream {@code i} of {@code n} ends when {@code i/n} of the time has gone by, the first at once. A stream that takes no
 * bytes is not told, but still ended. Belongs to the loop, and is one timer whatever the number of streams.
 */
final class Drain {

    /** How often it checks which streams are to end, instead of setting a timer for each of thousands. */
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final int MIN_RETRY_MILLIS = 1_000;
    static final int MAX_RETRY_MILLIS = 60_000;

    private final Shard shard;
    private final List<HubStream> streams;
    private final long overNanos;
    private final Random random;
    private final long startNanos;
    private int ended;

    private Drain(Shard shard, Duration over, Random random) {
        this.shard = shard;
        this.streams = shard.keepAlive.all();
        this.overNanos = Math.max(1, over.toNanos());
        this.random = random;
        this.startNanos = shard.loop.ticker().nanoTime();
        Collections.shuffle(streams, random);
    }

    /** Starts to end the streams that are open. */
    static void start(Shard shard, Duration over, Random random) {
        new Drain(shard, over, random).step();
    }

    private void step() {
        long passed = shard.loop.ticker().nanoTime() - startNanos;
        while (ended < streams.size() && turnOf(ended) <= passed) {
            end(streams.get(ended++), random);
        }
        if (ended < streams.size() && !shard.loop.isShuttingDown()) {
            long wait = Math.max(STEP_NANOS, turnOf(ended) - passed);
            var unused = shard.loop.schedule(this::step, wait, TimeUnit.NANOSECONDS);
        }
    }

    /** When a stream's turn comes, in nanoseconds from the start. */
    private long turnOf(int index) {
        return (long) ((double) overNanos * index / streams.size());
    }

    /** Ends one stream, with a reconnection time as its last word. */
    static void end(HubStream stream, Random random) {
        if (stream.state == HubStream.State.ENDED) {
            return;
        }
        if (stream.takes()) {
            int millis = MIN_RETRY_MILLIS + random.nextInt(MAX_RETRY_MILLIS - MIN_RETRY_MILLIS + 1);
            stream.writeAlone(EventEncoder.retry(Duration.ofMillis(millis)));
        }
        stream.end(EndReason.DRAINING);
    }
}
