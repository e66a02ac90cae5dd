// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.hub.ControlEvents.GapReason;
import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.LogSlice;
import dev.hibiki.log.ReadBudget;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Brings the streams of a shard that are behind up to the shard's place: the one way to become live, for a stream that is new, one
 * that comes back, and one that was slow.
 *
 * <p>Streams that can be written to stand in line, and each gets one segment at its turn, so thousands share the loop fairly. From the
 * window a segment costs no more than being live: segments end at fixed indexes, so that streams that began at different places soon
 * read the same ones, whose bytes are made once per turn for all. Who is further behind than the window reaches reads the log itself,
 * on a reader thread. Nothing past the shard's place is ever handed out here.
 */
final class CatchUp {

    /** How long one turn may take. */
    private static final long NANOS = 2_000_000;

    /** How many reads of the log a shard has under way at most; other streams wait for their turn. */
    private static final int MAX_READS = 8;

    private static final ReadBudget BUDGET = new ReadBudget(Segment.ENTRIES, Segment.BYTES);

    private final Shard shard;
    private final LogReaders readers;

    /** Streams that can be given their next segment now. */
    private final ArrayDeque<HubStream> line = new ArrayDeque<>();

    /** Streams that wait for a reader. */
    private final ArrayDeque<HubStream> unread = new ArrayDeque<>();

    private final List<HubStream> ahead = new ArrayList<>();
    private int reads;

    /** The segments of this turn by the index of their first entry. */
    private final Map<Long, Segment> segments = new HashMap<>();

    CatchUp(Shard shard, LogReaders readers) {
        this.shard = shard;
        this.readers = readers;
    }

    /** A stream that is behind can go on. */
    void ready(HubStream stream) {
        stream.state = HubStream.State.READY;
        line.add(stream);
        shard.wake();
    }

    /**
     * Gives the streams in line a segment each, round and round, for a limited time. Only between batches.
     *
     * @return whether streams are still in line
     */
    boolean run() {
        long deadline = System.nanoTime() + NANOS;
        int streams = 0;
        HubStream stream;
        while ((stream = line.poll()) != null) {
            if (stream.state == HubStream.State.READY) {
                advance(stream);
            }
            if (++streams % 16 == 0 && System.nanoTime() > deadline) {
                break;
            }
        }
        segments.values().forEach(Segment::release);
        segments.clear();
        return !line.isEmpty();
    }

    private void advance(HubStream stream) {
        if (!stream.takes()) {
            stream.state = HubStream.State.BLOCKED;
        } else if (stream.position == shard.position()) {
            shard.goLive(stream);
        } else if (stream.position > shard.position()) {
            wait(stream);
        } else {
            Segment segment = stream.position < shard.window.oldest() ? null : segmentAt(stream.position);
            if (segment == null) {
                read(stream);
            } else {
                give(stream, segment);
            }
        }
    }

    private @Nullable Segment segmentAt(long index) {
        Segment known = segments.get(index);
        if (known == null) {
            long fixedEnd = (index / Segment.ENTRIES + 1) * Segment.ENTRIES;
            known = Segment.read(shard.window, index, Math.min(fixedEnd, shard.position()));
            if (known != null) {
                segments.put(index, known);
            }
        }
        return known;
    }

    private void give(HubStream stream, Segment segment) {
        Segment.Frames frames = segment.hasPrivate(stream.privateChannels)
                ? segment.frames(stream.select(segment), shard.allocator)
                : segment.frames(stream.cohort, shard.allocator);
        if (frames != null) {
            stream.write(frames, segment.to());
        }
        if (stream.state == HubStream.State.READY) {
            shard.regroup(stream);
            stream.position = segment.to();
            stream.cursor = segment.last();
            line.add(stream);
        }
    }

    // ---- ahead of the shard

    private void wait(HubStream stream) {
        stream.state = HubStream.State.AHEAD;
        ahead.add(stream);
    }

    /** The shard has come to a place: who waited for it goes on from where it is. */
    void reached(EventId place) {
        if (!ahead.isEmpty()) {
            for (Iterator<HubStream> waiting = ahead.iterator(); waiting.hasNext(); ) {
                HubStream stream = waiting.next();
                if (stream.state != HubStream.State.AHEAD) {
                    waiting.remove();
                } else if (!stream.cursor.isAfter(place)) {
                    waiting.remove();
                    stream.position = shard.window.indexAfter(stream.cursor);
                    ready(stream);
                }
            }
        }
    }

    // ---- starting

    /** Starts a new stream at the end of the log. */
    void startAtEnd(HubStream stream, @Nullable String unknownId) {
        if (unknownId == null) {
            greet(stream, stream.cursor);
        } else {
            greet(stream, null);
            tellGap(stream, GapReason.UNKNOWN_ID, unknownId, stream.cursor);
        }
        begin(stream);
    }

