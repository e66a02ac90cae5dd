// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hibiki.app.Publications.Event;
import dev.hibiki.log.EventId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Wanderers of all kinds: of one channel, several, patterns; of users and of none; with an id of their own choice or the server's. What
 * each has got in the end is compared with what was for it, event by event.
 */
final class Crowd {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final StreamSwarm swarm;
    private final long seed;
    final List<Wanderer> all = new ArrayList<>();

    Crowd(StreamSwarm swarm, int streams, long seed) {
        this.swarm = swarm;
        this.seed = seed;
        Sightings sightings = new Sightings();
        for (int i = 0; i < streams; i++) {
            all.add(wanderer(i, sightings));
        }
    }

    private Wanderer wanderer(int i, Sightings sightings) {
        String clientId = i % 4 == 3 ? "chosen-by-the-client-" + (1000 + i) : "";
        String user = "u" + i % 2;
        boolean ofUser = i % 3 == 0;
        String query = "?username=n" + (ofUser ? "&userId=" + user : "");
        String target = switch (i % 5) {
            case 0 -> "/api/events" + query + "&channel=prices/a";
            case 1 -> "/api/events/prices/b" + query;
            case 2 -> "/api/events" + query + "&channel=prices/a&channel=prices/b";
            case 3 -> "/api/events" + query + "&channel=prices/*&channel=prices/a";
            default -> "/api/events" + query + "&channel=prices/**";
        };
        boolean a = i % 5 != 1;
        boolean b = i % 5 != 0;
        return new Wanderer(
                swarm,
                target,
                clientId,
                channel -> switch (channel) {
                    case "prices/a" -> a;
                    case "prices/b" -> b;
                    case "broadcast" -> true;
                    default -> ofUser && channel.equals("user/" + user);
                },
                sightings,
                seed + i);
    }

    /** Lets each do something, on the swarm's thread. */
    void each(Consumer<Wanderer> what) {
        swarm.run(() -> all.forEach(what));
    }

    int delivered() {
        return swarm.ask(() -> all.stream().mapToInt(one -> one.events.size()).sum());
    }

    int visits() {
        return swarm.ask(() -> all.stream().mapToInt(one -> one.visits).sum());
    }

    boolean failed() {
        swarm.check();
        return swarm.ask(() -> all.stream().anyMatch(one -> !one.problems.isEmpty()));
    }

    void awaitDelivered(int events) {
        await().atMost(PATIENCE).until(() -> failed() || delivered() >= events);
    }

    /**
     * Publishing is over: waits until each has the last event that is for it, then compares all that each has got.
     *
     * @param expected what is for one since it came first
     */
    void awaitAndCheck(Function<Wanderer, List<Event>> expected) {
        await().atMost(PATIENCE).until(() -> swarm.ask(() -> all.stream().allMatch(one -> one.start != null)));
        List<List<Event>> events = all.stream().map(expected).toList();
        await().atMost(PATIENCE).until(() -> failed() || swarm.ask(() -> allCame(events)));
        swarm.run(() -> {
            for (int i = 0; i < all.size(); i++) {
                checkEqual(all.get(i), events.get(i));
            }
        });
        swarm.check();
    }

    private boolean allCame(List<List<Event>> expected) {
        for (int i = 0; i < all.size(); i++) {
            List<Event> events = expected.get(i);
            if (!all.get(i).lastId().equals(events.get(events.size() - 1).id())) {
                return false;
            }
        }
        return true;
    }

    /** Says where a sequence differs rather than show thousands of events. */
    void checkEqual(Wanderer one, List<Event> expected) {
        assertThat(one.problems).as("seed %d, %s", seed, one).isEmpty();
        for (int i = 0; i < Math.min(expected.size(), one.events.size()); i++) {
            assertThat(one.events.get(i))
                    .as("event %d of %s, seed %d", i, one, seed)
                    .isEqualTo(expected.get(i));
        }
        assertThat(one.events).as("%s, seed %d", one, seed).hasSameSizeAs(expected);
    }

    static EventId place(@Nullable String id) {
        return Objects.requireNonNull(EventId.parse(Objects.requireNonNull(id)));
    }
}
