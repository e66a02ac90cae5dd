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

    /** How long a stream may be quiet before it gets a comment; 15 s unless told. */
    public HubConfig streamHeartbeat(Duration heartbeat) {
        this.heartbeat = heartbeat;
        return this;
    }

    /** The text of that comment, for proxies that choke on the usual one; {@code heartbeat} unless told. */
    public HubConfig streamHeartbeatText(String text) {
        this.heartbeatText = text;
        return this;
    }

    /** How long a client may take no byte before its stream is ended; 2 minutes unless told. */
    public HubConfig streamStallLimit(Duration limit) {
        this.stallLimit = limit;
        return this;
    }

    /**
     * How many bytes may wait in the sockets of one loop's streams that are behind before these are given small pieces only, at least 64 KB; 64 MiB
     * unless told.
     */
    public HubConfig streamPendingBytes(long bytes) {
        this.pendingBytes = bytes;
        return this;
    }

    /** The most channels and patterns of one stream; more is answered with 400. 256 unless told. */
    public HubConfig streamMaxChannels(int channels) {
        this.streamChannels = channels;
        return this;
    }

    /**
     * How many of the newest events are also kept in memory, for streams to catch up without reading the log; 64 to 16,777,216, rounded up to
     * a power of two. 32,768 unless told.
     */
    public HubConfig windowEntries(int entries) {
        this.windowEntries = entries;
        return this;
    }

    /** How many bytes those may take, at least 64 KB; 32 MiB unless told. */
    public HubConfig windowBytes(long bytes) {
        this.windowBytes = bytes;
        return this;
    }

    /** How long a user may be away before leaving is told; longer than clients take to reconnect. 8 s unless told. */
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
