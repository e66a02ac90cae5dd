// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A run of adjacent entries of the window, and the bytes of its selections, each made once and shared.
 *
 * <p>Here is where the speed is. What one stream gets of a run is a <em>selection</em>: the entries that match. Streams with the same
 * selection, whatever they are subscribed to, get the same buffer, so a thousand streams cost one copy and a thousand system calls,
 * and a hundred events that are ready together cost no more calls than one. Because the buffer holds the selection of the <em>whole</em>
 * run, in log order, nothing is ever reordered by sharing.
 *
 * <p>Belongs to one loop. {@link #release} frees the buffers; a stream that is still sending one has retained it.
 */
final class Segment {

    /** The most entries of a segment. Catch-up aligns to it, so that streams at different places come to share segments. */
    static final int ENTRIES = 256;

    /** The most bytes; a segment always has at least one entry. */
    static final int BYTES = 64 << 10;

    /**
     * The bytes of a selection.
     *
     * @param bytes whole frames
     * @param events how many
     * @param last the id of the last of them
     */
    record Frames(ByteBuf bytes, int events, EventId last) {}

    private final long from;
    private final List<LogEntry> entries;
    private final Set<String> privateChannels = new HashSet<>();
    private final Map<BitSet, Frames> made = new HashMap<>();
    private final IdentityHashMap<Cohort, BitSet> ofCohort = new IdentityHashMap<>();

    private Segment(long from, List<LogEntry> entries) {
        this.from = from;
        this.entries = entries;
        for (LogEntry entry : entries) {
            if (ChannelName.isPrivate(entry.channel())) {
                privateChannels.add(entry.channel());
            }
        }
    }

    /**
     * Takes a segment from the window.
     *
     * @param from the index of its first entry, which is before {@code to}
     * @param to where it ends at the latest
     * @param maxBytes the most bytes, but always at least one entry; at most {@link #BYTES}
     * @return the segment, or null if the window has dropped its first entry
     */
    static @Nullable Segment read(Window window, long from, long to, int maxBytes) {
        var entries = new ArrayList<LogEntry>();
        int bytes = 0;
        for (long index = from; index < to && entries.size() < ENTRIES && bytes < maxBytes; index++) {
            LogEntry entry = window.get(index);
            if (entry == null) {
                return null;
            }
            bytes += entry.frame().length;
            if (bytes > maxBytes && !entries.isEmpty()) {
                break;
            }
            entries.add(entry);
        }
        return new Segment(from, entries);
    }

    long from() {
        return from;
    }

    /** The index after the last entry. */
    long to() {
        return from + entries.size();
    }

    /** The place of the last entry. */
    EventId last() {
        return entries.get(entries.size() - 1).id();
    }

    List<LogEntry> entries() {
        return entries;
    }

    /** Whether something in it is for one of these client's and user's channels. */
    boolean hasPrivate(List<String> channels) {
        if (!privateChannels.isEmpty()) {
            for (String channel : channels) {
                if (privateChannels.contains(channel)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** What an interest selects. */
    private BitSet select(Interest interest) {
        var selection = new BitSet(entries.size());
        for (int i = 0; i < entries.size(); i++) {
            LogEntry entry = entries.get(i);
            if (interest.matches(entry.channel()) && !ControlEvents.isControl(entry)) {
                selection.set(i);
            }
        }
        return selection;
    }

    /** The bytes of what a cohort reads, or null if it reads nothing of this. Lent, like those of {@link #frames(BitSet, FrameBuffers)}. */
    @Nullable
    Frames frames(Cohort cohort, FrameBuffers buffers) {
        return frames(ofCohort.computeIfAbsent(cohort, key -> select(key.interest)), buffers);
    }

    /** The bytes of a selection, or null if it is empty. The buffer is the segment's; it is lent. */
    @Nullable
    Frames frames(BitSet selection, FrameBuffers buffers) {
        return selection.isEmpty() ? null : made.computeIfAbsent(selection, key -> make(key, buffers));
    }

    private Frames make(BitSet selection, FrameBuffers buffers) {
        var selected = new ArrayList<LogEntry>(entries.size());
        for (int i = selection.nextSetBit(0); i >= 0; i = selection.nextSetBit(i + 1)) {
            selected.add(entries.get(i));
        }
        return new Frames(
                buffers.of(selected),
                selected.size(),
                selected.get(selected.size() - 1).id());
    }

    void release() {
        made.values().forEach(frames -> frames.bytes().release());
        made.clear();
    }
}
