// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.log.EventId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A channel as it stands now.
 *
 * @param channel its name
 * @param streams how many open streams read it, by name or by pattern
 * @param users the users whose streams read it (in the list of all channels: whose streams name it); where the channel has
 *     presence, those who are told of as present. At most some hundreds
 * @param lastEventId the newest event that the log keeps, or null for none
 */
public record ChannelStatus(
        String channel,
        int streams,
        List<StreamRequest.Member> users,
        @Nullable EventId lastEventId) {

    public ChannelStatus {
        users = List.copyOf(users);
    }
}
