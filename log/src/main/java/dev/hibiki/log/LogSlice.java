// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one read of the log found, all from one snapshot.
 *
 * @param entries the entries that matched, in log order
 * @param scannedTo the place up to which the log was looked at, entries that did not match included: read on from here.
 *     Never before the place asked from
 * @param removedTo the newest place at which something that matches the filter was removed; may be null if nothing was after the place
 *     asked from. The reader that asked from before it has missed something: <b>a gap is told if and only if the place asked from is
 *     before this one</b>, never because of the first id present
 */
public record LogSlice(
        List<LogEntry> entries, EventId scannedTo, @Nullable EventId removedTo) {

    public LogSlice {
        entries = List.copyOf(entries);
    }

    /** Whether a reader that read from that place has missed something that is gone. */
    public boolean missedSince(EventId after) {
        return removedTo != null && after.isBefore(removedTo);
    }
}
