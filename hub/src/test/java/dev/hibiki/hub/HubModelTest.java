// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.Hub.Message;
import dev.hibiki.hub.StreamRequest.From;
import dev.hibiki.hub.StreamRequest.From.Newest;
import dev.hibiki.hub.StreamRequest.From.Since;
import dev.hibiki.hub.StreamRequest.Greeting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Random lives of a hub, each step of each thread chosen by a seed, held to {@link ModelHub}: every stream gets every event that is for
 * it, once and in log order, or is told a gap that covers what is gone; and is told none else.
 *
 * <p>The window holds 64 entries and the log few more or fewer, so everybody is lapped now and then. The log cannot be read now and then, and
 * the hub is stopped and started again, after which everybody comes back with the last id that it had.
 */
class HubModelTest {

    private static final int SEEDS = 200;

    private final Logger logger = (Logger) LoggerFactory.getLogger("dev.hibiki.hub");

    @BeforeEach
    void beQuiet() {
        logger.setLevel(Level.ERROR); // outages are told in warnings, and there are many
    }

    @AfterEach
    void speakAgain() {
        logger.setLevel(null);
    }

    @Test
    void everyStreamGetsEachEventOnceInLogOrder_orIsToldWhatIsMissing() {
        var gaps = new TreeMap<String, Integer>();
        for (long seed = 0; seed < SEEDS; seed++) {
            live(seed).forEach((reason, count) -> gaps.merge(reason, count, Integer::sum));
        }
        assertThat(gaps).containsOnlyKeys("expired", "expired in mid-stream", "log-reset", "unknown-id");
        assertThat(gaps.values()).as("what was tried: %s", gaps).allMatch(count -> count > 40);
    }

    private static Map<String, Integer> live(long seed) {
        try (Life life = new Life(seed)) {
            for (int i = 0; i < 300; i++) {
                life.step();
            }
            life.finish();
            return life.model.gaps;
        } catch (Throwable failure) {
            throw new AssertionError("seed " + seed, failure);
        }
    }

    /** One life of a hub. */
    private static final class Life implements AutoCloseable {

        private static final List<String> CHANNELS = List.of("a", "b", "c/1", "c/2", "d");
        private static final List<String> READABLE = List.of("a", "b", "c/1", "c/2", "d", "c/*", "**", "*/1");
        private static final List<String> USERS = List.of("u1", "u2");
        private static final List<String> CHOSEN =
                List.of("a-chosen-id-of-a-client-1", "a-chosen-id-of-a-client-2", "a-chosen-id-of-a-client-3");

        /** A time that no life comes to. */
        private static final long FAR_OFF = 4_000_000_000_000L;

        private final Random random;
        private final TestHub hub;
        private final ModelHub model;
        private final List<ModelHub.Reader> readers = new ArrayList<>();
        private final List<String> ids = new ArrayList<>(List.of("nonsense", "1-0-0", "1-0-zzzzzz"));
        private int published;

        /** From which entry on the present hub knows the live channels of the clients that it has seen. */
        private final Map<String, Integer> knownFromOf = new HashMap<>();

        private final Set<String> seen = new HashSet<>();

        /** How long the present hub runs, if it is not the first. */
        private Duration sinceRestart = Duration.ZERO;

        Life(long seed) {
            random = new Random(seed);
            int kept = 20 + random.nextInt(200);
            hub = TestHub.small(kept, random.nextBoolean() ? 64 << 10 : 64 << 20);
            model = new ModelHub(hub.log.birth(), kept);
            hub.log.tail(model::committed);
            hub.scripted.onRecall = clientId -> knownFromOf.put(clientId, model.removed());
        }

        void step() {
            switch (random.nextInt(22)) {
                case 0, 1, 2, 3 -> publish(1 + random.nextInt(4));
                case 4 -> publish(random.nextInt(8) == 0 ? 150 : 20);
                case 5 -> batch();
                case 6, 7 -> open(From.now());
                case 8 -> open(From.after(anId()));
                case 20 -> open(aPast());
                case 21 -> disturb();
                case 9 -> close(any());
                case 10, 11 -> toggle(any());
                case 12 -> block(any());
                case 13 -> feed(any());
                case 14 -> pass(Duration.ofMillis(random.nextInt(40_000)));
                default -> turn();
            }
            readers.forEach(ModelHub.Reader::check);
        }

        private void publish(int count) {
            for (int i = 0; i < count; i++) {
                SseEvent event = SseEvent.of("e" + published++);
                var unused = switch (random.nextInt(10)) {
                    case 0 -> hub.hub.broadcast(event);
                    case 1 -> hub.hub.notifyUser(pick(USERS), event);
                    case 2, 3 -> hub.hub.send(clientId(), event);
                    default -> hub.hub.publish(pick(CHANNELS), event);
                };
                keepAnId();
            }
        }

        private void batch() {
            var batch = new ArrayList<Message>();
            for (int i = random.nextInt(20); i >= 0; i--) {
                batch.add(new Message(random.nextInt(4) == 0 ? null : pick(CHANNELS), SseEvent.of("e" + published++)));
            }
            hub.accepted(hub.hub.publish(batch));
        }

        private void open(From from) {
            var channels = new ArrayList<String>();
            for (int i = random.nextInt(3); i >= 0; i--) {
                channels.add(pick(READABLE));
            }
            var request = new StreamRequest(
                    channels,
                    Greeting.CONNECTED,
                    random.nextInt(3) == 0 ? pick(CHOSEN) : null,
                    random.nextInt(3) == 0 ? pick(USERS) : null,
                    null,
                    from);
            open(request);
        }

