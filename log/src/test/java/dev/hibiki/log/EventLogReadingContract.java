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

/** The part of {@link EventLogContract} that one thread can see: ids, appending, reading, and what is removed. */
public abstract class EventLogReadingContract extends LastingEntriesContract {

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
    void floor_isTheBirth_thenTheNewestThatWasRemoved_byCountAndByAge() throws Exception {
        var trial = new Trial(new Retention(3, 1L << 40, Duration.ofMinutes(1)));
        assertThat(trial.log.floor()).isEqualTo(trial.log.birth());
        List<EventId> ids = trial.append("a", "b", "a", "b", "a");
        settle(trial.log);
        assertThat(trial.log.floor()).isEqualTo(ids.get(1));
        advanceClock(Duration.ofSeconds(61));
        settle(trial.log);
        assertThat(trial.log.floor()).isEqualTo(ids.get(4)).isEqualTo(trial.log.end());
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

    // keys

    @Test
    void keyCountsOnce_andItsPublisherIsAnsweredWithTheFirstId() throws Exception {
        var trial = new Trial(PLENTY);
        Publication keyed = event("a", "1").withKey(new Publication.Key("me", "k"));
        EventId first = trial.append(List.of(keyed)).get(0);
        EventId second = trial.append("b").get(0);
        List<LogEntry> seen = Collections.synchronizedList(new ArrayList<>());
        trial.log.tail(seen::addAll);
        assertThat(trial.log.append(List.of(keyed)).join()).containsExactly(first);
        assertThat(trial.log.end()).isEqualTo(second);
        assertThat(seen).isEmpty();

        List<Publication> batch = List.of(event("a", "2"), keyed, event("a", "3"));
        List<EventId> ids = trial.log.append(batch).join();
        trial.model.commit(List.of(ids.get(0), ids.get(2)), clock().millis(), List.of(batch.get(0), batch.get(2)));
        assertThat(ids.get(1)).isEqualTo(first);
        assertThat(ModelLog.ids(seen)).containsExactly(ids.get(0), ids.get(2));
        assertThat(ModelLog.same(seen, trial.readAll(second, Channels.all()).entries()))
                .isTrue();
    }

    @Test
    void keysOfTwoPublishers_neverMeet() throws Exception {
        var trial = new Trial(PLENTY);
        trial.append(List.of(event("a", "1").withKey(new Publication.Key("me", "k"))));
        trial.append(List.of(event("a", "2").withKey(new Publication.Key("you", "k"))));
        trial.append(List.of(event("a", "3").withKey(new Publication.Key("", "mek"))));
        trial.append(List.of(event("a", "4").withKey(new Publication.Key("m", "ek"))));
        assertThat(trial.readAll(trial.log.birth(), Channels.all()).entries()).hasSize(4);
    }

    @Test
    void keyInOneBatchTwice_isOneEntry() throws Exception {
        var trial = new Trial(PLENTY);
        Publication keyed = event("a", "1").withKey(new Publication.Key("me", "k"));
        List<EventId> ids =
                trial.log.append(List.of(keyed, event("a", "2"), keyed)).join();
        assertThat(ids.get(2)).isEqualTo(ids.get(0)).isLessThan(ids.get(1));
        LogSlice all = trial.log.read(trial.log.birth(), trial.log.end(), Channels.all(), EVERYTHING);
        assertThat(ModelLog.ids(all.entries())).isEqualTo(ids.subList(0, 2));
    }

    @Test
    void keyOfAnotherEvent_isRefused_andSoIsItsWholeBatch() throws Exception {
        var trial = new Trial(PLENTY);
        var key = new Publication.Key("me", "k");
        var other = new Publication.Key("me", "other");
        EventId first = trial.append(List.of(event("a", "1").withKey(key))).get(0);
        List<Publication> sameKey = List.of(
                event("a", "2"), event("b", "1"), Publication.of("a", SseEvent.of("type", "1")), event("a", "11"));
        for (Publication another : sameKey) {
            for (List<Publication> batch : List.of(
                    List.of(another.withKey(key)),
                    List.of(event("a", "new"), another.withKey(key)),
                    List.of(event("a", "1").withKey(other), another.withKey(other)))) {
                assertThatThrownBy(trial.log.append(batch)::join).hasCauseInstanceOf(KeyConflictException.class);
            }
        }
        assertThat(trial.log.end()).isEqualTo(first);
        trial.append(List.of(event("a", "after").withKey(other))); // the refused batches left no key either
    }

    @Test
    void keyGoesWithItsEntry() throws Exception {
        var trial = new Trial(new Retention(3, 1 << 20, Duration.ofMinutes(1)));
        Publication keyed = event("a", "1").withKey(new Publication.Key("me", "k"));
        EventId first = trial.append(List.of(keyed)).get(0);
        trial.append("b", "b");
        assertThat(trial.log.append(List.of(keyed)).join()).containsExactly(first);
        trial.append("b");
        settle(trial.log);
        EventId second = trial.append(List.of(keyed)).get(0);
        assertThat(second).isGreaterThan(first);
        advanceClock(Duration.ofSeconds(61));
        settle(trial.log);
        assertThat(trial.append(List.of(event("a", "2").withKey(new Publication.Key("me", "k"))))
                        .get(0))
                .isGreaterThan(second);
    }

    // what is removed

    @Test
    void oldestGo_byCount() throws Exception {
        var trial = new Trial(new Retention(3, 1 << 20, SECOND));
        List<EventId> ids = trial.append("a", "b", "a", "b", "a");
        EventId birth = trial.log.birth();
        LogSlice slice = trial.readAll(birth, Channels.all());
        assertThat(ModelLog.ids(slice.entries())).isEqualTo(ids.subList(2, 5));
        assertThat(slice.removedTo()).isEqualTo(ids.get(1));
        assertThat(trial.readAll(birth, Channels.named("a")).removedTo()).isEqualTo(ids.get(0));
        assertThat(trial.readAll(birth, Channels.named("c")).removedTo()).isNull();
    }

    @Test
    void oldestGo_byBytes() throws Exception {
        var some = new Trial(PLENTY);
        some.append("a");
        int weight =
                some.readAll(some.log.birth(), Channels.all()).entries().get(0).weight();
        var trial = new Trial(new Retention(1000, weight * 3L + 2, SECOND));
        List<EventId> ids = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            ids.addAll(trial.append("a"));
        }
        assertThat(ModelLog.ids(trial.readAll(ids.get(1), Channels.all()).entries()))
                .isEqualTo(ids.subList(2, 5));
        assertThat(trial.missed(ids.get(0), Channels.all())).isTrue();
        assertThat(trial.missed(ids.get(1), Channels.all())).isFalse();
    }

