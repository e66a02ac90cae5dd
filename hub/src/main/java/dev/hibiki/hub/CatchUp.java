// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.hub.ControlEvents.GapReason;
import dev.hibiki.hub.StreamRequest.From;
import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.LogSlice;
import dev.hibiki.log.ReadBudget;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Brings the streams of a shard that are behind up to the shard's place: the one way to become live, for a stream that is new, one
 * that comes back, and one that was slow.
 *
 * <p>Streams that can be written to stand in line, and each gets one segment at its turn, so thousands share the loop
 * fairly. From the window a segment costs no more than being live: segments end at fixed indexes, so streams that began at
 * different places soon read the same ones, whose bytes are made once per turn for all. A stream that is further behind than
 * the window reaches, or than the log keeps (the window may hold what the log has removed), reads the log itself, on a
 * reader thread. Nothing past the shard's place is ever handed out here.
 */
final class CatchUp {

    /** How long one turn may take. */
    private static final long NANOS = 2_000_000;

    private static final ReadBudget BUDGET = new ReadBudget(Segment.ENTRIES, Segment.BYTES);

    /** How much a stream is given at its turn while {@link PendingBytes} is tight; always at least one event. */
    private static final int PIECE_BYTES = 4 << 10;

    private static final ReadBudget PIECE = new ReadBudget(Segment.ENTRIES, PIECE_BYTES);

    /** How often sockets that had not taken everything are checked again meanwhile, because they do not report when they have. */
    private static final long LOOK_AGAIN_MILLIS = 50;

    private final Shard shard;
    private final LogReaders readers;

    /** Streams that can be given their next segment now. */
    private final ArrayDeque<HubStream> line = new ArrayDeque<>();

    private final PendingReads reads;
    private final Beginnings beginnings;
    private final List<HubStream> ahead = new ArrayList<>();

    /**
     * Streams that are given nothing until their sockets have taken everything; {@link HubStream.State#BLOCKED} unless their state
     * changed since.
     */
    private final ArrayDeque<HubStream> untaken = new ArrayDeque<>();

    private @Nullable ScheduledFuture<?> lookAgain;

    /** The segments of this turn by the index of their first entry; those that are only a piece by its bitwise complement. */
    private final Map<Long, Segment> segments = new HashMap<>();

    CatchUp(Shard shard, LogReaders readers) {
        this.shard = shard;
        this.readers = readers;
        this.reads = new PendingReads(shard, readers);
        this.beginnings = new Beginnings(shard, readers, reads, this);
    }

    /** Starts a new stream; see {@link Beginnings#start}. */
    void start(HubStream stream, From from, Window.Position end, @Nullable EventId place) {
        beginnings.start(stream, from, end, place);
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
        Runnable beginning = stream.beginning;
        if (!stream.takes()) {
            stream.state = HubStream.State.BLOCKED;
            shard.keepAlive.blocked(stream);
        } else if (beginning != null) {
            stream.beginning = null;
            beginning.run();
        } else if (stream.position == shard.position()) {
            shard.goLive(stream);
        } else if (stream.position > shard.position()) {
            wait(stream);
        } else if (!mayBeGiven(stream)) {
            untaken.add(stream);
            stream.state = HubStream.State.BLOCKED;
            lookAgain();
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
        boolean isTight = shard.pendingBytes.isTight();
        long key = isTight ? ~index : index;
        Segment known = segments.get(key);
        if (known == null) {
            long fixedEnd = (index / Segment.ENTRIES + 1) * Segment.ENTRIES;
            int bytes = isTight ? PIECE_BYTES : Segment.BYTES;
            known = Segment.read(shard.window, index, Math.min(fixedEnd, shard.position()), bytes);
            if (known != null) {
                segments.put(key, known);
            }
        }
        return known;
    }

    /** Whether a stream's pending bytes allow more of them. */
    private boolean mayBeGiven(HubStream stream) {
        shard.pendingBytes.look(stream);
        return stream.pendingBytes == 0 || !shard.pendingBytes.isTight();
    }

    private void lookAgain() {
        if (lookAgain == null && !shard.loop.isShuttingDown()) {
            lookAgain = shard.loop.schedule(
                    () -> {
                        lookAgain = null;
                        untaken.forEach(HubStream::writable);
                        untaken.clear();
                    },
                    LOOK_AGAIN_MILLIS,
                    TimeUnit.MILLISECONDS);
        }
    }

    private void give(HubStream stream, Segment segment) {
        Segment.Frames frames = segment.hasPrivate(stream.privateChannels)
                ? segment.frames(stream.select(segment), shard.buffers)
                : segment.frames(stream.cohort, shard.buffers);
        if (frames != null) {
            stream.write(frames);
            shard.pendingBytes.look(stream);
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

    /** The shard has come to a place: streams that waited for it go on from where they are. */
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

    // ---- reading the log

    /** Reads the log for a stream from its place on. */
    void read(HubStream stream) {
        reads.add(stream, () -> nextRead(stream), result -> finishRead(stream, result));
    }

    private Callable<LogReaders.Result> nextRead(HubStream stream) {
        EventId after = stream.cursor;
        EventId upTo = shard.place();
        var filter = stream.interest.and(stream.privateChannels);
        ReadBudget budget = shard.pendingBytes.isTight() ? PIECE : BUDGET;
        return () -> readers.read(after, upTo, filter, budget);
    }

    private void finishRead(HubStream stream, LogReaders.Result result) {
        if (!stream.takes()) {
            stream.state = HubStream.State.BLOCKED; // what was read is read again when its socket drains
        } else if (result.kind() == LogReaders.Kind.AHEAD) {
            if (!stream.greeted) {
                Beginnings.greet(stream, stream.cursor);
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
            beginnings.tellGap(stream, GapReason.LOG_RESET, asked.toString(), resumedAt(slice, after));
        } else if (slice.missedSince(after) && slice.scannedTo().isAfter(after)) { // else the next read tells it
            beginnings.tellGap(stream, GapReason.EXPIRED, asked.toString(), resumedAt(slice, after));
        } else if (!stream.greeted) {
            Beginnings.greet(stream, asked);
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

    /** Where reading goes on after a gap: after what is gone, but never past what is still to come or was not looked at. */
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

    /** Writes what was read, up to the first control entry, which changes the stream's interest. */
    private EventId writeSlice(HubStream stream, LogSlice slice) {
        var written = new ArrayList<LogEntry>(slice.entries().size());
        EventId upTo = slice.scannedTo();
        for (LogEntry entry : slice.entries()) {
            if (ControlEvents.isControl(entry)) {
                stream.obey(entry);
                upTo = entry.id();
                break;
            }
            if (stream.reads(entry)) {
                written.add(entry);
            }
        }
        if (!written.isEmpty()) {
            ByteBuf bytes = shard.buffers.of(written);
            try {
                stream.write(new Segment.Frames(
                        bytes, written.size(), written.get(written.size() - 1).id()));
                shard.pendingBytes.look(stream);
            } finally {
                bytes.release();
            }
        }
        return upTo;
    }

    /** Whether no stream is in line, and none waits for anything. */
    boolean isIdle() {
        return line.isEmpty() && ahead.isEmpty() && untaken.isEmpty() && reads.isEmpty();
    }

    void close() {
        line.clear();
        reads.close();
        ahead.clear();
        untaken.clear();
        if (lookAgain != null) {
            lookAgain.cancel(false);
        }
    }
}
