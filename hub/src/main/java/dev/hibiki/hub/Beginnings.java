// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.hub.ControlEvents.GapReason;
import dev.hibiki.hub.StreamRequest.From;
import dev.hibiki.hub.StreamRequest.From.After;
import dev.hibiki.hub.StreamRequest.From.Newest;
import dev.hibiki.log.EventId;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How the streams of a shard begin: from what a request asks for to a place in the log, at which {@link CatchUp} takes over.
 *
 * <p>If the place is the log's end, or one that the window still reaches, this is done in the same turn. Otherwise the log
 * is asked first: whether it knows the place, where its newest events begin, or what a client had added to its stream by way
 * of another hub. Until all is known the stream says nothing, because its first event carries the place. By then its socket
 * may have filled up; then it begins when that drains. Belongs to the loop.
 */
final class Beginnings {

    private static final byte[] NOTHING = {};

    private final Shard shard;
    private final LogReaders readers;
    private final PendingReads reads;
    private final CatchUp catchUp;

    Beginnings(Shard shard, LogReaders readers, PendingReads reads, CatchUp catchUp) {
        this.shard = shard;
        this.readers = readers;
        this.reads = reads;
        this.catchUp = catchUp;
    }

    /**
     * Starts a new stream.
     *
     * @param place the place that {@code from} means, or null if that cannot be told without the log
     */
    void start(HubStream stream, From from, Window.Position end, @Nullable EventId place) {
        Clients.Client client = stream.client;
        if (client != null && client.needsRecall()) {
            recall(stream, client, place == null ? end.place() : place, () -> begin(stream, from, end, place));
        } else {
            begin(stream, from, end, place);
        }
    }

    /** Gives the stream the live channels that its client had by way of another hub, as of a place. */
    private void recall(HubStream stream, Clients.Client client, EventId place, Runnable beginning) {
        reads.add(
                stream,
                () -> {
                    EventId end = shard.window.end().place();
                    return () -> readers.controls(client.channel(), end);
                },
                controls -> {
                    client.recall(controls);
                    stream.change(stream.granted(stream.interest, client.interestAt(stream.interest, place)));
                    shard.regroup(stream);
                    whenItTakes(stream, beginning);
                });
    }

    /** The log has answered; but the socket may have filled up meanwhile. */
    private static void whenItTakes(HubStream stream, Runnable beginning) {
        if (stream.takes()) {
            beginning.run();
        } else {
            stream.beginning = beginning;
            stream.state = HubStream.State.BLOCKED;
        }
    }

    private void begin(HubStream stream, From from, Window.Position end, @Nullable EventId place) {
        if (from instanceof Newest newest && newest.count() > 0) {
            startBeforeNewest(stream, newest.count(), end.place());
        } else if (place != null) {
            startAfter(stream, place);
        } else if (from instanceof After unknown) {
            tellGap(stream, GapReason.UNKNOWN_ID, unknown.lastEventId(), end.place());
            catchUp.ready(stream);
        } else {
            greet(stream, end.place());
            catchUp.ready(stream);
        }
    }

    private void startBeforeNewest(HubStream stream, int count, EventId end) {
        reads.add(
                stream,
                () -> {
                    var filter = stream.interest.and(stream.privateChannels);
                    return () -> readers.beforeNewest(filter, count, end);
                },
                place -> whenItTakes(stream, () -> startAfter(stream, place)));
    }

    /** Starts a stream at a place, which a client may have brought: so unless this turn can tell that it is sound, the log judges it. */
    private void startAfter(HubStream stream, EventId asked) {
        Window.Position end = shard.window.end();
        boolean ours = asked.sameIncarnation(end.place());
        boolean kept = ours
                && !asked.isAfter(end.place())
                && !asked.isBefore(readers.floor())
                && readers.surviving(asked).equals(asked);
        stream.cursor = asked;
        stream.position = kept ? shard.window.indexAfter(asked) : -1;
        if (stream.position >= 0) {
            greet(stream, asked);
            catchUp.ready(stream);
        } else {
            catchUp.read(stream);
        }
    }

    // ---- what a stream says first, and after a gap

    static void greet(HubStream stream, EventId start) {
        stream.writePlace(greeting(stream, start), start);
        stream.greeted = true;
    }

    /** Says that something may be missing; at the start of a stream in one write with its greeting, which then carries no place. */
    void tellGap(HubStream stream, GapReason reason, String after, EventId resumedAt) {
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
}
