// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.awaitility.Awaitility.await;

import dev.hibiki.app.Publications.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What the log holds, in its own order: a stream of every channel that tests publish to, from a place on. That is the truth that all other
 * streams are compared with.
 */
final class LogReading implements StreamSwarm.Reader {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** Broadcasts come to every stream; not {@code **}, for which the demonstrations of development mode would begin to publish. */
    private static final String EVERYTHING = "/api/events?channel=prices/**&channel=noise/**&channel=user/*";

    private final List<Event> events = new ArrayList<>();

    private final Predicate<List<Event>> enough;
    private boolean complete;

    private LogReading(Predicate<List<Event>> enough) {
        this.enough = enough;
    }

    /** Where the log ends now; what is published from now on comes after it. */
    static String end(StreamSwarm swarm) {
        return read(swarm, EVERYTHING, Map.of(), 1).get(0).id();
    }

    /** All between two events, the second included. */
    static List<Event> between(StreamSwarm swarm, String after, String last) {
        LogReading reading =
                new LogReading(events -> events.get(events.size() - 1).id().equals(last));
        List<Event> events = reading.read(swarm, EVERYTHING, Map.of("Last-Event-ID", after));
        return events.subList(1, events.size());
    }

    /** The first events of a stream, {@code connected} among them. */
    static List<Event> read(StreamSwarm swarm, String target, Map<String, String> headers, int count) {
        return new LogReading(events -> events.size() == count).read(swarm, target, headers);
    }

    /** All that a stream is told until an event with certain data, that included; without {@code connected}. */
    static List<Event> until(StreamSwarm swarm, String target, Map<String, String> headers, String data) {
        List<Event> events = new LogReading(
                        all -> all.size() > 1 && all.get(all.size() - 1).data().equals(data))
                .read(swarm, target, headers);
        return events.subList(1, events.size());
    }

    private List<Event> read(StreamSwarm swarm, String target, Map<String, String> headers) {
        SwarmStream stream = swarm.ask(() -> swarm.open(target, headers, this));
        await().alias("the log read to its end, " + target + " " + headers)
                .atMost(PATIENCE)
                .until(() -> {
                    swarm.check();
                    return swarm.ask(() -> complete);
                });
        swarm.run(() -> stream.leave(SwarmStream.Breaking.FIN));
        return List.copyOf(events);
    }

    @Override
    public void onEvent(SwarmStream stream, String type, String data, String lastEventId) {
        if (!complete) {
            events.add(new Event(lastEventId, type, data));
            complete = enough.test(events);
        }
    }

    @Override
    public void onEnd(SwarmStream stream) {
        if (!complete) {
            throw new AssertionError("the stream that reads the log ended after " + events.size() + " events");
        }
    }
}
