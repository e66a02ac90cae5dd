// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.hub.ControlEvents.GapReason;
import dev.hibiki.hub.StreamRequest.From;
import dev.hibiki.hub.StreamRequest.From.After;
import dev.hibiki.hub.StreamRequest.From.Newest;
import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.LogSlice;
import dev.hibiki.log.ReadBudget;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Brings the streams of a shard that are behind up to the shard's place: the one way to become live, for a stream that is new, one
 * that comes back, and one that was slow.
 *
 * <p>Streams that can be written to stand in line, and each gets one segment at its turn, so thousands share the loop fairly. From the
 * window a segment costs no more than being live: segments end at fixed indexes, so that streams that began at different places soon
 * read the same ones, whose bytes are made once per turn for all. Who is further behind than the window reaches, or than the log keeps
 * (the window may hold what the log has removed), reads the log itself, on a reader thread. Nothing past the shard's place is ever handed out here.
 */
final class CatchUp {

    /** How long one turn may take. */
    private static final long NANOS = 2_000_000;

    private static final byte[] NOTHING = {};

    private static final ReadBudget BUDGET = new ReadBudget(Segment.ENTRIES, Segment.BYTES);

    private final Shard shard;
    private final LogReaders readers;

    /** Streams that can be given their next segment now. */
    private final ArrayDeque<HubStream> line = new ArrayDeque<>();

    private final PendingReads reads;
    private final List<HubStream> ahead = new ArrayList<>();

    /** The segments of this turn by the index of their first entry. */
    private final Map<Long, Segment> segments = new HashMap<>();

    CatchUp(Shard shard, LogReaders readers) {
        this.shard = shard;
        this.readers = readers;
        this.reads = new PendingReads(shard, readers);
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
        if (line.isEmpty()) {
            return false;
        }
        long deadline = System.nanoTime() + NANOS;
        EventId floor = readers.floor();
        int streams = 0;
        HubStream stream;
        while ((stream = line.poll()) != null) {
            if (stream.state == HubStream.State.READY) {
                advance(stream, floor);
            }
            if (++streams % 16 == 0 && System.nanoTime() > deadline) {
                break;
            }
        }
        segments.values().forEach(Segment::release);
        segments.clear();
        return !line.isEmpty();
    }

