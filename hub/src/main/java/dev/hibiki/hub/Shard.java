// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.hub.StreamRequest.Member;
import dev.hibiki.log.EventId;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one event loop, and their one place in the log.
 *
 * <p>A shard is itself a reader: woken once, however many events came, it reads the window from its place, hands batch after batch to
 * its live streams ({@link FanOut}), and in between brings forward those that are behind ({@link CatchUp}). A live stream has no
 * place of its own. A stream goes live only between batches, when its place equals the shard's, so there is no seam to fall through.
 *
 * <p>Everything here belongs to the loop, except {@link #wake} and {@link #position}. No locks, and no timer per stream.
 */
final class Shard {

    final EventExecutor loop;
    final Window window;
    final FrameBuffers buffers = new FrameBuffers();
    final Routes routes = new Routes();
    final FanOut fanOut;
    final CatchUp catchUp;
    final KeepAlive keepAlive;
    final Presence presence;
    final Tally tally = new Tally();
    final PendingBytes pendingBytes;

    /** How many events of feeds there were on the whole hub: makes their ids unique, even across a client's reconnects. */
    final AtomicLong feedEvents;

    final int maxChannels;

    private final Pacer pacer;
    private final AtomicBoolean awake = new AtomicBoolean();

    private final Map<Interest, Cohort> cohorts = new HashMap<>();
    private final Map<String, List<HubStream>> byPrivateChannel = new HashMap<>();

    /** How many of the open streams are not live. */
    int behind;

    private EventId place;
    private boolean closed;

    /** Once draining: where the delays come from that are told to streams which open too late; else null. */
    private @Nullable Random draining;

    /** Completes when it was drained and no stream is left; awaited by other threads. */
    final CompletableFuture<Void> drained = new CompletableFuture<>();

    /** How many streams are open; read by other threads. */
    private final AtomicInteger streams = new AtomicInteger();

    /** The index after the last entry that was handed to all live streams; read by other threads, which must not wait for it. */
    private volatile long position;

    Shard(
            EventExecutor loop,
            Window window,
            LogReaders readers,
            HubSettings settings,
            Presence presence,
            Pacer pacer,
            AtomicLong feedEvents) {
        this.loop = loop;
        this.window = window;
        this.presence = presence;
        this.pacer = pacer;
        this.feedEvents = feedEvents;
        this.maxChannels = settings.maxChannels();
        this.pendingBytes = new PendingBytes(settings.pendingBytes());
        this.fanOut = new FanOut(this);
        this.catchUp = new CatchUp(this, readers);
        this.keepAlive = new KeepAlive(this, settings);
        Window.Position end = window.end();
        this.position = end.index();
        this.place = end.place();
    }

    /** There may be something to do: new entries, or a stream that can go on. From any thread; at most one turn waits at a time. */
    void wake() {
        if (!awake.get() && awake.compareAndSet(false, true)) {
            try {
                loop.execute(this::turn);
            } catch (RejectedExecutionException stopped) {
                awake.set(false); // the loop is shutting down and its streams with it
            }
        }
    }

    /** One slice of the live streams' batch, or, between batches, of catching up; then the loop's sockets have their turn. */
    private void turn() {
        awake.set(false);
        boolean more = fanOut.step();
        if (!fanOut.inProgress()) {
            more |= catchUp.run();
        }
        pacer.progressed();
        if (more && awake.compareAndSet(false, true)) {
            // Not execute(): a loop runs all of its tasks, those added meanwhile too, before it looks at its sockets
            // again.
            var unused = loop.schedule(this::turn, 0, TimeUnit.NANOSECONDS);
        }
    }

    /** The index after the shard's place. */
    long position() {
        return position;
    }

    EventId place() {
        return place;
    }

    /** All live streams were handed everything up to here. */
    void moveTo(long newPosition, EventId newPlace) {
        place = newPlace;
        position = newPosition;
        catchUp.reached(newPlace);
    }

    /** The window has dropped what the shard had not read yet: all its live streams fall behind, and it goes on at the end. */
    void lapped() {
        for (Cohort cohort : cohorts.values()) {
            for (int slot = 0; slot < cohort.slots(); slot++) {
                HubStream stream = cohort.at(slot);
                if (stream != null) {
                    stream.fallBehind(-1, place);
                    stream.writable();
                }
            }
        }
        Window.Position end = window.end();
        moveTo(end.index(), end.place());
    }

    // ---- streams come and go

    int streams() {
        return streams.get();
    }

    /** Takes in a stream that was just made. */
    void adopt(HubStream stream) {
        streams.incrementAndGet();
        behind++;
        for (String channel : stream.privateChannels) {
            byPrivateChannel.computeIfAbsent(channel, key -> new ArrayList<>(1)).add(stream);
        }
        keepAlive.add(stream);
        // It may have come through the door while that was being shut.
        if (closed) {
            stream.end(EndReason.STOPPING);
        } else if (draining != null) {
            Drain.end(stream, draining);
        }
    }

    /** The cohort of an interest, with one more member. */
    Cohort cohortOf(Interest interest) {
        Cohort cohort = cohorts.get(interest);
        if (cohort == null) {
            cohort = new Cohort(interest);
            cohorts.put(interest, cohort);
            routes.add(cohort);
        }
        cohort.members++;
        return cohort;
    }

    private void leaveCohort(Cohort cohort) {
        if (--cohort.members == 0) {
            cohorts.remove(cohort.interest);
            routes.remove(cohort);
        }
    }

    /** Puts a stream whose interest has changed among those who share it. Never during a fan-out if the stream is live. */
    void regroup(HubStream stream) {
        if (!stream.interest.equals(stream.cohort.interest)) {
            Cohort next = cohortOf(stream.interest);
            if (stream.state == HubStream.State.LIVE) {
                stream.cohort.leave(stream);
                next.join(stream);
            }
            leaveCohort(stream.cohort);
            stream.cohort = next;
        }
    }

    /** A stream that is behind has come to the shard's place. Never during a fan-out. */
    void goLive(HubStream stream) {
        stream.state = HubStream.State.LIVE;
        stream.cohort.join(stream);
        behind--;
        pendingBytes.release(stream);
    }

    /** The stream has ended. Its slot in a cohort is only emptied, so this may happen during a fan-out. */
    void forget(HubStream stream) {
        if (stream.state == HubStream.State.LIVE) {
            stream.cohort.leave(stream);
        } else {
            behind--;
        }
        pendingBytes.release(stream);
        if (streams.decrementAndGet() == 0 && draining != null) {
            drained.complete(null);
        }
        leaveCohort(stream.cohort);
        keepAlive.remove(stream);
        for (String channel : stream.privateChannels) {
            List<HubStream> sharing = byPrivateChannel.get(channel);
            if (sharing != null && sharing.remove(stream) && sharing.isEmpty()) {
                byPrivateChannel.remove(channel);
            }
        }
        presence.left(stream);
        if (stream.client != null) {
            stream.client.left(stream);
        }
    }

    /** Whether nothing at all is kept of streams that are gone. */
    boolean isEmpty() {
        return cohorts.isEmpty()
                && byPrivateChannel.isEmpty()
                && routes.isEmpty()
                && catchUp.isIdle()
                && keepAlive.all().isEmpty()
                && behind == 0
                && pendingBytes.sum() == 0
                && streams.get() == 0;
    }

    /** The streams of a client's or a user's own channel. */
    List<HubStream> ofPrivateChannel(String channel) {
        return byPrivateChannel.getOrDefault(channel, List.of());
    }

    /** Adds to the counts how many streams read each channel: by its name, or by a pattern where the channel is counted anyway. */
    void countInto(Map<String, Integer> streamsOfChannel) {
        for (Cohort cohort : cohorts.values()) {
            for (String channel : cohort.interest.channels()) {
                streamsOfChannel.merge(channel, cohort.members, Integer::sum);
            }
        }
    }

    /** Adds the users of streams that name a channel, and for one channel of those that read it by a pattern too. */
    void usersInto(Map<String, Set<Member>> usersOfChannel, @Nullable String only) {
        for (HubStream stream : keepAlive.all()) {
            Member member = stream.member;
            if (member == null) {
                continue;
            }
            if (only == null) {
                stream.interest.channels().forEach(channel -> add(usersOfChannel, channel, member));
            } else if (stream.interest.matches(only)) {
                add(usersOfChannel, only, member);
            }
        }
    }

    private static void add(Map<String, Set<Member>> usersOfChannel, String channel, Member member) {
        Set<Member> users = usersOfChannel.computeIfAbsent(channel, first -> new LinkedHashSet<>());
        if (users.size() < Presence.CROWD) {
            users.add(member);
        }
    }

    /** How many streams read a channel, by name or by pattern. */
    int count(String channel) {
        int count = 0;
        for (Cohort cohort : routes.to(channel)) {
            count += cohort.members;
        }
        return count + ofPrivateChannel(channel).size();
    }

    /** Ends the streams one by one, and any stream that opens from now on at once; see {@link Drain}. */
    void drain(Duration over, Random random) {
        draining = random;
        Drain.start(this, over, random);
        if (streams() == 0) {
            drained.complete(null);
        }
    }

    /** Ends every stream, and the ticking. */
    void close(EndReason reason) {
        closed = true;
        keepAlive.stop();
        for (HubStream stream : keepAlive.all()) {
            stream.end(reason);
        }
        catchUp.close();
        fanOut.close();
    }
}