    /** Starts a stream where its client left off, by its own account. */
    void startAfter(HubStream stream, EventId asked) {
        Window.Position end = shard.window.end();
        boolean ours = asked.sameIncarnation(end.place());
        long index = ours && !asked.isAfter(end.place()) ? shard.window.indexAfter(asked) : -1;
        stream.cursor = asked;
        stream.position = index;
        if (index >= 0) {
            greet(stream, asked);
            begin(stream);
        } else {
            read(stream);
        }
    }

    private void begin(HubStream stream) {
        if (stream.state == HubStream.State.STARTING) {
            ready(stream);
        }
    }

    private void greet(HubStream stream, @Nullable EventId start) {
        switch (stream.greeting) {
            case CONNECTED ->
                stream.writeAlone(ControlEvents.connected(stream.clientId(), System.currentTimeMillis(), start));
            case CURSOR -> {
                if (start != null) {
                    stream.writeAlone(ControlEvents.start(start));
                }
            }
            case FEED -> {} // begins with its first event
        }
        if (start != null) {
            stream.lastId = start;
            stream.lastIndex = Math.max(stream.position, 0);
        }
    }

    private static void tellGap(HubStream stream, GapReason reason, String after, EventId resumedAt) {
        stream.cursor = resumedAt;
        stream.writePlace(ControlEvents.gap(reason, after, resumedAt), resumedAt, Math.max(stream.position, 0));
    }

    // ---- reading the log

    private void read(HubStream stream) {
        boolean starting = stream.state == HubStream.State.STARTING;
        stream.state = starting ? HubStream.State.STARTING : HubStream.State.READING;
        unread.add(stream);
        nextReads();
    }

    private void nextReads() {
        while (reads < MAX_READS && !unread.isEmpty()) {
            HubStream stream = unread.poll();
            if (stream.state != HubStream.State.ENDED) {
                reads++;
                EventId upTo = shard.place();
                EventId after = stream.cursor;
                var filter = stream.interest.and(stream.privateChannels);
                readers.read(after, upTo, filter, BUDGET, shard.loop, result -> {
                    reads--;
                    finishRead(stream, result);
                    nextReads();
                });
            }
        }
    }

    private void finishRead(HubStream stream, LogReaders.Result result) {
        if (stream.state == HubStream.State.ENDED) {
            return;
        }
        switch (result.kind()) {
            case FAILED ->
                stream.end(EndReason.FAILED); // its client comes back with its last id; nothing is lost but time
            case AHEAD -> {
                if (stream.state == HubStream.State.STARTING) {
                    greet(stream, stream.cursor);
                }
                wait(stream);
                reached(shard.place());
            }
            case READ, RESET -> take(stream, result, result.slice());
        }
    }

    private void take(HubStream stream, LogReaders.Result result, LogSlice slice) {
        boolean starting = stream.state == HubStream.State.STARTING;
        EventId asked = stream.cursor;
        stream.cursor = result.after();
        boolean missed = slice.missedSince(result.after());
        GapReason gap =
                result.kind() == LogReaders.Kind.RESET ? GapReason.LOG_RESET : missed ? GapReason.EXPIRED : null;
        if (starting) {
            greet(stream, gap == null ? asked : null);
        }
        if (gap != null) {
            tellGap(stream, gap, asked.toString(), resumedAt(slice, result.after()));
        }
        EventId upTo = writeSlice(stream, slice);
        if (stream.state != HubStream.State.ENDED) {
            shard.regroup(stream);
            stream.cursor = upTo.isAfter(stream.cursor) ? upTo : stream.cursor;
            stream.position = shard.window.indexAfter(stream.cursor);
            ready(stream);
        }
    }

    /** Where reading goes on after a gap: behind what is gone, but never behind what is still to come. */
    private static EventId resumedAt(LogSlice slice, EventId after) {
        EventId removed = slice.removedTo();
        if (removed == null || !after.isBefore(removed)) {
            return after;
        }
        List<LogEntry> kept = slice.entries();
        boolean olderIsKept = !kept.isEmpty() && !kept.get(0).id().isAfter(removed);
        return olderIsKept ? after : removed;
    }

    /** Writes what was read, up to the first control entry, after which the stream's interest is another. */
    private EventId writeSlice(HubStream stream, LogSlice slice) {
        int size = 0;
        int count = 0;
        EventId upTo = slice.scannedTo();
        for (LogEntry entry : slice.entries()) {
            if (ControlEvents.isControl(entry)) {
                stream.obey(entry);
                upTo = entry.id();
                break;
            }
            size += entry.frame().length;
            count++;
        }
        if (count > 0) {
            ByteBuf bytes = shard.allocator.directBuffer(size, size);
            try {
                List<LogEntry> written = slice.entries().subList(0, count);
                written.forEach(entry -> bytes.writeBytes(entry.frame()));
                stream.write(new Segment.Frames(bytes, written.get(count - 1).id()), Math.max(stream.position, 0));
            } finally {
                bytes.release();
            }
        }
        return upTo;
    }

    void close() {
        line.clear();
        unread.clear();
        ahead.clear();
    }
}