    private void advance(HubStream stream, EventId floor) {
        if (!stream.takes()) {
            stream.state = HubStream.State.BLOCKED;
        } else if (stream.position == shard.position()) {
            shard.goLive(stream);
        } else if (stream.position > shard.position()) {
            wait(stream);
        } else {
            boolean inWindow = stream.position >= shard.window.oldest() && !stream.cursor.isBefore(floor);
            Segment segment = inWindow ? segmentAt(stream.position) : null;
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
            stream.write(frames);
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

    /**
     * Starts a new stream.
     *
     * @param place the place that {@code from} says, as far as it can be told without the log
     */
    void start(HubStream stream, From from, Window.Position end, @Nullable EventId place) {
        if (from instanceof Newest newest && newest.count() > 0) {
            startBeforeNewest(stream, newest.count(), end.place());
        } else if (place != null) {
            startAfter(stream, place);
        } else if (from instanceof After unknown) {
            tellGap(stream, GapReason.UNKNOWN_ID, unknown.lastEventId(), end.place());
            ready(stream);
        } else {
            greet(stream, end.place());
            ready(stream);
        }
    }

    private void startBeforeNewest(HubStream stream, int count, EventId end) {
        reads.add(
                stream,
                () -> {
                    var filter = stream.interest.and(stream.privateChannels);
                    return () -> readers.beforeNewest(filter, count, end);
                },
                place -> {
                    if (stream.takes()) {
                        startAfter(stream, place);
                    } else {
                        stream.cursor = place;
                        stream.position = -1;
                        stream.state = HubStream.State.BLOCKED;
                    }
                });
    }

    /** Starts a stream at a place, which a client may have brought. */
    private void startAfter(HubStream stream, EventId asked) {
        Window.Position end = shard.window.end();
        boolean ours = asked.sameIncarnation(end.place());
        boolean kept = ours && !asked.isAfter(end.place()) && !asked.isBefore(readers.floor());
        stream.cursor = asked;
        stream.position = kept ? shard.window.indexAfter(asked) : -1;
        if (stream.position >= 0) {
            greet(stream, asked);
            ready(stream);
        } else {
            read(stream);
        }
    }

    private static void greet(HubStream stream, EventId start) {
        stream.writePlace(greeting(stream, start), start);
        stream.greeted = true;
    }

    /** Says that something may be missing; at the start of a stream in one write with its greeting, which then has no place to give. */
    private void tellGap(HubStream stream, GapReason reason, String after, EventId resumedAt) {
        shard.tally.gap(reason);
        byte[] gap = ControlEvents.gap(reason, after, resumedAt);
        byte[] frames = stream.greeted ? gap : concat(greeting(stream, null), gap);
        stream.cursor = resumedAt;
        stream.writePlace(frames, resumedAt);
        stream.greeted = true;
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static byte[] greeting(HubStream stream, @Nullable EventId start) {
        return switch (stream.greeting) {
            case CONNECTED -> ControlEvents.connected(stream.clientId(), System.currentTimeMillis(), start);
            case CURSOR -> start == null ? NOTHING : ControlEvents.start(start);
            case FEED -> NOTHING; // begins with its first event
        };
    }

    // ---- reading the log

    private void read(HubStream stream) {
        reads.add(stream, () -> nextRead(stream), result -> finishRead(stream, result));
    }

    private Callable<LogReaders.Result> nextRead(HubStream stream) {
        EventId after = stream.cursor;
        EventId upTo = shard.place();
        var filter = stream.interest.and(stream.privateChannels);
        return () -> readers.read(after, upTo, filter, BUDGET);
    }

    private void finishRead(HubStream stream, LogReaders.Result result) {
        if (!stream.takes()) {
            stream.state = HubStream.State.BLOCKED; // what was read is read again when its socket drains
        } else if (result.kind() == LogReaders.Kind.AHEAD) {
            if (!stream.greeted) {
                greet(stream, stream.cursor);
            }
            wait(stream);
            reached(shard.place());
        } else {
            take(stream, result, result.slice());
        }
    }

    private void take(HubStream stream, LogReaders.Result result, LogSlice slice) {
        EventId asked = stream.cursor;
        EventId after = result.after();
        if (result.kind() == LogReaders.Kind.RESET) {
            tellGap(stream, GapReason.LOG_RESET, asked.toString(), resumedAt(slice, after));
        } else if (slice.missedSince(after) && slice.scannedTo().isAfter(after)) { // else the next read tells it
            tellGap(stream, GapReason.EXPIRED, asked.toString(), resumedAt(slice, after));
        } else if (!stream.greeted) {
            greet(stream, asked);
        }
        if (stream.takes()) {
            EventId upTo = writeSlice(stream, slice);
            stream.cursor = upTo.isAfter(stream.cursor) ? upTo : stream.cursor;
        }
        if (stream.state != HubStream.State.ENDED) {
            shard.regroup(stream);
            stream.position = shard.window.indexAfter(stream.cursor);
            ready(stream);
        }
    }

    /** Where reading goes on after a gap: behind what is gone, but never behind what is still to come, or was not looked at. */
    private static EventId resumedAt(LogSlice slice, EventId after) {
        EventId removed = slice.removedTo();
        if (removed == null || !after.isBefore(removed)) {
            return after;
        }
        List<LogEntry> kept = slice.entries();
        boolean olderIsKept = !kept.isEmpty() && !kept.get(0).id().isAfter(removed);
        if (olderIsKept) {
            return after;
        }
        return removed.isAfter(slice.scannedTo()) ? slice.scannedTo() : removed;
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
                stream.write(
                        new Segment.Frames(bytes, count, written.get(count - 1).id()));
            } finally {
                bytes.release();
            }
        }
        return upTo;
    }

    /** Whether no stream is in line, and none waits for anything. */
    boolean isIdle() {
        return line.isEmpty() && ahead.isEmpty() && reads.isEmpty();
    }

    void close() {
        line.clear();
        reads.close();
        ahead.clear();
    }
}
