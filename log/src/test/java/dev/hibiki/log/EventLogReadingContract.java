// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hibiki.event.SseEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The part of {@link EventLogContract} that one thread can see: ids, appending, reading; and whole lives of a log at random. */
public abstract class EventLogReadingContract extends RetentionContract {

    private static final Duration SECOND = Duration.ofSeconds(1);

    // ids

    @Test
    void emptyLog_endsAtItsBirth() throws Exception {
        var trial = new Trial(PLENTY);
        EventId birth = trial.log.birth();
        assertThat(trial.log.end()).isEqualTo(birth);
        assertThat(trial.log.lastOf("news")).isNull();
        assertThat(EventId.parse(birth.toString())).isEqualTo(birth);
        assertThat(trial.readAll(birth, Channels.all())).isEqualTo(new LogSlice(List.of(), birth, null));
    }

    @Test
    void idsRise_andReadBackAsWritten_whateverTheClockDoes() throws Exception {
        var trial = new Trial(PLENTY);
        EventId last = trial.log.birth();
        for (long step : new long[] {0, 0, 1, 1000, 0, -1, -5000, 0, 3999, 1, 1, -100_000_000, 86_400_000, 0}) {
            advanceClock(Duration.ofMillis(step));
            for (EventId id : trial.append("a", "b", "a")) {
                assertThat(id).isGreaterThan(last);
                assertThat(id.sameIncarnation(trial.log.birth())).isTrue();
                assertThat(EventId.parse(id.toString())).isEqualTo(id);
                last = id;
            }
            assertThat(trial.log.end()).isEqualTo(last);
        }
    }