    @Test
    void oldestGo_byAge_alsoWhenNobodyAppends() throws Exception {
        var trial = new Trial(new Retention(1000, 1 << 20, SECOND));
        EventId first = trial.append("a").get(0);
        advanceClock(Duration.ofMillis(400));
        EventId second = trial.append("b").get(0);
        advanceClock(Duration.ofMillis(600));
        assertThat(trial.missed(trial.log.birth(), Channels.all())).isFalse();
        advanceClock(Duration.ofMillis(1));
        LogSlice slice = trial.readAll(trial.log.birth(), Channels.all());
        assertThat(ModelLog.ids(slice.entries())).containsExactly(second);
        assertThat(slice.removedTo()).isEqualTo(first);
        advanceClock(SECOND);
        settle(trial.log);
        assertThat(trial.log.lastOf("b")).isNull();
        assertThat(trial.log.end()).isEqualTo(second);
        assertThat(trial.readAll(first, Channels.all())).isEqualTo(new LogSlice(List.of(), second, second));
    }

    @Test
    void entryFromATimeWhenTheClockWasAhead_goesWithWhatIsOlderBehindIt() throws Exception {
        var trial = new Trial(new Retention(1000, 1 << 20, SECOND));
        advanceClock(Duration.ofDays(365));
        EventId ahead = trial.append("a").get(0);
        advanceClock(Duration.ofDays(-365));
        EventId right = trial.append("a").get(0);
        advanceClock(SECOND);
        assertThat(trial.missed(trial.log.birth(), Channels.all())).isFalse();
        EventId later = trial.append("a").get(0);
        advanceClock(Duration.ofMillis(1));
        assertThat(trial.missed(ahead, Channels.all())).isTrue();
        assertThat(ModelLog.ids(trial.readAll(right, Channels.all()).entries())).containsExactly(later);
    }

