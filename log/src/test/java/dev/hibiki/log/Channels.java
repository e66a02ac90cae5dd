// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The filters of the tests: channels by name, and a prefix in the place of a pattern.
 *
 * @param channels what is read by name
 * @param prefix what a channel begins with that is read by pattern, or null for no pattern
 */
public record Channels(Set<String> channels, @Nullable String prefix) implements ChannelFilter {

    public static Channels named(String... channels) {
        return new Channels(Set.of(channels), null);
    }

    public static Channels under(String prefix, String... channels) {
        return new Channels(Set.of(channels), prefix);
    }

    public static Channels all() {
        return under("");
    }

    @Override
    public boolean hasPatterns() {
        return prefix != null;
    }

    @Override
    public boolean matches(String channel) {
        return channels.contains(channel) || (prefix != null && channel.startsWith(prefix));
    }
}
