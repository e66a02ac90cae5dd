// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.event.EventEncoder;
import dev.hibiki.log.EventId;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps quiet streams alive, moves their cursors, and finds peers that stall: one timing wheel for all streams of a shard.
 *
 * <p>A stream stands in the bucket of the tick at which it would be due if nothing were written until then. A write only notes the
 * tick; when the bucket comes up, a stream that was written to meanwhile is put into its later bucket. So an event costs one
 * store, an idle stream one visit per heartbeat, and no stream has a timer. Belongs to the loop.
 */
final class KeepAlive {

    /** Ticks in one heartbeat. */
    private static final int TICKS = 16;

    /**
     * A write falls between two ticks, so only one tick more makes sure that a whole heartbeat has passed: a comment comes at most
     * a sixteenth late.
     */
    private static final int QUIET_TICKS = TICKS + 1;

    private static final int BUCKETS = 2 * TICKS;

    /** The log has moved on when a quiet stream's last id is this old, or has this many entries after it. */
    private static final long STALE_MILLIS = 60_000;

    private static final long STALE_ENTRIES = 1_000;

    private final Shard shard;
    private final byte[] heartbeat;
    private final long stallTicks;
    private final ScheduledFuture<?> ticking;
    private final @Nullable HubStream[] buckets = new @Nullable HubStream[BUCKETS];
    private long now;

    KeepAlive(Shard shard, HubSettings settings) {
        this.shard = shard;
        this.heartbeat = EventEncoder.comment(settings.heartbeatText());
        long tickNanos = settings.heartbeat().toNanos() / TICKS;
        this.stallTicks = Math.max(1, settings.stallLimit().toNanos() / tickNanos);
        this.ticking = shard.loop.scheduleAtFixedRate(this::tick, tickNanos, tickNanos, TimeUnit.NANOSECONDS);
    }

    /** The present tick. */
    long now() {
        return now;
    }

    void add(HubStream stream) {
        stream.lastWrite = now;
        link(stream, now + QUIET_TICKS);
    }

    /** A stream's socket is full: from now on it is checked whether its peer takes anything. */
    void blocked(HubStream stream) {
        noteTaken(stream);
        if (stream.wheelBucket >= 0) {
            unlink(stream);
            link(stream, Math.max(now + 1, nextVisit(stream)));
        }
    }

    void remove(HubStream stream) {
        if (stream.wheelBucket >= 0) {
            unlink(stream);
        }
    }

    /** All streams of the shard. */
    List<HubStream> all() {
        var all = new ArrayList<HubStream>();
        for (HubStream first : buckets) {
            for (HubStream stream = first; stream != null; stream = stream.wheelNext) {
                all.add(stream);
            }
        }
        return all;
    }

    void stop() {
        ticking.cancel(false);
    }

    private void tick() {
        now++;
        int bucket = (int) (now % BUCKETS);
        HubStream stream;
        while ((stream = buckets[bucket]) != null) { // one by one: to end one stream may end others
            unlink(stream);
            visit(stream);
        }
    }

    private void visit(HubStream stream) {
        if (stalls(stream)) {
            stream.end(EndReason.STALLED);
            return;
        }
        if (stream.takes() && now - stream.lastWrite >= QUIET_TICKS) {
            sayAlive(stream);
        }
        if (stream.state != HubStream.State.ENDED) {
            link(stream, Math.max(now + 1, nextVisit(stream)));
        }
    }

    /** Whether its peer has taken no byte for too long. The unsent bytes may have grown meanwhile, by what was written. */
    private boolean stalls(HubStream stream) {
        noteTaken(stream);
        return now - stream.takenAt >= stallTicks;
    }

    private void noteTaken(HubStream stream) {
        long unsent = stream.outlet.unsentBytes();
        long taken = stream.written - unsent;
        if (unsent == 0 || taken > stream.taken) {
            stream.taken = taken;
            stream.takenAt = now;
        }
    }

    private long nextVisit(HubStream stream) {
        long heartbeat = stream.lastWrite + QUIET_TICKS;
        long look = now + Math.min(TICKS, stallTicks);
        return heartbeat > now ? Math.min(heartbeat, look) : look;
    }

    private void sayAlive(HubStream stream) {
        boolean reads = stream.greeting != StreamRequest.Greeting.FEED && stream.greeted;
        EventId place = stream.place();
        if (reads && isStale(stream.lastId, place)) {
            stream.writePlace(ControlEvents.cursor(place), place);
        } else {
            stream.writeAlone(heartbeat);
        }
    }

    private boolean isStale(EventId last, EventId place) {
        if (place.millis() - last.millis() >= STALE_MILLIS) {
            return true;
        }
        long from = shard.window.indexAfter(last);
        long to = shard.window.indexAfter(place);
        return from < 0 ? to >= 0 : to - from >= STALE_ENTRIES; // from before the window: about as many, or more
    }

    private void link(HubStream stream, long due) {
        int bucket = (int) (Math.min(due, now + BUCKETS - 1) % BUCKETS);
        HubStream first = buckets[bucket];
        stream.wheelBucket = bucket;
        stream.wheelPrevious = null;
        stream.wheelNext = first;
        if (first != null) {
            first.wheelPrevious = stream;
        }
        buckets[bucket] = stream;
    }

    private void unlink(HubStream stream) {
        HubStream next = stream.wheelNext;
        HubStream previous = stream.wheelPrevious;
        if (next != null) {
            next.wheelPrevious = previous;
        }
        if (previous != null) {
            previous.wheelNext = next;
        } else {
            buckets[stream.wheelBucket] = next;
        }
        stream.wheelBucket = -1;
        stream.wheelNext = null;
        stream.wheelPrevious = null;
    }
}