    @Test
    void eachPlaceSurvives_andOnePastTheEndIsOfALostEnd() throws Exception {
        var trial = new Trial(PLENTY);
        EventId birth = trial.log.birth();
        assertThat(trial.log.surviving(birth.next(0))).isEqualTo(birth);
        EventId last = birth;
        for (EventId id : trial.append("a", "b", "a")) {
            assertThat(trial.log.surviving(id)).isEqualTo(id);
            last = id;
        }
        assertThat(trial.log.surviving(birth)).isEqualTo(birth);
        assertThat(trial.log.surviving(last.next(0))).isEqualTo(birth);
        assertThatThrownBy(() -> trial.log.surviving(EventId.birth(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("place: ");
    }

    @Test
    void twoLogs_areTwoLives() throws Exception {
        var one = new Trial(PLENTY);
        var other = new Trial(PLENTY);
        assertThat(one.log.birth().sameIncarnation(other.log.birth())).isFalse();
    }

    // appending

    @Test
    void entry_isTheEventInItsPlace() throws Exception {
        var trial = new Trial(PLENTY);
        long appendedAt = clock().millis();
        EventId id = trial.log
                .append(List.of(Publication.of("room/7", SseEvent.of("message", "hello\n響"))))
                .join()
                .get(0);
        advanceClock(SECOND);
        LogEntry entry = trial.log
                .read(trial.log.birth(), id, Channels.all(), EVERYTHING)
                .entries()
                .get(0);
        assertThat(entry.id()).isEqualTo(id);
        assertThat(entry.appendedAtMillis()).isEqualTo(appendedAt);
        assertThat(entry.channel()).isEqualTo("room/7");
        assertThat(entry.type()).isEqualTo("message");
        assertThat(entry.frame())
                .isEqualTo(("id: " + id + "\nevent: message\ndata: hello\ndata: 響\n\n").getBytes(UTF_8));
    }

    @Test
    void refusedBatch_leavesNothing() throws Exception {
        var trial = new Trial(PLENTY);
        assertThatThrownBy(() -> trial.log.append(List.of())).isInstanceOf(IllegalArgumentException.class);
        var holed = new ArrayList<>(List.of(event("a", "1"), event("a", "2")));
        holed.addAll(Collections.nCopies(1, null));
        assertThatThrownBy(() -> trial.log.append(holed)).isInstanceOf(NullPointerException.class);
        assertThat(trial.log.end()).isEqualTo(trial.log.birth());
        trial.append("a");
        assertThat(trial.readAll(trial.log.birth(), Channels.all()).entries()).hasSize(1);
    }

    @Test
    void tailSeesEveryCommit_onceAndInOrder_beforeThePublisherIsAnswered() throws Exception {
        var trial = new Trial(PLENTY);
        trial.append("before");
        List<LogEntry> seen = Collections.synchronizedList(new ArrayList<>());
        EventId start = trial.log.tail(seen::addAll);
        assertThat(start).isEqualTo(trial.log.end());
        for (int size = 1; size < 5; size++) {
            List<Publication> batch = Collections.nCopies(size, event("a", "x"));
            List<EventId> ids = trial.log.append(batch).join();
            trial.model.commit(ids, clock().millis(), batch);
            assertThat(ModelLog.ids(seen).subList(seen.size() - size, seen.size()))
                    .isEqualTo(ids);
        }
        assertThat(ModelLog.same(seen, trial.readAll(start, Channels.all()).entries()))
                .isTrue();
    }

    @Test
    void severalTails_seeTheSame() throws Exception {
        var trial = new Trial(PLENTY);
        List<LogEntry> one = Collections.synchronizedList(new ArrayList<>());
        List<LogEntry> other = Collections.synchronizedList(new ArrayList<>());
        trial.log.tail(one::addAll);
        trial.append("a", "b");
        trial.log.tail(other::addAll);
        trial.append("c", "d");
        assertThat(one).hasSize(4);
        assertThat(ModelLog.same(other, one.subList(2, 4))).isTrue();
    }

    @Test
    void closedLog_refusesAppends() throws Exception {
        var trial = new Trial(PLENTY);
        trial.append("a");
        List<LogEntry> seen = Collections.synchronizedList(new ArrayList<>());
        trial.log.tail(seen::addAll);
        trial.log.close();
        trial.log.close();
        var answer = trial.log.append(List.of(event("a", "late")));
        assertThat(answer).isCompletedExceptionally();
        assertThatThrownBy(answer::join).hasCauseInstanceOf(LogUnavailableException.class);
        assertThat(seen).isEmpty();
    }

    // reading

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 6, 7})
    void everyReadOfASmallLog_isWhatTheModelSays(int removed) throws Exception {
        var trial = new Trial(new Retention(1000, 1 << 20, SECOND.multipliedBy(100)));
        Duration step = SECOND.multipliedBy(10);
        for (String channel : List.of("a", "b", "room/1", "a", "room/2", "room/1", "c")) {
            trial.append(channel);
            advanceClock(step);
        }
        advanceClock(
                SECOND.multipliedBy(100).minus(step.multipliedBy(8 - removed)).plusSeconds(1));
        trial.readEveryWay(
                Set.of(
                        Channels.all(),
                        Channels.under("room/"),
                        Channels.under("room/", "a"),
                        Channels.under("nobody/"),
                        Channels.named("a"),
                        Channels.named("b", "room/2", "nobody"),
                        Channels.named("a", "b", "c", "room/1", "room/2", "d", "e", "f", "g", "h"),
                        Channels.named("nobody"),
                        Channels.named()),
                Set.of(
                        EVERYTHING,
                        new ReadBudget(1, Integer.MAX_VALUE),
                        new ReadBudget(2, Integer.MAX_VALUE),
                        new ReadBudget(100, 1),
                        new ReadBudget(3, 100)));
        assertThat(trial.model.removed()).isEqualTo(removed);
    }

    @Test
    void pagingWithAnyBudget_visitsEverythingOnce() throws Exception {
        var trial = new Trial(PLENTY);
        for (int i = 0; i < 40; i++) {
            advanceClock(Duration.ofMillis(i % 3));
            trial.append("c" + i % 7, "quiet" + i % 20);
        }
        for (Channels filter :
                List.of(Channels.all(), Channels.named("c1", "c3", "quiet5"), Channels.under("q", "c2"))) {
            List<LogEntry> whole = trial.readAll(trial.log.birth(), filter).entries();
            for (int most = 1; most <= whole.size() + 1; most++) {
                assertThat(ModelLog.same(page(trial, filter, new ReadBudget(most, Integer.MAX_VALUE)), whole))
                        .isTrue();
                assertThat(ModelLog.same(page(trial, filter, new ReadBudget(1000, most * 20)), whole))
                        .isTrue();
            }
        }
    }

    private static List<LogEntry> page(Trial trial, ChannelFilter filter, ReadBudget budget) throws Exception {
        var entries = new ArrayList<LogEntry>();
        EventId at = trial.log.birth();
        while (!at.equals(trial.log.end())) {
            LogSlice slice = trial.read(at, trial.log.end(), filter, budget);
            entries.addAll(slice.entries());
            at = slice.scannedTo();
        }
        return entries;
    }

    @Test
    void scannedTo_movesOverEntriesThatDoNotMatch() throws Exception {
        var trial = new Trial(PLENTY);
        EventId mine = trial.append("mine").get(0);
        EventId others = trial.append("a", "b", "c").get(2);
        assertThat(trial.readAll(mine, Channels.named("mine"))).isEqualTo(new LogSlice(List.of(), others, null));
        assertThat(trial.readAll(mine, Channels.under("mine"))).isEqualTo(new LogSlice(List.of(), others, null));
        assertThat(trial.readAll(mine, Channels.named())).isEqualTo(new LogSlice(List.of(), others, null));
    }

    @Test
    void placeOfAnotherLife_isRefused() throws Exception {
        var trial = new Trial(PLENTY);
        EventId ours = trial.append("a").get(0);
        for (long off : new long[] {-1, 1}) {
            var foreign = new EventId(ours.millis(), ours.sequence(), ours.incarnation() + off);
            assertThatThrownBy(() -> trial.log.read(foreign, ours, Channels.all(), EVERYTHING))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> trial.log.read(ours, foreign, Channels.all(), EVERYTHING))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void beforeNewest_isThePlaceWithSoManyBehindIt() throws Exception {
        var trial = new Trial(new Retention(60, 1 << 20, Duration.ofDays(1)));
        assertThat(trial.log.beforeNewest(Channels.all(), 5)).isEqualTo(trial.log.birth());
        for (int i = 0; i < 40; i++) {
            trial.append("c" + i % 7, "quiet" + i % 20);
            settle(trial.log);
            for (Channels filter : List.of(
                    Channels.all(),
                    Channels.named("c1", "c3", "quiet5"),
                    Channels.under("q", "c2"),
                    Channels.named("nobody"),
                    Channels.named())) {
                for (int count : new int[] {0, 1, 2, 3, 9, 59, 60, 61, 10_000}) {
                    EventId place = trial.log.beforeNewest(filter, count);
                    LogSlice slice = trial.readAll(place, filter);
                    int kept = (int) trial.model.kept().stream()
                            .filter(entry -> filter.matches(entry.channel()))
                            .count();
                    assertThat(slice.entries()).hasSize(Math.min(count, kept));
                    assertThat(slice.missedSince(place)).isFalse();
                    assertThat(count > kept ? place : trial.log.floor()).isEqualTo(trial.log.floor());
                }
            }
        }
    }

    // and all of it at random

    @Test
    void anyLife_isWhatTheModelSays() throws Exception {
        for (int i = 0; i < 150; i++) {
            long seed = ThreadLocalRandom.current().nextLong();
            try {
                live(new Random(seed));
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
            closeLogs();
        }
    }

    private void live(Random random) throws Exception {
        var trial = new Trial(new Retention(
                1 + random.nextInt(40), 200 + random.nextInt(12_000), Duration.ofMillis(1 + random.nextInt(3000))));
        String[] names = {"a", "b", "c", "room/1", "room/2", "room/30"};
        for (int step = 0; step < 200; step++) {
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    var batch = new ArrayList<Publication>();
                    for (int n = 1 + random.nextInt(4); n > 0; n--) {
                        batch.add(event(names[random.nextInt(names.length)], "x".repeat(random.nextInt(200))));
                    }
                    trial.append(batch);
                }
                case 3 -> advanceClock(Duration.ofMillis(random.nextInt(random.nextBoolean() ? 5 : 1000)));
                case 4 -> advanceClock(Duration.ofMillis(random.nextInt(4) == 0 ? random.nextInt(10_000) - 5000 : 0));
                case 5 -> {
                    trial.model.trim(clock().millis());
                    settle(trial.log);
                    String name = names[random.nextInt(names.length)];
                    assertThat(trial.log.lastOf(name)).isEqualTo(trial.model.lastOf(name));
                    assertThat(trial.log.end()).isEqualTo(trial.model.end());
                }
                default -> {
                    var places = new ArrayList<>(trial.model.places());
                    var budget = new ReadBudget(1 + random.nextInt(8), 1 + random.nextInt(2000));
                    var named = new ArrayList<>(List.of(names).subList(0, random.nextInt(names.length + 1)));
                    var prefix = new String[] {null, "room/", "", "room/3"}[random.nextInt(4)];
                    trial.read(
                            places.get(random.nextInt(places.size())),
                            places.get(random.nextInt(places.size())),
                            new Channels(Set.copyOf(named), prefix),
                            budget);
                }
            }
        }
    }
}
