// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import java.util.ArrayDeque;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a shard that wait for the log. Each waits for one answer and then stands at the end again, so thousands that
 * are far behind get on together; few are asked at once, so that what was read and not yet written stays little.
 *
 * <p>Belongs to the loop; the log is asked on the {@link LogReaders}.
 */
final class PendingReads {

    /** How many reads of the log a shard has under way at most. */
    private static final int MAX_UNDER_WAY = 8;

    private record Pending<T>(HubStream stream, Supplier<Callable<T>> question, Consumer<T> answer) {}

    private final Shard shard;
    private final LogReaders readers;
    private final ArrayDeque<Pending<?>> line = new ArrayDeque<>();
    private int underWay;

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
        line.add(new Pending<>(stream, question, answer));
        next();
    }

    private void next() {
        Pending<?> pending;
        while (underWay < MAX_UNDER_WAY && (pending = line.poll()) != null) {
            if (pending.stream().state != HubStream.State.ENDED) {
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
        if (pending.stream().state != HubStream.State.ENDED) {
            if (failure == null) {
                pending.answer().accept(answer);
            } else {
                pending.stream()
                        .end(EndReason.FAILED); // its client comes back with its last id; nothing is lost but time
            }
        }
        next();
    }

    boolean isEmpty() {
        return line.isEmpty() && underWay == 0;
    }

    void close() {
        line.clear();
    }
}
