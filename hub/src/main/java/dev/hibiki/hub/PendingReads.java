// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayDeque;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a shard that wait for the log. Each gets one answer and then goes to the end of the line, so thousands that
 * are far behind make progress together; only a few reads run at once, so that little is read and not yet written.
 *
 * <p>While the log cannot be read, streams stay open and wait: one of them tries after a second, then after twice as long each time,
 * and when it is answered all go on. Only a stream that has not begun, because it is not known whether its place can be believed, does
 * not wait for ever: it is ended, and its client may come back to a hub that can answer.
 *
 * <p>Belongs to the loop; the log is asked on the {@link LogReaders}.
 */
final class PendingReads {

    /** How many reads of the log a shard has under way at most. */
    private static final int MAX_UNDER_WAY = 8;

    private static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(15);

    /** How long a stream waits for its beginning. */
    private static final long BEGINNING_NANOS = TimeUnit.SECONDS.toNanos(30);

    private record Pending<T>(HubStream stream, Supplier<Callable<T>> question, Consumer<T> answer, long sinceNanos) {

        boolean isOver() {
            return stream.state == HubStream.State.ENDED;
        }
    }

    private final Shard shard;
    private final LogReaders readers;
    private final ArrayDeque<Pending<?>> line = new ArrayDeque<>();
    private int underWay;

    /** How long the last pause was, or 0 while as far as we know the log can be read. */
    private long pauseNanos;

    /** The end of the present pause, or null. */
    private @Nullable ScheduledFuture<?> pause;

    PendingReads(Shard shard, LogReaders readers) {
        this.shard = shard;
        this.readers = readers;
    }

    /**
     * Puts a stream in line; it is {@link HubStream.State#READING} until it is answered.
     *
     * @param question makes what the log is asked, on the loop, when the stream's turn has come; it may block
     * @param answer takes the answer, on the loop, unless the stream has ended
     */
    <T> void add(HubStream stream, Supplier<Callable<T>> question, Consumer<T> answer) {
        stream.state = HubStream.State.READING;
        line.add(new Pending<>(stream, question, answer, now()));
        next();
    }

    private void next() {
        int most = pauseNanos == 0 ? MAX_UNDER_WAY : 1;
        Pending<?> pending;
        while (pause == null && underWay < most && (pending = line.poll()) != null) {
            if (!pending.isOver()) {
                ask(pending);
            }
        }
    }

    private <T> void ask(Pending<T> pending) {
        underWay++;
        shard.tally.logRead();
        var unused = readers.ask(pending.question().get())
                .whenCompleteAsync((answer, failure) -> answered(pending, answer, failure), shard.loop);
    }

    private <T> void answered(Pending<T> pending, T answer, @Nullable Throwable failure) {
        underWay--;
        if (failure != null) {
            line.addFirst(pending);
            endWhoWaitedTooLong();
            pauseBeforeNext();
        } else {
            pauseNanos = 0;
            if (!pending.isOver()) {
                pending.answer().accept(answer);
            }
        }
        next();
    }

    // ---- while the log cannot be read

    private void pauseBeforeNext() {
        if (pause == null && !shard.loop.isShuttingDown()) {
            pauseNanos = pauseNanos == 0 ? FIRST_PAUSE_NANOS : Math.min(2 * pauseNanos, LONGEST_PAUSE_NANOS);
            pause = shard.loop.schedule(this::tryAgain, pauseNanos, TimeUnit.NANOSECONDS);
        }
    }

    private void tryAgain() {
        pause = null;
        next();
    }

    private void endWhoWaitedTooLong() {
        long now = now();
        line.removeIf(pending -> {
            if (!pending.stream().greeted && now - pending.sinceNanos() >= BEGINNING_NANOS) {
                pending.stream()
                        .end(EndReason.FAILED); // its client comes back with its last id; nothing is lost but time
            }
            return pending.isOver();
        });
    }

    private long now() {
        return shard.loop.ticker().nanoTime();
    }

    boolean isEmpty() {
        return line.isEmpty() && underWay == 0;
    }

    void close() {
        line.clear();
        if (pause != null) {
            pause.cancel(false);
        }
    }
}
