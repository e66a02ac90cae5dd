// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Under which keys a memory log's entries were published. A key goes with its entry, so there are never more than there are entries.
 *
 * <p>Not thread-safe: the log's lock guards it.
 */
final class Keys {

    private record Used(Publication.Key key, EventId place) {}

    private final Map<Publication.Key, LogEntry> entries = new HashMap<>();
    private final ArrayDeque<Used> inOrder = new ArrayDeque<>();

    /** The entry that was published under a key and is still kept, or null. */
    @Nullable
    LogEntry find(Publication.Key key) {
        return entries.get(key);
    }

    /** Notes the newest entry's key. */
    void add(Publication.Key key, LogEntry entry) {
        entries.put(key, entry);
        inOrder.add(new Used(key, entry.id()));
    }

    /** Forgets the keys of all entries up to a place. */
    void removeUpTo(EventId place) {
        Used oldest;
        while ((oldest = inOrder.peek()) != null && !oldest.place().isAfter(place)) {
            entries.remove(oldest.key());
            inOrder.remove();
        }
    }
}
