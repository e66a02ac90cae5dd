// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.log.ChannelFilter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * All channels of the log, in memory: with it readers resolve names and patterns, skip channels in which nothing is new, and
 * learn what was removed, without asking the disk.
 *
 * <p>A channel is here while it has entries, and then as long as its last removal is remembered: only a bounded number of
 * channels without entries is kept. When there are more, the one whose last removal is longest ago is folded into one place,
 * <em>forgotten up to</em>, which from then on counts for every channel that is not here: its reader may be told of a gap
 * that is none, but no gap is ever silent.
 *
 * <p>Only the log's thread changes it; readers look at any time. What makes that right is order. A channel is here, with its newest
 * place, before the log's end moves over its entry. A channel's removal is here before the log's floor moves over its entry. And
 * {@link #forgotten} is raised before a channel leaves.
 */
final class ChannelTable {

    private final int mostQuiet;
    private final Map<String, Channel> byName = new ConcurrentHashMap<>();
    private volatile long forgotten;

    private final Map<Long, Channel> byRow = new HashMap<>(); // this and below: the log's thread only
    private final LinkedHashSet<Channel> quiet = new LinkedHashSet<>(); // their removals rise
    private long lastRow;

    /** A table that remembers that many channels without entries. */
    ChannelTable(int mostQuiet, long forgotten) {
        this.mostQuiet = mostQuiet;
        this.forgotten = forgotten;
    }

    // readers

    /** Whether the channel of that name may have an entry after a place; null if not. */
    @Nullable
    Channel find(String name) {
        return byName.get(name);
    }

    /** The channels that match and may have an entry after a place. */
    List<Channel> withNewsAfter(long place, ChannelFilter filter) {
        var found = new ArrayList<Channel>();
        if (filter.hasPatterns()) {
            for (Channel channel : byName.values()) {
                if (channel.newest > place && filter.matches(channel.name)) {
                    found.add(channel);
                }
            }
        } else {
            for (String name : filter.channels()) {
                Channel channel = byName.get(name);
                if (channel != null && channel.newest > place) {
                    found.add(channel);
                }
            }
        }
        return found;
    }

    /** The newest place after the one given at which something that matches was removed, or 0. */
    long newestRemoval(ChannelFilter filter, long after) {
        long newest = 0;
        boolean stranger = filter.hasPatterns();
        if (filter.hasPatterns()) {
            for (Channel channel : byName.values()) {
                long removed = channel.removed;
                if (removed > after && removed > newest && filter.matches(channel.name)) {
                    newest = removed;
                }
            }
        } else {
            for (String name : filter.channels()) {
                Channel channel = byName.get(name);
                stranger |= channel == null;
                newest = channel == null ? newest : Math.max(newest, channel.removed);
            }
        }
        newest = stranger ? Math.max(newest, forgotten) : newest;
        return newest > after ? newest : 0;
    }

    long forgotten() {
        return forgotten;
    }

    // the log's thread

    /** Takes up a channel as it was stored. */
    void restore(Channel channel) {
        byName.put(channel.name, channel);
        byRow.put(channel.row, channel);
        lastRow = Math.max(lastRow, channel.row);
    }

    /** Makes a channel that gets its first entry; its name may have been here before, and forgotten. */
    Channel create(String name) {
        return new Channel(++lastRow, name, 0, forgotten);
    }

    /** Notes the newest entry of all, which is committed and not yet visible. */
    void appended(Channel channel, long place) {
        channel.newest = place;
        if (byName.putIfAbsent(channel.name, channel) == null) {
            byRow.put(channel.row, channel);
        }
        quiet.remove(channel);
    }

    /** The channel that entries name by its row. */
    Channel inRow(long row) throws DamageException {
        Channel channel = byRow.get(row);
        if (channel == null) {
            throw new DamageException("an entry is of channel " + row + ", which there is not");
        }
        return channel;
    }

    /** Notes a channel that has no entries any more, on disk either. Calls come in the order of the last removals. */
    void fellQuiet(Channel channel) {
        quiet.remove(channel);
        quiet.add(channel);
    }

    boolean hasTooMany() {
        return quiet.size() > mostQuiet;
    }

    /** The channels to fold because there are too many; not those that are about to get an entry again. */
    List<Channel> tooMany(Set<Channel> comingBack) {
        var tooMany = new ArrayList<Channel>();
        int more = quiet.size() - mostQuiet;
        for (Channel channel : quiet) {
            if (tooMany.size() >= more) {
                break;
            }
            if (!comingBack.contains(channel)) {
                tooMany.add(channel);
            }
        }
        return tooMany;
    }

    /** Folds a channel without entries. */
    void forget(Channel channel) {
        forgotten = Math.max(forgotten, channel.removed);
        quiet.remove(channel);
        byRow.remove(channel.row);
        byName.remove(channel.name);
    }

    int size() {
        return byName.size();
    }
}
