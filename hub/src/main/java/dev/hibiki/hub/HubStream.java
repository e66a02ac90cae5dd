// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.event.EventEncoder;
import dev.hibiki.event.SseEvent;
import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import io.netty.buffer.ByteBuf;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One open stream: a reader of the log with a socket at its end.
 *
 * <p>A stream is either <em>live</em>: then its place is its shard's, and it stands in its cohort. Or it is behind: then it
 * has a place of its own, from which {@link CatchUp} brings it forward. It holds no events and no queue, only its place. All
 * of it belongs to the shard's loop, and every method is called there, except {@link #clientId}.
 */
public final class HubStream {

    /** Where a stream stands. Only {@link #LIVE} streams are in their cohort's array. */
    enum State {
        /** At the shard's place. */
        LIVE,
        /** Behind, and in line for its next segment. */
        READY,
        /** Behind, and its socket does not drain. */
        BLOCKED,
        /** Behind, and waits for a read of the log. */
        READING,
        /** At a place that the shard has not reached yet. */
        AHEAD,
        ENDED
    }

    final Shard shard;
    final Outlet outlet;

    private final String clientId;

    /** The channels that this stream alone reads: its client's and its user's. */
    final List<String> privateChannels;

    final StreamRequest.Greeting greeting;
    final StreamRequest.@Nullable Member member;

    /** What is remembered of the client, or null if nobody is told its id. */
    final Clients.@Nullable Client client;

    /** What may be added to what it reads, or null for anything. */
    private @Nullable Grant grant;

    State state = State.READY;

    /** How many of its bytes {@link PendingBytes} counts; 0 while it is live. */
    long pendingBytes;

    /** How it begins once its socket takes bytes, if it took none when all was known. */
    @Nullable
    Runnable beginning;

    /** Whether it has begun. Until then nothing is written: the log is being asked whether its place can be believed. */
    boolean greeted;

    /** What it reads besides its private channels. Differs from its cohort's for the rest of a batch that changed it. */
    Interest interest;

    Cohort cohort;
    int slot = -1;

    /** The batch in which it is served by itself, because something in it is for it alone. */
    long aloneInBatch = -1;

    /** Its place while it is behind: all up to here was written. */
    EventId cursor;

    /** The index of the next entry to read while it is behind, or -1 if that is not in the window. */
    long position;

    /** The last id that was written: decides when a cursor event is due. */
    EventId lastId;

    /** The last time something was written, in ticks of {@link KeepAlive}, and the stream's place in the wheel. */
    long lastWrite;

    @Nullable
    HubStream wheelNext;

    @Nullable
    HubStream wheelPrevious;

    int wheelBucket = -1;

    /** How many bytes were written, how many of them its peer had taken when it was looked at, and when that last rose, in ticks. */
    long written;

    long taken = Long.MIN_VALUE;
    long takenAt;

    private boolean frozen;

    HubStream(
            Shard shard,
            Outlet outlet,
            StreamRequest request,
            Clients.@Nullable Client client,
            Interest interest,
            List<String> privateChannels,
            Window.Position start) {
        this.shard = shard;
        this.outlet = outlet;
        this.clientId = client == null ? "" : client.id();
        this.client = client;
        this.grant = request.grant();
        this.interest = interest;
        this.privateChannels = privateChannels;
        this.greeting = request.greeting();
        this.member = request.member();
        this.cursor = start.place();
        this.position = start.index();
        this.lastId = start.place();
        this.cohort = shard.cohortOf(interest);
    }

    /** The id of this stream's client: unguessable, and for the client alone. */
    public String clientId() {
        return clientId;
    }

    /** The channel of what is sent to this stream's client. */
    String clientChannel() {
        return client == null ? "" : client.channel();
    }

    /**
     * Writes an event of the stream's own feed, which is in no log; its id is the stream's place with a number appended.
     *
     * @return false if the stream has ended, has not begun, or its socket does not drain: then the event was not written
     */
    public boolean send(SseEvent event) {
        if (state == State.ENDED || !greeted || !takes()) {
            return false;
        }
        String id = place() + "." + shard.feedEvents.incrementAndGet();
        writeAlone(EventEncoder.encode(event.withId(id)));
        shard.tally.delivered(1);
        return true;
    }

    /**
     * Bounds what the stream may read from now on, and takes away what it may no longer read, also among events that it has
     * not caught up with yet.
     *
     * @param bound what is granted, or null for anything
     */
    public void grant(@Nullable Grant bound) {
        grant = bound;
        narrow();
    }

