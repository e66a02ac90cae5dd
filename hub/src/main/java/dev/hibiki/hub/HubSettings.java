// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.event.EventEncoder;
import java.time.Duration;
import java.util.List;

/**
 * The settings of a hub. A value that cannot work is refused with an {@link IllegalArgumentException} that names it.
 *
 * @param heartbeat how long a stream may be quiet before it gets a comment; shorter notices dead peers sooner, longer costs less. 100 ms
 *     to 1 hour
 * @param heartbeatText the comment, for proxies or clients that choke on the usual one; one line
 * @param stallLimit how long a peer may take no byte before it is ended. At least 1 s
 * @param windowEntries how many recent entries are kept in memory for streams to catch up from, 64 to 16,777,216; rounded up to a power of two
 * @param windowBytes how many bytes those may take, at least 64 KB
 * @param presence patterns of the channels that tell who joins and who leaves
 * @param presenceGrace how long a user may be away before leaving is told; longer than clients take to reconnect
 * @param maxChannels the most channels and patterns of one stream, at least 1
 * @param pendingBytes how many bytes the streams of one loop that are behind may have pending in their sockets before they are given
 *     small pieces only, at least 64 KB. Less saves memory while many peers stall, more lets many slow ones catch up in fewer writes
 */
public record HubSettings(
        Duration heartbeat,
        String heartbeatText,
        Duration stallLimit,
        int windowEntries,
        long windowBytes,
        List<String> presence,
        Duration presenceGrace,
        int maxChannels,
        long pendingBytes) {

    /** The defaults, which are for production. */
    public static final HubSettings DEFAULT = new HubSettings(
            Duration.ofSeconds(15),
            "heartbeat",
            Duration.ofMinutes(2),
            32_768,
            32L << 20,
            List.of(),
            Duration.ofSeconds(8),
            256,
            64L << 20);

    public HubSettings {
        presence = List.copyOf(presence);
        presence.forEach(ChannelName::checkReadable);
        check("stream.heartbeat", heartbeat, Duration.ofMillis(100), Duration.ofHours(1));
        check("stream.stall-limit", stallLimit, Duration.ofSeconds(1), Duration.ofDays(1));
        check("presence.grace", presenceGrace, Duration.ZERO, Duration.ofHours(1));
        EventEncoder.comment(heartbeatText);
        check("window.entries", windowEntries, 64, 1 << 24);
        check("window.bytes", windowBytes, 64 << 10, Long.MAX_VALUE);
        check("stream.max-channels", maxChannels, 1, Integer.MAX_VALUE);
        check("stream.pending-bytes", pendingBytes, 64 << 10, Long.MAX_VALUE);
    }

    private static void check(String what, Duration value, Duration min, Duration max) {
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new IllegalArgumentException(what + ": " + value.toMillis() + " ms (expected: " + min.toMillis()
                    + " to " + max.toMillis() + " ms)");
        }
    }

    private static void check(String what, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(what + ": " + value + " (expected: " + min + " to " + max + ")");
        }
    }
}
