// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.StreamRequest.Member;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells channels who joins and who leaves: of users, not of streams.
 *
 * <p>The first stream of a user on a channel joins; when the last one has gone, leaving is told only after a grace that is
 * longer than a reconnect takes, so a reload is neither a leave nor a join. A crowded channel is told only how many are
 * there, once a second at most. All of this is published like any event, so it has its place in the one order. Thread-safe;
 * not on the path of an event.
 */
final class Presence {

    /** From how many users on a channel is crowded. */
    static final int CROWD = 300;

    private final Interest patterns;
    private final long graceMillis;
    private final ScheduledExecutorService ticker;
    private final BiConsumer<String, SseEvent> publish;
    private final Map<String, Room> rooms = new HashMap<>();
    private boolean isDraining;

    private static final class Room {
        final Map<String, Present> users = new LinkedHashMap<>();
        boolean countIsDue;
    }

    private static final class Present {
        final Member member;
        int streams;

        @Nullable
        ScheduledFuture<?> leaving;

        Present(Member member) {
            this.member = member;
        }
    }

    /**
     * @param publish publishes an event to a channel; must not block
     */
    Presence(HubSettings settings, ScheduledExecutorService ticker, BiConsumer<String, SseEvent> publish) {
        this.patterns = Interest.in(settings.presence());
        this.graceMillis = settings.presenceGrace().toMillis();
        this.ticker = ticker;
        this.publish = publish;
    }

    /**
     * Takes over from the hub that was on this log before: users who were present there are not told of again. To come back
     * they have the longest time for which a draining hub tells its clients to stay away, plus the grace.
     */
    synchronized void expect(Map<String, Map<String, Member>> present) {
        present.forEach((channel, users) -> {
            if (!users.isEmpty()) {
                Room room = rooms.computeIfAbsent(channel, key -> new Room());
                users.forEach((userId, member) -> {
                    var expected = new Present(member);
                    room.users.put(userId, expected);
                    leaveAfter(Drain.MAX_RETRY_MILLIS + graceMillis, channel, expected);
                });
            }
        });
    }

    /** From now on streams end because the hub does, not because their users leave: who leaves is for the next hub to tell. */
    synchronized void drain() {
        isDraining = true;
    }

    /** A stream has opened. */
    void joined(HubStream stream) {
        changed(stream, Interest.NOTHING, stream.interest);
    }

    /** A stream has ended. */
    void left(HubStream stream) {
        changed(stream, stream.interest, Interest.NOTHING);
    }

    /** A stream reads other channels than before. Only channels by name count, not who listens by pattern. */
    void changed(HubStream stream, Interest before, Interest after) {
        Member member = stream.member;
        if (member == null) {
            return;
        }
        for (String channel : after.channels()) {
            if (!before.channels().contains(channel) && patterns.matches(channel)) {
                join(channel, member);
            }
        }
        for (String channel : before.channels()) {
            if (!after.channels().contains(channel) && patterns.matches(channel)) {
                leave(channel, member);
            }
        }
    }

    /** Whether a channel tells of its users. */
    boolean isOf(String channel) {
        return patterns.matches(channel);
    }

    /** The users on a channel, at most as many as are told of. */
    synchronized List<Member> on(String channel) {
        var members = new ArrayList<Member>();
        Room room = rooms.get(channel);
        if (room != null) {
            room.users.values().stream().limit(CROWD).forEach(present -> members.add(present.member));
        }
        return members;
    }

    /** How many channels somebody is on, or was a moment ago. */
    synchronized int rooms() {
        return rooms.size();
    }

    private synchronized void join(String channel, Member member) {
        Room room = rooms.computeIfAbsent(channel, key -> new Room());
        Present present = room.users.get(member.userId());
        if (present == null) {
            present = new Present(member);
            room.users.put(member.userId(), present);
            tell(channel, room, ControlEvents.USER_JOINED, member);
        } else if (present.leaving != null) {
            present.leaving.cancel(false);
            present.leaving = null;
        }
        present.streams++;
    }

    private synchronized void leave(String channel, Member member) {
        Room room = rooms.get(channel);
        Present present = room == null ? null : room.users.get(member.userId());
        if (present != null && --present.streams == 0 && !isDraining && !ticker.isShutdown()) {
            leaveAfter(graceMillis, channel, present);
        }
    }

    private void leaveAfter(long millis, String channel, Present present) {
        present.leaving = ticker.schedule(() -> gone(channel, present), millis, TimeUnit.MILLISECONDS);
    }

    private synchronized void gone(String channel, Present present) {
        Room room = rooms.get(channel);
        if (room != null && present.streams == 0 && room.users.remove(present.member.userId(), present)) {
            tell(channel, room, ControlEvents.USER_LEFT, present.member);
            if (room.users.isEmpty()) {
                rooms.remove(channel);
            }
        }
    }

    private void tell(String channel, Room room, String type, Member member) {
        if (room.users.size() <= CROWD) {
            publish.accept(channel, ControlEvents.presence(type, member));
        } else if (!room.countIsDue && !ticker.isShutdown()) {
            room.countIsDue = true;
            var unused = ticker.schedule(() -> tellCount(channel, room), 1, TimeUnit.SECONDS);
        }
    }

    private synchronized void tellCount(String channel, Room room) {
        room.countIsDue = false;
        if (rooms.get(channel) != room) {
            return; // all have left, and each was told of; who is there now has come since
        }
        publish.accept(channel, ControlEvents.userCount(room.users.size()));
    }
}
