// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import dev.hibiki.event.EventEncoder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A committed event in its place. Its frame is made here, once; the window, the memory log and every socket share it.
 *
 * @param id the place
 * @param appendedAtMillis when it was appended by the log's clock, milliseconds since 1970; what retention by age goes by
 * @param channel the channel
 * @param type the event's type, or null for the default type
 * @param frame the whole event as it goes over the wire, id included; not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody; the bytes are shared on purpose
public record LogEntry(
        EventId id,
        long appendedAtMillis,
        String channel,
        @Nullable String type,
        byte[] frame) {

    /** What an entry costs in memory besides its frame, in bytes: the objects around it, estimated. */
    private static final int OVERHEAD = 160;

    private static final byte[] NO_BODY = {};

    /** The entry that a publication becomes when the log gives it its place. */
    public static LogEntry of(EventId id, long appendedAtMillis, Publication publication) {
        return new LogEntry(
                id,
                appendedAtMillis,
                publication.channel(),
                publication.type(),
                EventEncoder.frame(id.toString(), publication.body()));
    }

    /** Whether this is what a publication of that event became. */
    public boolean isFrom(Publication publication) {
        byte[] body = publication.body();
        int idEnd = frame.length - body.length;
        return channel.equals(publication.channel())
                && idEnd == EventEncoder.frame(id.toString(), NO_BODY).length
                && Arrays.equals(frame, idEnd, frame.length, body, 0, body.length);
    }

    /** About how much memory the entry takes, in bytes; limits in bytes count this. */
    public int weight() {
        return frame.length + OVERHEAD;
    }
}
