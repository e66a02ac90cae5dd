// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import java.util.ArrayList;
import java.util.List;

/**
 * What somebody may read, or publish to: some channels and patterns. Immutable.
 *
 * <p>A pattern is covered only by one that is at least as wide: every channel that it stands for, now or ever, is one that a granted
 * pattern stands for. So {@code news/*} covers {@code news/art} and not {@code news/**}; and because no pattern but one of their own
 * word matches reserved channels, {@code **} covers all but these. Whether several granted patterns together cover one is not
 * considered: that may refuse what could be allowed, never the other way round.
 *
 * @param patterns channel names and patterns, reserved ones included
 */
public record Grant(List<String> patterns) {

    /** Grants nothing. */
    public static final Grant NOTHING = new Grant(List.of());

    /** @throws IllegalArgumentException if one of them is neither a channel name nor a pattern, naming the rule */
    public Grant {
        patterns = List.copyOf(patterns);
        patterns.forEach(ChannelName::checkPattern);
    }

    /** Whether all of a channel or pattern is granted. */
    public boolean covers(String channel) {
        for (String pattern : patterns) {
            if (ChannelName.covers(pattern, channel)) {
                return true;
            }
        }
        return false;
    }

    /** This and some more. */
    public Grant and(List<String> more) {
        if (more.isEmpty()) {
            return this;
        }
        var all = new ArrayList<>(patterns);
        all.addAll(more);
        return new Grant(all);
    }

    /**
     * The channel of what is sent to a user.
     *
     * @param userId any text; what no channel's name may hold is written as {@code ~} and two hexadecimal digits for each byte of its UTF-8
     * @throws IllegalArgumentException if it is empty, or too long for a channel's name
     */
    public static String userChannel(String userId) {
        return ChannelName.ofUser(userId);
    }

    /** The channel that stands for a client where a grant names it: {@code client/{clientId}}. */
    public static String clientChannel(String clientId) {
        return ChannelName.ofClient(clientId, null);
    }
}
