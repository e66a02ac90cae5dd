// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import dev.hibiki.event.EventEncoder;
import dev.hibiki.event.SseEvent;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a publisher hands to the log: an event for a channel, already in the format of the wire except for its id.
 *
 * <p>A log never looks into the body. It is made once, on the publisher's thread, and copied once, behind the id, when the
 * log commits it; the bytes that a log keeps, for years perhaps, are the very bytes that go to the sockets.
 *
 * @param channel the one channel of the event
 * @param type the event's type, or null for the default type
 * @param body the frame without its id, as {@link EventEncoder#body} makes it; not to be changed any more
 * @param key makes publishing it again harmless, or null
 * @param lasting makes the log keep it beyond its retention, or null
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody; the bytes are shared on purpose
public record Publication(
        String channel,
        @Nullable String type,
        byte[] body,
        @Nullable Key key,
        @Nullable Lasting lasting) {

    /**
     * A publisher's own name for a publication. While the log keeps the entry that was published under it, publishing the same event
     * under it again appends nothing and answers with that entry's id; another event is refused with a {@link KeyConflictException}.
     *
     * @param publisher whose key it is: those of different publishers never meet
     * @param value what the publisher calls it
     */
    public record Key(String publisher, String value) {

        public Key {
            Objects.requireNonNull(publisher, "publisher");
            Objects.requireNonNull(value, "value");
        }
    }

    /**
     * A name in its channel under which the log keeps an entry beyond its retention, until another entry takes the name: for
     * facts that must be known as long as they are true, however long events are kept. See {@link EventLog#lasting}.
     *
     * @param name the name
     * @param endMillis when nobody needs it any more, milliseconds since 1970 by the log's clock, or {@link Long#MAX_VALUE}; the log may forget it
     *     then, and does when it needs the room
     */
    public record Lasting(String name, long endMillis) {

        public Lasting {
            Objects.requireNonNull(name, "name");
        }
    }

    public Publication {
        Objects.requireNonNull(channel, "channel");
        Objects.requireNonNull(body, "body");
    }

    /**
     * Writes an event for a channel.
     *
     * @param event an event without id and without reconnection time, which are not a publisher's to set
     * @throws IllegalArgumentException if it has either
     */
    public static Publication of(String channel, SseEvent event) {
        if (event.id() != null || event.retry() != null) {
            throw new IllegalArgumentException((event.id() != null ? "id: " + event.id() : "retry: " + event.retry())
                    + " (expected: none, the log and the server set it)");
        }
        return new Publication(channel, event.type(), EventEncoder.body(event), null, null);
    }

    /** The same under a key. */
    public Publication withKey(Key given) {
        return new Publication(channel, type, body, given, lasting);
    }

    /** The same, to be kept beyond the log's retention. */
    public Publication lasting(Lasting given) {
        return new Publication(channel, type, body, key, given);
    }

    /** Whether both are the same event for the same channel, whatever their keys. */
    public boolean isSameEvent(Publication other) {
        return channel.equals(other.channel) && Arrays.equals(body, other.body);
    }
}
