// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Counts the open streams, and keeps their number within its limits: in all, of each user and from each address. Any thread. */
final class OpenStreams {

    private final int limit;
    private final Tally<String> byUser;
    private final Tally<Network> byAddress;
    private final Refusals refusals;
    private final AtomicBoolean stopping;
    private final AtomicInteger count = new AtomicInteger();
    private final LongAdder refused = new LongAdder();

    OpenStreams(int limit, Edge edge, AtomicBoolean stopping) {
        this.limit = limit;
        this.byUser = new Tally<>(edge.shares().streamsPerUser());
        this.byAddress = new Tally<>(edge.shares().streamsPerAddress());
        this.refusals = edge.refusals();
        this.stopping = stopping;
    }

    /** A stream's place among the open ones. */
    final class Place {

        private final @Nullable String user;
        private final @Nullable Network address;
        private boolean left; // on the stream's loop

        private Place(@Nullable String user, @Nullable Network address) {
            this.user = user;
            this.address = address;
        }

        /** Gives it up; once, however often it is called. */
        void leave() {
            if (left) {
                return;
            }
            left = true;
            count.decrementAndGet();
            if (user != null) {
                byUser.leave(user);
            }
            if (address != null) {
                byAddress.leave(address);
            }
        }
    }

    /**
     * Takes a place, or returns null if there is none.
     *
     * @param user the user whose stream it is, or null
     * @param address where it comes from, or null for one that speaks for others and is not counted
     */
    @Nullable
    Place enter(@Nullable String user, @Nullable Network address) {
        if (stopping.get()) {
            return null;
        }
        if (count.incrementAndGet() > limit) {
            return none(Refusals.Limit.STREAMS);
        }
        if (user != null && !byUser.enter(user)) {
            return none(Refusals.Limit.STREAMS_PER_USER);
        }
        if (address != null && !byAddress.enter(address)) {
            if (user != null) {
                byUser.leave(user);
            }
            return none(Refusals.Limit.STREAMS_PER_ADDRESS);
        }
        return new Place(user, address);
    }

    /**
     * Takes a place for a stream that is about to end another one of its client, whatever the limits say: soon there will be as many as
     * before. Null only when the server stops.
     */
    @Nullable
    Place takeOver(@Nullable String user, @Nullable Network address) {
        if (stopping.get()) {
            return null;
        }
        count.incrementAndGet();
        if (user != null) {
            byUser.enterAnyway(user);
        }
        if (address != null) {
            byAddress.enterAnyway(address);
        }
        return new Place(user, address);
    }

    private @Nullable Place none(Refusals.Limit met) {
        count.decrementAndGet();
        refusals.add(met);
        return null;
    }

    /** Whether there is a place now; it may be gone by the time somebody takes it. */
    boolean hasRoom() {
        boolean room = count.get() < limit;
        if (!room) {
            refusals.add(Refusals.Limit.STREAMS);
        }
        return room && !stopping.get();
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

    /** How many users and addresses have a stream, of those that are counted. */
    int keys() {
        return byUser.size() + byAddress.size();
    }
}
