// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes of bodies wait in memory, of all requests together. Each body is bounded, and so is their sum: otherwise
 * many publishers could fill the heap with bodies none of which is too large. Any thread.
 */
final class Bodies {

    private final long most;
    private final Refusals refusals;
    private final AtomicLong waiting = new AtomicLong();

    Bodies(long most, Refusals refusals) {
        this.most = most;
        this.refusals = refusals;
    }

    /** What one request has of it. One thread at a time. */
    final class Part {

        private long bytes;

        /** Takes some more, or returns false if too much waits already. */
        boolean take(int more) {
            if (waiting.addAndGet(more) > most) {
                waiting.addAndGet(-more);
                refusals.add(Refusals.Limit.BODIES);
                return false;
            }
            bytes += more;
            return true;
        }

        /** Gives all of it back. */
        void giveBack() {
            waiting.addAndGet(-bytes);
            bytes = 0;
        }
    }

    Part part() {
        return new Part();
    }

    /** 503 with {@code Retry-After}. */
    static HttpProblem full() {
        return Problems.unavailable("too many bytes of bodies are on their way (expected: at most limits.bodies)");
    }

    /** How many bytes wait now. */
    long waiting() {
        return waiting.get();
    }
}
