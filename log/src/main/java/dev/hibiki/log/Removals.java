// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a log has removed: for each channel the place of the newest entry that is gone, so that trimming one channel is no gap in another.
 *
 * <p>Channels may come without end ({@code process/{uuid}}), so the table is bounded. When it overflows, the channel whose
 * last removal is longest ago is folded into one place, <em>forgotten up to</em>, which from then on counts for every
 * channel that is not in the table: a reader from before that place may be told of a gap that is none, but no gap is ever
 * silent.
 *
 * <p>Removals come in log order, so the table is in the order of its places. Not thread-safe: the log's lock guards it.
 * Worst case: for a reader by pattern that comes from before the newest removal, each channel of the table is tested once.
 */
final class Removals {

    private final int mostChannels;
    private final LinkedHashMap<String, EventId> places = new LinkedHashMap<>(); // rising
    private @Nullable EventId forgottenTo;
    private @Nullable EventId newest;

    /** A table of that many channels. */
    Removals(int mostChannels) {
        this.mostChannels = mostChannels;
    }

    /** Notes a removal, which is later in the log than all before it. */
    void add(LogEntry removed) {
        newest = removed.id();
        places.remove(removed.channel()); // to stand last again
        places.put(removed.channel(), removed.id());
        if (places.size() > mostChannels) {
            Iterator<EventId> oldest = places.values().iterator();
            forgottenTo = oldest.next();
            oldest.remove();
        }
    }

    /**
     * The newest place at which something that matches was removed, or null if there is none after the place asked from.
     *
     * @param after the reader's place: of interest is only what was removed after it
     */
    @Nullable
    EventId newestFor(ChannelFilter filter, EventId after) {
        if (newest == null || !after.isBefore(newest)) {
            return null;
        }
        EventId place = filter.hasPatterns() ? newestMatching(filter, after) : newestNamed(filter);
        return place != null && after.isBefore(place) ? place : null;
    }

    private @Nullable EventId newestNamed(ChannelFilter filter) {
        @Nullable EventId found = null;
        for (String channel : filter.channels()) {
            @Nullable EventId place = places.get(channel);
            found = later(found, place == null ? forgottenTo : place);
        }
        return found;
    }

    private @Nullable EventId newestMatching(ChannelFilter filter, EventId after) {
        @Nullable EventId found = forgottenTo;
        for (Map.Entry<String, EventId> removal : places.entrySet()) {
            if (after.isBefore(removal.getValue()) && filter.matches(removal.getKey())) {
                found = removal.getValue();
            }
        }
        return found;
    }

    private static @Nullable EventId later(@Nullable EventId one, @Nullable EventId other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.isBefore(other) ? other : one;
    }
}
