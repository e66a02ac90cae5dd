// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.app.Publications.Event;
import dev.hibiki.log.EventId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A client that comes and goes: reads a random number of events, breaks its connection somewhere, even in the middle of an event, and
 * comes back with the last id it has. Keeps all it got in its present life of the log, and what the server did wrong. On the swarm's
 * thread.
 */
final class Wanderer implements StreamSwarm.Reader {

    private final StreamSwarm swarm;
    private final String target;
    private final Random random;
    private final Predicate<String> channelsOfUrl;
    private final Sightings sightings;
    private final Map<String, EventId> addedLive = new ConcurrentHashMap<>();

    /** The id of its own choice, or empty. */
    final String clientId;

    final List<Event> events = new ArrayList<>();
    final List<String> problems = new ArrayList<>();
    int visits;

    /** Where its reading began; null until it was told. */
    @Nullable
    String start;

    private String lastId = "";
    private boolean wanders = true;
    private boolean away;
    private boolean otherLife;

    // This visit's:
    private String asked = "";
    private int told;
    private int eventsUntilBreak;

    /**
     * A client that has not come yet.
     *
     * @param clientId the id of its own choice, or empty
     * @param channelsOfUrl which channels are for it from the start
     * @param sightings which it shares with the others of its swarm
     */
    Wanderer(
            StreamSwarm swarm,
            String target,
            String clientId,
            Predicate<String> channelsOfUrl,
            Sightings sightings,
            long seed) {
        this.swarm = swarm;
        this.target = target + (clientId.isEmpty() ? "" : "&clientId=" + clientId);
        this.clientId = clientId;
        this.channelsOfUrl = channelsOfUrl;
        this.sightings = sightings;
        this.random = new Random(seed);
    }

    /** A channel was added to its live stream, from a place on. Any thread. */
    void added(String channel, EventId from) {
        addedLive.put(channel, from);
    }

    /** Whether an event is for this client. Any thread. */
    boolean reads(String channel, EventId place) {
        EventId from = addedLive.get(channel);
        return channelsOfUrl.test(channel) || (from != null && place.isAfter(from));
    }

    /** Opens a connection, with the last id in the header or in the query. */
    void come() {
        asked = lastId;
        told = 0;
        eventsUntilBreak = random.nextInt(60);
        boolean inQuery = random.nextInt(3) == 0;
        boolean resumes = !asked.isEmpty();
        String query = resumes && inQuery ? "&lastEventId=" + asked : "";
        Map<String, String> headers = resumes && !inQuery ? Map.of("Last-Event-ID", asked) : Map.of();
        SwarmStream stream = swarm.openIfServed(target + query, headers, this);
        if (stream == null) {
            comeSoon();
            return;
        }
        visits++;
        if (eventsUntilBreak == 0 && wanders) {
            stream.breakAfter(1 + random.nextInt(150), how());
        }
    }

    /** Nobody is served now; impatient, so that many are there when a server begins or ends. */
    private void comeSoon() {
        swarm.later(20 + random.nextInt(200), () -> {
            if (!away) {
                come();
            }
        });
    }

    @Override
    public void onEvent(SwarmStream stream, String type, String data, String id) {
        if (told == 0) {
            connected(type, data, id);
        } else if (otherLife) {
            reset(type, data, id);
        } else if (type.equals("hibiki.gap")) {
            problems.add("a gap was told: " + data);
        } else if (!type.equals("hibiki.cursor")) {
            events.add(sightings.seen(id, type, data));
        }
        told++;
        lastId = id.isEmpty() ? lastId : id;
        if (told == eventsUntilBreak && wanders) {
            stream.breakAfter(random.nextInt(40), how());
        }
    }

    private void connected(String type, String data, String id) {
        if (!type.equals("message") || !data.startsWith("{\"type\":\"connected\",\"message\":\"Connected\",")) {
            problems.add("began with " + type + " " + data);
        }
        String expected = otherLife ? "" : asked.isEmpty() ? id : asked;
        if (!id.equals(expected)) {
            problems.add("asked for " + asked + ", but connected has the id " + id);
        }
        start = start == null ? id : start;
    }

    private void reset(String type, String data, String id) {
        String expected = "{\"reason\":\"log-reset\",\"after\":\"" + asked + "\",\"resumedAt\":\"" + id + "\"}";
        if (!type.equals("hibiki.gap") || !data.equals(expected)) {
            problems.add("returned to another life with " + asked + " and was told " + type + " " + data);
        }
        otherLife = false;
        start = id;
    }

    /** Silence only where the next stream takes over from the silent one; else the server would have to keep that. */
    private SwarmStream.Breaking how() {
        return switch (random.nextInt(clientId.isEmpty() ? 2 : 3)) {
            case 0 -> SwarmStream.Breaking.FIN;
            case 1 -> SwarmStream.Breaking.RST;
            default -> SwarmStream.Breaking.SILENCE;
        };
    }

    @Override
    public void onEnd(SwarmStream stream) {
        if (away) {
            return;
        }
        if (told > 0) {
            come();
        } else {
            comeSoon();
        }
    }

    @Override
    public boolean leavesAnywhere() {
        return true;
    }

    /** Stays with its present connection. */
    void settle() {
        wanders = false;
    }

    /** Does not come back when its connection ends. */
    void stayAway() {
        away = true;
    }

    /** Comes back, to a log that has lost its past. */
    void comeToOtherLife() {
        away = false;
        otherLife = true;
        wanders = true;
        forget();
        come();
    }

    /** What it has got so far is right; wanders on from the last of it. */
    void turnPage() {
        wanders = true;
        eventsUntilBreak = told + 1 + random.nextInt(60);
        start = lastId;
        forget();
    }

    private void forget() {
        events.clear();
        sightings.forget();
    }

    String lastId() {
        return lastId;
    }

    @Override
    public String toString() {
        return target;
    }
}
