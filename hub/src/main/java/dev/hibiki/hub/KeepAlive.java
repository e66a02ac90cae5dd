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

    /** Ticks in one heartbeat: a comment comes at most a sixteenth late. */
    private static final int TICKS = 16;

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
        link(stream, now + TICKS);
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
        HubStream stream = buckets[bucket];
        buckets[bucket] = null;
        while (stream != null) {
            HubStream next = stream.wheelNext;
            stream.wheelBucket = -1;
            stream.wheelNext = null;
            stream.wheelPrevious = null;
            visit(stream);
            stream = next;
        }
    }

    private void visit(HubStream stream) {
        if (stream.state == HubStream.State.ENDED) {
            return;
        }
        if (stalls(stream)) {
            stream.end(EndReason.STALLED);
            return;
        }
        if (stream.takes() && now - stream.lastWrite >= TICKS) {
            sayAlive(stream);
        }
        if (stream.state != HubStream.State.ENDED) {
            link(stream, Math.max(now + 1, nextVisit(stream)));
        }
    }

    /** Whether its peer has taken no byte for too long. */
    private boolean stalls(HubStream stream) {
        long unsent = stream.outlet.unsentBytes();
        if (unsent == 0 || unsent != stream.unsentBytes) {
            stream.unsentBytes = unsent;
            stream.stalledSince = now;
        }
        return now - stream.stalledSince >= stallTicks;
    }

    private long nextVisit(HubStream stream) {
        return stream.unsentBytes > 0 ? now + Math.min(TICKS, stallTicks) : Math.min(stream.lastWrite, now) + TICKS;
    }

    private void sayAlive(HubStream stream) {
        boolean reads = stream.greeting != StreamRequest.Greeting.FEED && stream.greeted;
        EventId place = stream.place();
        long index = stream.state == HubStream.State.LIVE ? shard.position() : Math.max(stream.position, 0);
        boolean stale = place.isAfter(stream.lastId)
                && (place.millis() - stream.lastId.millis() >= STALE_MILLIS
                        || index - stream.lastIndex >= STALE_ENTRIES);
        if (reads && stale) {
            stream.writePlace(ControlEvents.cursor(place), place, index);
        } else {
            stream.writeAlone(heartbeat);
        }
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
