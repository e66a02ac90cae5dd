// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.hub.StreamRequest.From.Now;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a stream asks the hub for when it opens.
 *
 * @param channels channel names and patterns to read; checked here
 * @param greeting how the stream begins
 * @param clientId the client's own choice of its id, or null to be given one
 * @param userId the user whose stream it is, or null; the stream gets what is sent to that user
 * @param member the user who is told of on channels with presence, or null to tell of nobody
 * @param from where in the log the stream begins
 * @param grant what may be added to the stream live, and be restored to it when its client comes back; null for anything.
 *     The channels that are asked for here are not checked against it: the caller has done so. A stream with a grant is its
 *     user's alone: another user with the same client id is another client
 */
public record StreamRequest(
        List<String> channels,
        Greeting greeting,
        @Nullable String clientId,
        @Nullable String userId,
        @Nullable Member member,
        From from,
        @Nullable Grant grant) {

    /** How a stream begins. */
    public enum Greeting {
        /**
         * With the default event {@code connected}, which tells the client its id; the stream gets broadcasts and what is sent to
         * its client.
         */
        CONNECTED,
        /** With an event of a reserved type that only carries the place where the stream starts; the stream gets broadcasts. */
        CURSOR,
        /** With nothing: the stream reads no channel and has only its own feed. */
        FEED
    }

    /**
     * Where in the log a stream begins. Wherever that is, it then reads on without a seam: what is there of its channels, each event once and in
     * order, then what is new.
     */
    public sealed interface From {

        /** At the log's end. */
        record Now() implements From {}

        /**
         * After an event.
         *
         * @param lastEventId the id as the client sent it; an id that cannot be believed is told as a gap
         */
        record After(String lastEventId) implements From {

            public After {
                Objects.requireNonNull(lastEventId, "lastEventId");
            }
        }

        /**
         * With the first event at or after a time. If something of the stream's channels since then is no longer kept, the
         * stream is told of a gap.
         *
         * @param millis milliseconds since 1970 by the log's clock, at least 0; before the log's birth means all, in the future none
         */
        record Since(long millis) implements From {

            public Since {
                if (millis < 0) {
                    throw new IllegalArgumentException(
                            "since: " + millis + " ms (expected: at least 0, milliseconds since 1970)");
                }
            }
        }

        /**
         * With the newest events of the stream's own channels, those of its client and its user included. If fewer are kept,
         * with those, and no gap is told.
         *
         * @param count how many, at least 0
         */
        record Newest(int count) implements From {

            public Newest {
                if (count < 0) {
                    throw new IllegalArgumentException("last: " + count + " (expected: at least 0)");
                }
            }
        }

        /** At the log's end. */
        static From now() {
            return new Now();
        }

        /** After an event, or at the log's end where the client sent no id. */
        static From after(@Nullable String lastEventId) {
            return lastEventId == null ? now() : new After(lastEventId);
        }
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
        Objects.requireNonNull(from, "from");
        if (greeting == Greeting.FEED
                && !(channels.isEmpty() && userId == null && member == null && from instanceof Now)) {
            throw new IllegalArgumentException(
                    "greeting: FEED with channels, a user or a past (expected: a stream that reads nothing from the log)");
        }
    }

    /** A request without a grant: the stream may read anything. */
    public StreamRequest(
            List<String> channels,
            Greeting greeting,
            @Nullable String clientId,
            @Nullable String userId,
            @Nullable Member member,
            From from) {
        this(channels, greeting, clientId, userId, member, from, null);
    }

    /** A stream that reads nothing from the log. */
    public static StreamRequest feed() {
        return new StreamRequest(List.of(), Greeting.FEED, null, null, null, From.now());
    }

    /** A stream of some channels and patterns, whose client is not told who it is. */
    public static StreamRequest of(List<String> channels, From from) {
        return new StreamRequest(channels, Greeting.CURSOR, null, null, null, from);
    }

    /** The same, telling of that user on channels with presence. */
    public StreamRequest presenting(@Nullable Member shown) {
        return new StreamRequest(channels, greeting, clientId, userId, shown, from, grant);
    }

    /** The same with other channels and patterns. */
    public StreamRequest reading(List<String> others) {
        return new StreamRequest(others, greeting, clientId, userId, member, from, grant);
    }

    /** The same, with a bound to what it may read. */
    public StreamRequest granted(Grant bound) {
        return new StreamRequest(channels, greeting, clientId, userId, member, from, bound);
    }
}
