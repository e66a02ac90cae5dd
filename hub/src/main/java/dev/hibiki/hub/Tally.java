// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.hub.ControlEvents.GapReason;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What one shard has done. Only its loop counts, so counting is a plain addition and a store that others see soon, without a
 * lock, a compare-and-set or a fence on the path of an event; any thread may read.
 */
final class Tally {

    private final AtomicLong delivered = new AtomicLong();
    private final AtomicLong expired = new AtomicLong();
    private final AtomicLong logReset = new AtomicLong();
    private final AtomicLong unknownId = new AtomicLong();
    private final AtomicLong fellBehind = new AtomicLong();
    private final AtomicLong logReads = new AtomicLong();

    void delivered(int events) {
        add(delivered, events);
    }

    void gap(GapReason reason) {
        add(
                switch (reason) {
                    case EXPIRED -> expired;
                    case LOG_RESET -> logReset;
                    case UNKNOWN_ID -> unknownId;
                },
                1);
    }

    void fellBehind() {
        add(fellBehind, 1);
    }

    void logRead() {
        add(logReads, 1);
    }

    private static void add(AtomicLong figure, long more) {
        figure.setOpaque(figure.getPlain() + more);
    }

    /** The figures now; from any thread. */
    HubFigures figures() {
        return new HubFigures(
                delivered.getOpaque(),
                expired.getOpaque(),
                logReset.getOpaque(),
                unknownId.getOpaque(),
                fellBehind.getOpaque(),
                logReads.getOpaque());
    }
}
