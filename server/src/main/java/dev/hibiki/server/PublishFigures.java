// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.UnknownClientException;
import dev.hibiki.log.KeyConflictException;
import dev.hibiki.log.LogUnavailableException;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** How publishing over HTTP goes: each event is counted by its outcome and, if there are meters, each call is timed. Any thread. */
final class PublishFigures {

    /** What became of an event. */
    enum Outcome {
        /** It is in the log, or was already under its key. */
        OK,
        /** The publisher's mistake. */
        REFUSED,
        /** Its key stands for another event. */
        CONFLICT,
        /** The log could not take it. */
        UNAVAILABLE,
        /** An error of ours. */
        FAILED;

        static Outcome of(@Nullable Throwable failure) {
            Throwable cause = failure == null ? null : Problems.unwrapped(failure);
            if (cause == null) {
                return OK;
            }
            if (cause instanceof HttpProblem problem) {
                return problem.status() < 500 ? REFUSED : UNAVAILABLE;
            }
            if (cause instanceof IllegalArgumentException || cause instanceof UnknownClientException) {
                return REFUSED;
            }
            if (cause instanceof KeyConflictException) {
                return CONFLICT;
            }
            return cause instanceof LogUnavailableException ? UNAVAILABLE : FAILED;
        }
    }

    private final Map<Outcome, LongAdder> events = new EnumMap<>(Outcome.class);
    private volatile @Nullable Timer timer;

    PublishFigures() {
        for (Outcome outcome : Outcome.values()) {
            events.put(outcome, new LongAdder());
        }
    }

    /** How many events had this outcome; only grows. */
    long count(Outcome outcome) {
        LongAdder count = events.get(outcome);
        return count == null ? 0 : count.sum();
    }

    /** Times each call from now on: from when it has been parsed to when its answer is known. */
    void time(Timer with) {
        timer = with;
    }

    /** Makes a call that publishes, and counts its outcome. */
    <T> CompletableFuture<T> watch(int count, Supplier<CompletableFuture<T>> call) {
        Timer with = timer;
        long start = with == null ? 0 : System.nanoTime();
        CompletableFuture<T> publishing;
        try {
            publishing = call.get();
        } catch (RuntimeException refused) {
            add(count, refused);
            throw refused;
        }
        return publishing.whenComplete((done, failure) -> {
            add(count, failure);
            if (with != null) {
                with.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
            }
        });
    }

    private void add(int count, @Nullable Throwable failure) {
        LongAdder adder = events.get(Outcome.of(failure));
        if (adder != null) {
            adder.add(count);
        }
    }
}
