// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.HubSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How the hub treats streams: the settings {@code stream.…}, {@code window.…} and {@code presence.…}.
 *
 * <pre>{@code
 * .hub(hub -> hub.streamHeartbeat(Duration.ofSeconds(30)).windowBytes(256 << 20))
 * }</pre>
 */
public final class HubConfig {

    private static final HubSettings USUAL = HubSettings.DEFAULT;

    private Duration heartbeat = USUAL.heartbeat();
    private String heartbeatText = USUAL.heartbeatText();
    private Duration stallLimit = USUAL.stallLimit();
    private long pendingBytes = USUAL.pendingBytes();
    private int streamChannels = USUAL.maxChannels();
    private int windowEntries = USUAL.windowEntries();
    private long windowBytes = USUAL.windowBytes();
    private final List<String> presence = new ArrayList<>();
    private Duration presenceGrace = USUAL.presenceGrace();

    HubConfig() {}

    /** How long a stream may be quiet before it gets a comment, 100 ms to 1 hour. Default: 15 s. */
    public HubConfig streamHeartbeat(Duration heartbeat) {
        this.heartbeat = heartbeat;
        return this;
    }

    /** The text of that comment, one line, for proxies that choke on the usual one. Default: {@code heartbeat}. */
    public HubConfig streamHeartbeatText(String text) {
        this.heartbeatText = text;
        return this;
    }

    /** How long a client may take no byte before its stream is ended, 1 s to 1 day. Default: 2 minutes. */
    public HubConfig streamStallLimit(Duration limit) {
        this.stallLimit = limit;
        return this;
    }

    /**
     * How many bytes may wait in the sockets of those streams of one loop that are behind, before they are given small
     * pieces only; at least 64 KB. Default: 64 MiB.
     */
    public HubConfig streamPendingBytes(long bytes) {
        this.pendingBytes = bytes;
        return this;
    }

    /** The most channels and patterns of one stream, at least 1; more is answered with 400. Default: 256. */
    public HubConfig streamMaxChannels(int channels) {
        this.streamChannels = channels;
        return this;
    }

    /**
     * How many of the newest events are also kept in memory, for streams to catch up without reading the log; 64 to 16,777,216, rounded up to
     * a power of two. Default: 32,768.
     */
    public HubConfig windowEntries(int entries) {
        this.windowEntries = entries;
        return this;
    }

    /** How many bytes the window may take, at least 64 KB. Default: 32 MiB. */
    public HubConfig windowBytes(long bytes) {
        this.windowBytes = bytes;
        return this;
    }

    /** How long a user may be away before others are told, 0 to 1 hour; longer than clients take to reconnect. Default: 8 s. */
    public HubConfig presenceGrace(Duration grace) {
        this.presenceGrace = grace;
        return this;
    }

    /** See {@link ServerConfig#presence}. */
    void presence(String pattern) {
        presence.add(pattern);
    }

    /** @throws IllegalArgumentException a line that names the setting and what is wrong */
    HubSettings settings() {
        return new HubSettings(
                heartbeat,
                heartbeatText,
                stallLimit,
                windowEntries,
                windowBytes,
                presence,
                presenceGrace,
                streamChannels,
                pendingBytes);
    }
}
