// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.log.ChannelFilter;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The channels and patterns that a stream reads. Immutable; two streams with equal interests belong to one {@link Cohort} and are
 * given the same bytes, so what only one stream can read (its client's and its user's channel) is not part of it.
 *
 * @param channels by name
 * @param patterns by pattern
 */
record Interest(Set<String> channels, Set<String> patterns) implements ChannelFilter {

    static final Interest NOTHING = new Interest(Set.of(), Set.of());

    /** All channels there are, reserved ones included, for which no stream can ask. */
    static final ChannelFilter EVERYTHING = new ChannelFilter() {
        @Override
        public Set<String> channels() {
            return Set.of();
        }

        @Override
        public boolean hasPatterns() {
            return true;
        }

        @Override
        public boolean matches(String channel) {
            return true;
        }
    };

    Interest {
        channels = Set.copyOf(channels);
        patterns = Set.copyOf(patterns);
    }

    /** The interest in some names and patterns. */
    static Interest in(Collection<String> readable) {
        var channels = new HashSet<String>();
        var patterns = new HashSet<String>();
        readable.forEach(name -> (ChannelName.isPattern(name) ? patterns : channels).add(name));
        return new Interest(channels, patterns);
    }

    Interest with(String readable) {
        var all = all();
        return all.add(readable) ? in(all) : this;
    }

    Interest without(String readable) {
        var all = all();
        return all.remove(readable) ? in(all) : this;
    }

    boolean contains(String readable) {
        return channels.contains(readable) || patterns.contains(readable);
    }

    /** How many names and patterns a client asked for. */
    int size() {
        return channels.size() + patterns.size() - (channels.contains(ChannelName.BROADCAST) ? 1 : 0);
    }

    @Override
    public boolean hasPatterns() {
        return !patterns.isEmpty();
    }

    @Override
    public boolean matches(String channel) {
        return channels.contains(channel) || matchesPattern(channel);
    }

    private boolean matchesPattern(String channel) {
        for (String pattern : patterns) {
            if (ChannelName.matches(pattern, channel)) {
                return true;
            }
        }
        return false;
    }

    /** This interest and some channels by name: what one stream reads from the log. */
    ChannelFilter and(List<String> more) {
        if (more.isEmpty()) {
            return this;
        }
        var all = new HashSet<>(channels);
        all.addAll(more);
        return new Interest(all, patterns);
    }

    private TreeSet<String> all() {
        var all = new TreeSet<>(channels);
        all.addAll(patterns);
        return all;
    }
}
