// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/** What a log must do besides that outlives its process: opened again, it goes on as if it had never been closed. */
public abstract class DurableLogContract extends EventLogContract {

    /** Opens a log again that was closed, under that retention. */
    protected abstract EventLog openAgain(EventLog closed, Retention retention) throws Exception;

    private Trial again(Trial trial, Retention retention) throws Exception {
        settle(trial.log);
        trial.log.close();
        return new Trial(openAgain(trial.log, retention), trial.model, retention);
    }

    @Test
    void logOpenedAgain_isTheSameLife_withTheSameEntries() throws Exception {
        var trial = new Trial(PLENTY);
        List<EventId> ids = trial.append("a", "room/1", "a");
        List<LogEntry> entries =
                trial.readAll(trial.log.birth(), Channels.all()).entries();
        var again = again(trial, PLENTY);
        assertThat(again.log.birth()).isEqualTo(trial.model.birth());
        assertThat(again.log.end()).isEqualTo(ids.get(2));
        assertThat(again.log.floor()).isEqualTo(again.log.birth());
        assertThat(again.log.lastOf("a")).isEqualTo(ids.get(2));
        assertThat(again.log.lastOf("room/1")).isEqualTo(ids.get(1));
        assertThat(again.log.beforeNewest(Channels.all(), 2)).isEqualTo(ids.get(0));
        List<LogEntry> same = again.readAll(again.log.birth(), Channels.all()).entries();
        assertThat(ModelLog.same(same, entries)).isTrue();
        assertThat(same.get(0).type()).isEqualTo(entries.get(0).type());
    }

    @Test
    void emptyLogOpenedAgain_isStillItself() throws Exception {
        var trial = new Trial(PLENTY);
        var again = again(again(trial, PLENTY), PLENTY);
        assertThat(again.log.birth()).isEqualTo(trial.model.birth());
        assertThat(again.log.end()).isEqualTo(again.log.birth());
        assertThat(again.append("a").get(0)).isGreaterThan(again.log.birth());
    }

    @Test
    void idsGoOnRising_evenIfTheClockWentBack() throws Exception {
        var trial = new Trial(PLENTY);
        advanceClock(Duration.ofDays(1));
        EventId last = trial.append("a", "b").get(1);
        for (long days : new long[] {-10, 3, -100, 0, 200}) {
            advanceClock(Duration.ofDays(days));
            trial = again(trial, PLENTY);
            assertThat(trial.log.end()).isEqualTo(last);
            EventId next = trial.append("a").get(0);
            assertThat(next).isGreaterThan(last);
            last = next;
        }
        assertThat(trial.readAll(trial.log.birth(), Channels.all()).entries()).hasSize(7);
    }

    @Test
    void idsGoOnRising_evenIfEverythingHasExpired() throws Exception {
        var trial = new Trial(THREE);
        EventId last = trial.append("a", "b", "c").get(2);
        advanceClock(Duration.ofHours(1));
        trial = again(trial, THREE);
        advanceClock(Duration.ofHours(-2));
        trial = again(trial, THREE);
        assertThat(trial.log.end()).isEqualTo(last);
        assertThat(trial.log.floor()).isEqualTo(last);
        assertThat(trial.log.lastOf("c")).isNull();
        assertThat(trial.readAll(last, Channels.all())).isEqualTo(new LogSlice(List.of(), last, null));
        assertThat(trial.append("a").get(0)).isGreaterThan(last);
    }

    @Test
    void whatWasRemovedByAge_staysRemoved_evenIfTheClockWentBack() throws Exception {
        var trial = new Trial(THREE);
        List<EventId> ids = new ArrayList<>(trial.append("a", "b"));
        advanceClock(Duration.ofSeconds(50));
        ids.addAll(trial.append("b"));
        advanceClock(Duration.ofSeconds(20));
        settle(trial.log);
        assertThat(trial.log.floor()).isEqualTo(ids.get(1));
        trial.model.trim(clock().millis());
        advanceClock(Duration.ofMinutes(-1));
        trial = again(trial, THREE);
        assertThat(trial.log.floor()).isEqualTo(ids.get(1));
        assertThat(trial.readAll(trial.log.birth(), Channels.named("a")).removedTo())
                .isEqualTo(ids.get(0));
        assertThat(trial.readAll(trial.log.birth(), Channels.all()).removedTo()).isEqualTo(ids.get(1));
    }

