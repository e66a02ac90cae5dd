// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.awaitility.Awaitility.await;

import dev.hibiki.app.Publications.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the log holds, in its own order: a stream of everything that anybody may read, from a place on. That is the truth that all other
 * streams are compared with.
 */
final class LogReading implements StreamSwarm.Reader {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** {@code **} matches no reserved channel; broadcasts come to every stream. */
    private static final String EVERYTHING = "/api/events?channel=**&channel=user/*";

    private final List<Event> events = new ArrayList<>();

    private LogReading() {}

    /** Where the log ends now; what is published from now on comes after it. */
    static String end(StreamSwarm swarm) {
        return read(swarm, EVERYTHING, Map.of(), 1).get(0).id();
    }

    /** All between two events, the second included. */
    static List<Event> between(StreamSwarm swarm, String after, String last) {
        LogReading reading = new LogReading();
        SwarmStream stream = swarm.ask(() -> swarm.open(EVERYTHING, Map.of("Last-Event-ID", after), reading));
        await().atMost(PATIENCE).until(() -> {
            swarm.check();
            return swarm.ask(() -> reading.lastId().equals(last));
        });
        swarm.run(() -> stream.leave(SwarmStream.Breaking.FIN));
        return List.copyOf(reading.events.subList(1, reading.events.size()));
    }

    /** The first events of a stream, {@code connected} among them. */
    static List<Event> read(StreamSwarm swarm, String target, Map<String, String> headers, int count) {
        LogReading reading = new LogReading();
        SwarmStream stream = swarm.ask(() -> swarm.open(target, headers, reading));
        await().atMost(PATIENCE).until(() -> {
            swarm.check();
            return swarm.ask(() -> reading.events.size() >= count);
        });
        swarm.run(() -> stream.leave(SwarmStream.Breaking.FIN));
        return List.copyOf(reading.events);
    }

    private String lastId() {
        return events.isEmpty() ? "" : events.get(events.size() - 1).id();
    }

    @Override
    public void onEvent(SwarmStream stream, String type, String data, String lastEventId) {
        events.add(new Event(lastEventId, type, data));
    }
}