        private void open(StreamRequest request) {
            var end = hub.log.end();
            String clientId = request.clientId();
            if (clientId != null && seen.add(clientId) && sinceRestart.compareTo(Duration.ofMinutes(1)) >= 0) {
                knownFromOf.putIfAbsent(clientId, model.size()); // as new
            }
            readers.add(
                    model.new Reader(hub.openOnly(request), request, end, () -> knownFromOf.getOrDefault(clientId, 0)));
            if (needsRecall(clientId)) {
                hub.scripted.away = false;
                for (int i = 0; i < 16 && needsRecall(clientId); i++) {
                    pass(Duration.ofSeconds(1)); // one after the other, so that what retention has left them is known
                    hub.run();
                }
            }
        }

        private boolean needsRecall(@Nullable String clientId) {
            Clients.Client client = clientId == null ? null : hub.hub.clients.find(clientId);
            return client != null && client.needsRecall();
        }

        private From aPast() {
            long age = random.nextInt(60_000);
            return random.nextBoolean()
                    ? new Newest(random.nextInt(random.nextBoolean() ? 10 : 300))
                    : new Since(Math.max(0, hub.clock.millis() + 1000 - age));
        }

        /** The log cannot be read for a while, or the hub is stopped and started again. */
        private void disturb() {
            if (random.nextInt(4) > 0) {
                hub.scripted.away = !hub.scripted.away && random.nextBoolean();
                return;
            }
            hub.scripted.away = false;
            readers.forEach(ModelHub.Reader::check);
            List<StreamRequest> again =
                    readers.stream().map(ModelHub.Reader::again).toList();
            readers.clear();
            hub.restart();
            knownFromOf.clear();
            seen.clear();
            sinceRestart = Duration.ZERO;
            again.forEach(this::open);
        }

        private void close(ModelHub.@Nullable Reader reader) {
            if (reader != null) {
                reader.check();
                reader.opened.outlet().events().stream()
                        .map(RecordedOutlet.Received::id)
                        .filter(id -> !id.isEmpty())
                        .forEach(ids::add);
                reader.opened.stream().closed(EndReason.CLIENT_GONE);
                readers.remove(reader);
            }
        }

        private void toggle(ModelHub.@Nullable Reader reader) {
            if (reader != null) {
                String clientId = reader.opened.stream().clientId();
                var unused = random.nextInt(3) == 0
                        ? hub.hub.unsubscribe(clientId, pick(READABLE))
                        : hub.hub.subscribe(clientId, pick(READABLE));
            }
        }

        private void block(ModelHub.@Nullable Reader reader) {
            if (reader != null) {
                switch (random.nextInt(6)) {
                    case 0 -> reader.opened.block();
                    case 1 -> reader.opened.outlet().blockAfter(1 + random.nextInt(3));
                    case 2 -> reader.opened.stream().freeze(true);
                    case 3 -> reader.opened.stream().freeze(false);
                    default -> reader.opened.unblock();
                }
            }
        }

        private static void feed(ModelHub.@Nullable Reader reader) {
            if (reader != null) {
                reader.opened.stream().send(SseEvent.of("feed", "x"));
            }
        }

        private void pass(Duration time) {
            sinceRestart = sinceRestart.plus(time);
            hub.clock.advance(time);
            hub.loop.advance(time);
            hub.ticker.advance(time);
            hub.ticker.run(); // whether clients are still recalled is known then
        }

        private void turn() {
            ManualLoop thread = switch (random.nextInt(5)) {
                case 0 -> hub.readers;
                case 1 -> hub.ticker;
                default -> hub.loop;
            };
            for (int i = random.nextInt(6); i >= 0; i--) {
                thread.step();
                readers.forEach(ModelHub.Reader::check);
            }
            if (random.nextInt(4) == 0) {
                hub.run();
            }
            readers.removeIf(reader -> {
                EndReason ended = reader.opened.outlet().ended;
                assertThat(ended).isIn(null, EndReason.TAKEN_OVER, reader.greeted ? null : EndReason.FAILED);
                return ended != null;
            });
        }

        /** Everybody's socket drains; then nobody may lack anything. */
        void finish() {
            for (ModelHub.Reader reader : readers) {
                reader.opened.stream().freeze(false);
                reader.opened.unblock();
            }
            hub.scripted.away = false;
            hub.run();
            for (int i = 0; i < 3; i++) {
                hub.loop.advance(Duration.ofSeconds(16)); // whoever waits for the log tries again
                hub.run();
            }
            for (ModelHub.Reader reader : readers) {
                if (reader.opened.outlet().ended == null) {
                    reader.checkComplete();
                    assertThat(reader.opened.stream().state).isEqualTo(HubStream.State.LIVE);
                }
            }
        }

        private void keepAnId() {
            if (random.nextInt(10) == 0 && model.size() > 0) {
                ids.add(model.idAt(random.nextInt(model.size())).toString());
            }
        }

        private String anId() {
            if (random.nextInt(10) == 0) {
                return hub.log.end().next(FAR_OFF) + (random.nextBoolean() ? ".7" : "");
            }
            return pick(ids);
        }

        private String clientId() {
            ModelHub.Reader reader = any();
            return reader == null ? pick(CHOSEN) : reader.opened.stream().clientId();
        }

        private ModelHub.@Nullable Reader any() {
            return readers.isEmpty() ? null : pick(readers);
        }

        private <T> T pick(List<T> some) {
            return some.get(random.nextInt(some.size()));
        }

        @Override
        public void close() {
            hub.close();
        }
    }
}