    private void narrow() {
        if (state == State.ENDED) {
            return;
        }
        if (state == State.LIVE && shard.fanOut.inProgress()) {
            // Its place in the batch is its cohort's. Not execute(), for the reason that the shard's turn has.
            var unused = shard.loop.schedule(this::narrow, 1, TimeUnit.MILLISECONDS);
            return;
        }
        Interest after = granted(Interest.in(List.of(ChannelName.BROADCAST)), interest);
        if (!after.equals(interest)) {
            change(after);
            shard.regroup(this);
        }
    }

    /** Whether it may be given an entry: it may have been narrowed since the entry was read for it. */
    boolean reads(LogEntry entry) {
        return grant == null || privateChannels.contains(entry.channel()) || interest.matches(entry.channel());
    }

    /** What is left of a wider interest: what was there before, and whatever of the rest may be added. */
    Interest granted(Interest before, Interest wider) {
        return granted(grant, privateChannels, before, wider);
    }

    static Interest granted(@Nullable Grant grant, List<String> own, Interest before, Interest wider) {
        if (grant == null) {
            return wider;
        }
        Interest left = wider;
        for (Set<String> names : List.of(wider.channels(), wider.patterns())) {
            for (String readable : names) {
                if (!before.contains(readable) && !own.contains(readable) && !grant.covers(readable)) {
                    left = left.without(readable);
                }
            }
        }
        return left;
    }

    /** The socket drains again. */
    public void writable() {
        if (state == State.BLOCKED && takes()) {
            shard.catchUp.ready(this);
        }
    }

    /** Ends the stream from the server's side, through {@link Outlet#end}. */
    public void end(EndReason reason) {
        if (state != State.ENDED) {
            closed(reason);
            outlet.end(reason);
        }
    }

    /** The connection is gone: the hub forgets the stream. Calling this again does nothing. */
    public void closed(EndReason reason) {
        if (state != State.ENDED) {
            shard.forget(this);
            state = State.ENDED;
        }
    }

    /** Whether it can be written to now. */
    boolean takes() {
        return !frozen && outlet.isWritable();
    }

    /** The place up to which everything was written: never before the last id. */
    EventId place() {
        EventId reached = state == State.LIVE ? shard.place() : cursor;
        return lastId.isAfter(reached) ? lastId : reached;
    }

    /** Stops writing, or goes on. */
    void freeze(boolean on) {
        frozen = on;
        if (!on) {
            writable();
        }
    }

    /** Writes frames that other streams may share. */
    void write(Segment.Frames frames) {
        lastId = frames.last();
        write(frames.bytes());
        shard.tally.delivered(frames.events());
    }

    private void write(ByteBuf bytes) {
        lastWrite = shard.keepAlive.now();
        written += bytes.readableBytes();
        outlet.write(bytes);
        outlet.flush();
    }

    /** Writes frames of this stream alone, which leave its last id as it is. */
    void writeAlone(byte[] frame) {
        if (frame.length == 0) {
            return;
        }
        ByteBuf bytes = shard.buffers.of(frame);
        try {
            write(bytes);
        } finally {
            bytes.release();
        }
    }

    /** Writes a control event that carries a place, which is then the stream's last id. */
    void writePlace(byte[] frame, EventId place) {
        writeAlone(frame);
        lastId = place;
    }

    /** Falls behind at a place: all before it was written, nothing after it. */
    void fallBehind(long index, EventId place) {
        cohort.leave(this);
        position = index;
        cursor = place;
        state = State.BLOCKED;
        shard.keepAlive.blocked(this);
        shard.behind++;
        shard.pendingBytes.look(this);
        shard.tally.fellBehind();
    }

    /**
     * What this stream alone gets of a segment. A control entry in it changes the interest, from the next entry on.
     *
     * @return which entries
     */
    BitSet select(Segment segment) {
        var selection = new BitSet(segment.entries().size());
        for (int i = 0; i < segment.entries().size(); i++) {
            LogEntry entry = segment.entries().get(i);
            boolean mine = privateChannels.contains(entry.channel());
            if (ControlEvents.isControl(entry)) {
                if (mine) {
                    obey(entry);
                }
            } else if (mine || interest.matches(entry.channel())) {
                selection.set(i);
            }
        }
        return selection;
    }

    /** Changes the interest as a control entry says. The cohort follows when {@link Shard#regroup} is called. */
    void obey(LogEntry control) {
        Interest before = interest;
        Interest after = granted(before, ControlEvents.apply(control, before));
        if (after.size() > before.size() && after.size() > shard.maxChannels) {
            return; // too many were asked for while it was behind
        }
        change(after);
    }

    /** Changes the interest; see {@link #obey}. */
    void change(Interest after) {
        Interest before = interest;
        interest = after;
        shard.presence.changed(this, before, after);
    }
}