    @Test
    void trimmingOneChannel_isNoGapInAnother() throws Exception {
        var trial = new Trial(new Retention(4, 1 << 20, SECOND));
        EventId start = trial.append("quiet").get(0);
        trial.append("busy", "busy", "busy");
        trial.append("busy", "busy", "busy", "busy");
        for (Channels others :
                List.of(Channels.named("quiet"), Channels.under("q"), Channels.named("quiet", "nobody"))) {
            assertThat(trial.missed(start, others)).isFalse();
            assertThat(trial.missed(trial.log.birth(), others)).isTrue();
        }
        assertThat(trial.missed(trial.log.birth(), Channels.named("nobody"))).isFalse();
        assertThat(trial.missed(trial.log.birth(), Channels.under("nobody"))).isFalse();
        assertThat(trial.missed(start, Channels.named("quiet", "busy"))).isTrue();
        assertThat(trial.missed(start, Channels.under("b"))).isTrue();
    }

    @Test
    void quietChannelWhoseLastEventExpired_isAGapOnlyToThoseWhoHaveNotSeenIt() throws Exception {
        var trial = new Trial(new Retention(1000, 1 << 20, SECOND));
        List<EventId> ids = trial.append("quiet", "quiet");
        advanceClock(SECOND.multipliedBy(3600));
        for (Channels filter : List.of(Channels.named("quiet"), Channels.under("quiet"))) {
            assertThat(trial.missed(ids.get(1), filter)).isFalse();
            assertThat(trial.missed(ids.get(0), filter)).isTrue();
        }
        EventId back = trial.append("quiet").get(0);
        assertThat(trial.missed(ids.get(1), Channels.named("quiet"))).isFalse();
        assertThat(ModelLog.ids(
                        trial.readAll(ids.get(1), Channels.named("quiet")).entries()))
                .containsExactly(back);
    }

    @Test
    void channelTrimmedUnderAReader_isToldInTheMidstOfItsCatchUp_onceAndOnlyToItsReaders() throws Exception {
        var trial = new Trial(new Retention(10, 1 << 20, SECOND));
        List<EventId> ids = trial.append("a", "b", "a", "b", "a", "b");
        var two = new ReadBudget(2, 1 << 20);
        LogSlice first = trial.read(trial.log.birth(), trial.log.end(), Channels.named("a"), two);
        assertThat(first.removedTo()).isNull();
        assertThat(first.scannedTo()).isEqualTo(ids.get(2));
        List<EventId> more = trial.append("c", "c", "c", "c", "c", "c", "c", "c", "c");
        LogSlice second = trial.read(first.scannedTo(), trial.log.end(), Channels.named("a"), two);
        assertThat(second.missedSince(first.scannedTo())).isTrue();
        assertThat(second).isEqualTo(new LogSlice(List.of(), more.get(8), ids.get(4)));
        assertThat(trial.missed(first.scannedTo(), Channels.named("c"))).isFalse();
        assertThat(trial.missed(second.scannedTo(), Channels.named("a"))).isFalse();
    }

    @Test
    void batchThatExceedsTheRetention_isSeenByTheTail_andKeptAsFarAsItGoes() throws Exception {
        var trial = new Trial(new Retention(2, 1 << 20, SECOND));
        List<LogEntry> seen = Collections.synchronizedList(new ArrayList<>());
        trial.log.tail(seen::addAll);
        List<EventId> ids = trial.append("a", "b", "c", "d", "e");
        assertThat(ModelLog.ids(seen)).isEqualTo(ids);
        LogSlice slice = trial.readAll(trial.log.birth(), Channels.all());
        assertThat(ModelLog.ids(slice.entries())).isEqualTo(ids.subList(3, 5));
    }

    @Test
    void entryThatExceedsTheRetentionByItself_isAGap_andLeavesTheEndWhereItWas() throws Exception {
        var trial = new Trial(new Retention(1000, 500, SECOND));
        EventId before = trial.append("a").get(0);
        EventId large = trial.append(List.of(event("b", "x".repeat(1000)))).get(0);
        assertThat(trial.log.end()).isEqualTo(large);
        assertThat(trial.readAll(before, Channels.all())).isEqualTo(new LogSlice(List.of(), large, large));
        assertThat(trial.missed(before, Channels.named("a"))).isFalse();
    }

    @Test
    void lastOf_isTheNewestThatIsKeptOfAChannel() throws Exception {
        var trial = new Trial(new Retention(3, 1 << 20, SECOND));
        List<EventId> ids = trial.append("a", "b", "a");
        assertThat(trial.log.lastOf("a")).isEqualTo(ids.get(2));
        assertThat(trial.log.lastOf("b")).isEqualTo(ids.get(1));
        assertThat(trial.log.lastOf("c")).isNull();
        trial.append("c", "c");
        settle(trial.log);
        assertThat(trial.log.lastOf("b")).isNull();
        assertThat(trial.log.lastOf("a")).isEqualTo(ids.get(2));
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
