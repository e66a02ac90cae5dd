// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a stream asks the hub for when it opens.
 *
 * @param channels channel names and patterns to read; checked here
 * @param greeting how the stream begins
 * @param clientId the client's own choice of its id, or null to be given one
 * @param userId whose stream it is, or null; what is sent to that user arrives
 * @param member who is told of on channels with presence, or null to tell of nobody
 * @param lastEventId the id to resume after, as the client sent it, or null to start at the log's end
 */
public record StreamRequest(
        List<String> channels,
        Greeting greeting,
        @Nullable String clientId,
        @Nullable String userId,
        @Nullable Member member,
        @Nullable String lastEventId) {

    /** How a stream begins. */
    public enum Greeting {
        /** With the default event {@code connected}, which tells the client its id; the stream has broadcasts and what is sent to it. */
        CONNECTED,
        /** With an event of a reserved type that only carries the place where the stream starts; the stream has broadcasts. */
        CURSOR,
        /** With nothing: the stream reads no channel and has its own feed only. */
        FEED
    }

    /**
     * A user as others see it.
     *
     * @param userId tells users apart; any text
     * @param username what to call the user; any text
     */
    public record Member(String userId, String username) {}

    public StreamRequest {
        channels = List.copyOf(channels);
        if (greeting == Greeting.FEED && !(channels.isEmpty() && userId == null && member == null)) {
            throw new IllegalArgumentException(
                    "greeting: FEED with channels or a user (expected: a stream that reads nothing from the log)");
        }
    }

    /** A stream that reads nothing from the log. */
    public static StreamRequest feed() {
        return new StreamRequest(List.of(), Greeting.FEED, null, null, null, null);
    }
}
