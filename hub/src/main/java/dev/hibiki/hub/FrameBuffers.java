// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Puts frames into the buffers that are written to streams.
 *
 * <p>Who takes nothing holds what it was given last, which is a segment, or one event if that is larger. A thousand such streams must not hold
 * a thousand copies of an event of a megabyte, though each was given it in a turn of its own. So the buffer of a large event is found again
 * as long as any stream has it pending.
 *
 * <p>Belongs to one loop. Worst case: the large events that streams have pending, each once.
 */
final class FrameBuffers {

    /** Buffers of large events, which are nobody's here: those that have been released are dropped when another is made. */
    private final Map<EventId, ByteBuf> large = new HashMap<>();

    /** The bytes of one frame, the caller's to release. */
    ByteBuf of(byte[] frame) {
        return ByteBufAllocator.DEFAULT.directBuffer(frame.length, frame.length).writeBytes(frame);
    }

    /** The bytes of these events' frames one after the other, the caller's to release; other streams may share them. */
    ByteBuf of(List<LogEntry> entries) {
        int size = 0;
        for (LogEntry entry : entries) {
            size += entry.frame().length;
        }
        if (entries.size() == 1 && size > Segment.BYTES) {
            return ofLarge(entries.get(0));
        }
        ByteBuf bytes = ByteBufAllocator.DEFAULT.directBuffer(size, size);
        for (LogEntry entry : entries) {
            bytes.writeBytes(entry.frame());
        }
        return bytes;
    }

    private ByteBuf ofLarge(LogEntry entry) {
        ByteBuf known = large.get(entry.id());
        if (known != null && known.refCnt() > 0) {
            return known.retain();
        }
        large.values().removeIf(released -> released.refCnt() == 0);
        // Not of a pool: there a buffer that has been released comes back as another's.
        ByteBuf made = Unpooled.directBuffer(entry.frame().length).writeBytes(entry.frame());
        large.put(entry.id(), made);
        return made;
    }
}