    @Test
    void removalsAreRememberedByChannel() throws Exception {
        var trial = new Trial(THREE);
        List<EventId> ids = trial.append("quiet", "a", "b", "b", "b", "b");
        for (int round = 0; round < 2; round++) {
            trial = again(trial, THREE);
            EventId birth = trial.log.birth();
            assertThat(trial.readAll(birth, Channels.named("quiet")).removedTo())
                    .isEqualTo(ids.get(0));
            assertThat(trial.readAll(birth, Channels.named("a")).removedTo()).isEqualTo(ids.get(1));
            assertThat(trial.readAll(birth, Channels.named("b")).removedTo()).isEqualTo(ids.get(2));
            assertThat(trial.readAll(birth, Channels.named("nobody")).removedTo())
                    .isNull();
            assertThat(trial.missed(ids.get(0), Channels.named("quiet"))).isFalse();
            assertThat(trial.missed(ids.get(1), Channels.under("b"))).isTrue();
        }
    }

    @Test
    void retentionThatWasLowered_isApplied() throws Exception {
        var trial = new Trial(PLENTY);
        List<EventId> ids = trial.append("a", "b", "a", "b", "a", "b");
        trial = again(trial, THREE);
        assertThat(trial.log.floor()).isEqualTo(ids.get(2));
        assertThat(ModelLog.ids(trial.readAll(trial.log.birth(), Channels.all()).entries()))
                .isEqualTo(ids.subList(3, 6));
        trial = again(trial, PLENTY); // what is gone stays gone
        assertThat(trial.log.floor()).isEqualTo(ids.get(2));
        assertThat(trial.readAll(trial.log.birth(), Channels.all()).removedTo()).isEqualTo(ids.get(2));
        assertThat(trial.log.beforeNewest(Channels.all(), 6)).isEqualTo(ids.get(2));
    }

    @Test
    void entryFromATimeWhenTheClockWasAhead_goesWithWhatIsOlderBehindIt_alsoAfterwards() throws Exception {
        var trial = new Trial(THREE);
        advanceClock(Duration.ofDays(365));
        trial.append("a");
        advanceClock(Duration.ofDays(-365));
        EventId right = trial.append("a").get(0);
        trial = again(trial, THREE);
        advanceClock(Duration.ofSeconds(59));
        EventId later = trial.append("b").get(0);
        assertThat(trial.missed(trial.log.birth(), Channels.all())).isFalse();
        trial = again(trial, THREE);
        advanceClock(Duration.ofSeconds(2));
        assertThat(ModelLog.ids(trial.readAll(right, Channels.all()).entries())).containsExactly(later);
        assertThat(trial.missed(trial.log.birth(), Channels.all())).isTrue();
    }

    @Test
    void keysAreKeptWithTheirEntries_andGoWithThem() throws Exception {
        var trial = new Trial(THREE);
        Publication keyed = event("a", "1").withKey(new Publication.Key("me", "k"));
        EventId first = trial.append(List.of(keyed)).get(0);
        trial = again(trial, THREE);
        assertThat(trial.log.append(List.of(keyed)).join()).containsExactly(first);
        Publication other = event("a", "2").withKey(new Publication.Key("me", "k"));
        assertThatThrownBy(trial.log.append(List.of(other))::join).hasCauseInstanceOf(KeyConflictException.class);
        trial.append("b", "b", "b");
        EventId second = trial.append(List.of(other)).get(0);
        trial = again(trial, THREE);
        assertThat(trial.log.append(List.of(other)).join()).containsExactly(second);
        assertThatThrownBy(trial.log.append(List.of(keyed))::join).hasCauseInstanceOf(KeyConflictException.class);
        assertThat(trial.log.end()).isEqualTo(second);
    }

