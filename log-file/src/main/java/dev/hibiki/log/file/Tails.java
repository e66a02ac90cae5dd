// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log's end, and the tails that are told when it moves. Both change together under one lock, so that a tail begins
 * exactly where it is told: what is before that place can be read, what is after it is handed over.
 *
 * <p>The log's thread moves it; any thread asks, or tails.
 */
final class Tails {

    private static final Logger LOG = LoggerFactory.getLogger(FileLog.class);

    private final long incarnation;
    private final Object lock = new Object();
    private final List<Consumer<List<LogEntry>>> tails =
            new ArrayList<>(); // under the lock, as is each move of the end
    private volatile long end;

    Tails(long incarnation, long end) {
        this.incarnation = incarnation;
        this.end = end;
    }

    long end() {
        return end;
    }

    /** Adds a tail; returns the place after which it begins. */
    EventId add(Consumer<List<LogEntry>> committed) {
        synchronized (lock) {
            tails.add(committed);
            return Place.toId(end, incarnation);
        }
    }

    /** Whether this thread is telling them right now. */
    boolean areBeingTold() {
        return Thread.holdsLock(lock);
    }

    /**
     * Moves the end over what is committed, and hands that to the tails. A tail that throws has still seen the commit.
     *
     * @param retention is applied when the end has moved and before anybody is told
     */
    void move(long place, List<LogEntry> entries, Runnable retention) {
        synchronized (lock) {
            end = place;
            retention.run();
            for (Consumer<List<LogEntry>> tail : tails) {
                try {
                    tail.accept(entries);
                } catch (RuntimeException e) {
                    LOG.error("tail: failed on the commit that ends at {}", Place.toId(place, incarnation), e);
                }
            }
        }
    }
}
