// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** Counts the open streams and keeps their number within its limit. Any thread. */
final class OpenStreams {

    private final int limit;
    private final AtomicBoolean stopping;
    private final AtomicInteger count = new AtomicInteger();
    private final LongAdder refused = new LongAdder();

    OpenStreams(int limit, AtomicBoolean stopping) {
        this.limit = limit;
        this.stopping = stopping;
    }

    /** Takes a place, or returns false if there is none. */
    boolean enter() {
        if (stopping.get()) {
            return false;
        }
        if (count.incrementAndGet() > limit) {
            count.decrementAndGet();
            return false;
        }
        return true;
    }

    /** Whether there is a place now; it may be gone by the time that it is taken. */
    boolean hasRoom() {
        return !stopping.get() && count.get() < limit;
    }

    void leave() {
        count.decrementAndGet();
    }

    /** Counts a stream that was refused. */
    void refuse() {
        refused.increment();
    }

    /** How many streams were refused; only grows. */
    long refused() {
        return refused.sum();
    }

    int count() {
        return count.get();
    }
}