    @Test
    void whatLasts_isThereAfterwards_whateverRetentionRemoved() throws Exception {
        var trial = new Trial(THREE);
        long soon = clock().millis() + 1000;
        List<EventId> ids = trial.append(List.of(
                lasting("facts", "one", "1"), lasting("facts", "two", "2"), lasting("facts", "over soon", "3", soon)));
        List<LogEntry> before = trial.log.lasting("facts");
        trial.append("a", "a", "a", "a");
        trial = again(trial, THREE);
        assertThat(ModelLog.same(trial.log.lasting("facts"), before)).isTrue();
        EventId newest = trial.append(List.of(lasting("facts", "one", "4"))).get(0);
        advanceClock(Duration.ofDays(1));
        trial = again(again(trial, THREE), THREE);
        assertThat(ids(trial.log, "facts")).contains(ids.get(1), newest).doesNotContain(ids.get(0));
        EventId last = trial.append(List.of(lasting("facts", "three", "5"))).get(0);
        trial = again(trial, THREE);
        assertThat(ids(trial.log, "facts")).containsExactly(ids.get(1), newest, last);
    }

    @Test
    void readerResumesWhereItWas_withoutASeam() throws Exception {
        var trial = new Trial(PLENTY);
        var read = new ArrayList<EventId>();
        var all = new ArrayList<EventId>();
        EventId at = trial.log.birth();
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < 10; i++) {
                all.addAll(trial.append("mine", "c" + i));
            }
            LogSlice slice = trial.read(at, trial.log.end(), Channels.all(), new ReadBudget(17, 1 << 20));
            read.addAll(ModelLog.ids(slice.entries()));
            at = slice.scannedTo();
            trial = again(trial, PLENTY);
        }
        read.addAll(ModelLog.ids(trial.readAll(at, Channels.all()).entries()));
        assertThat(read).isEqualTo(all);
    }

    @Test
    void tailBeginsAtTheEndThatWasStored() throws Exception {
        var trial = new Trial(PLENTY);
        EventId last = trial.append("a", "b").get(1);
        trial = again(trial, PLENTY);
        List<LogEntry> seen = Collections.synchronizedList(new ArrayList<>());
        assertThat(trial.log.tail(seen::addAll)).isEqualTo(last);
        List<EventId> ids = trial.append("c", "d");
        assertThat(ModelLog.ids(seen)).isEqualTo(ids);
    }

    @Test
    void whatWaitsWhenItIsClosed_isThereAfterwards_orWasRefused() throws Exception {
        EventLog log = open(PLENTY);
        var answers = new ArrayList<CompletableFuture<List<EventId>>>();
        for (int i = 0; i < 500; i++) {
            answers.add(log.append(Collections.nCopies(1 + i % 3, event("a", Integer.toString(i)))));
        }
        log.close();
        var answered = new ArrayList<EventId>();
        for (var answer : answers) {
            assertThat(answer).isDone();
            if (!answer.isCompletedExceptionally()) {
                answered.addAll(answer.join());
            }
        }
        var again = new Trial(openAgain(log, PLENTY), null, PLENTY);
        LogSlice all = again.log.read(again.log.birth(), again.log.end(), Channels.all(), EVERYTHING);
        assertThat(ModelLog.ids(all.entries())).isEqualTo(answered);
    }

    @Test
    void anyLife_withReopenings_isWhatTheModelSays() throws Exception {
        for (int i = 0; i < 40; i++) {
            long seed = ThreadLocalRandom.current().nextLong();
            try {
                liveOn(new Random(seed));
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
            closeLogs();
        }
    }

    private void liveOn(Random random) throws Exception {
        var trial = new Trial(retention(random));
        String[] names = {"a", "b", "c", "room/1", "room/2", "room/30"};
        for (int step = 0; step < 120; step++) {
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    var batch = new ArrayList<Publication>();
                    for (int n = 1 + random.nextInt(4); n > 0; n--) {
                        batch.add(event(names[random.nextInt(names.length)], "x".repeat(random.nextInt(200))));
                    }
                    trial.append(batch);
                }
                case 3 -> advanceClock(Duration.ofMillis(random.nextInt(1000)));
                case 4 -> advanceClock(Duration.ofMillis(random.nextInt(4) == 0 ? random.nextInt(10_000) - 5000 : 0));
                case 5 -> {
                    trial.model.trim(clock().millis());
                    if (random.nextInt(3) == 0) {
                        trial = again(trial, retention(random));
                    }
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

    private static Retention retention(Random random) {
        return new Retention(
                1 + random.nextInt(40), 200 + random.nextInt(12_000), Duration.ofMillis(1 + random.nextInt(3000)));
    }
}
