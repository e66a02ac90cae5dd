// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class MemoryLogTest extends EventLogContract {

    @Override
    protected EventLog open(Retention retention) {
        return MemoryLog.create(retention, clock());
    }

    @Test
    void frameIsMadeOnce_forTheTailAndAllReaders() throws Exception {
        EventLog log = open(PLENTY);
        var tailed = new ArrayList<LogEntry>();
        log.tail(tailed::addAll);
        log.append(List.of(event("a", "1"), event("a", "2"))).join();
        List<LogEntry> read =
                log.read(log.birth(), log.end(), Channels.all(), EVERYTHING).entries();
        assertThat(read.get(0)).isSameAs(tailed.get(0));
        assertThat(read.get(1)).isSameAs(tailed.get(1));
    }

    @Test
    void commitThatTheTailSees_cannotBeChangedByIt() {
        EventLog log = open(PLENTY);
        var refused = new AtomicInteger();
        log.tail(entries -> {
            try {
                entries.clear();
            } catch (UnsupportedOperationException e) {
                refused.incrementAndGet();
            }
        });
        log.append(List.of(event("a", "1"))).join();
        assertThat(refused).hasValue(1);
    }

    @Test
    void appendIsAnsweredAtOnce() {
        assertThat(open(PLENTY).append(List.of(event("a", "1")))).isCompleted();
    }

    @Test
    void closedLog_canStillBeRead() throws Exception {
        EventLog log = open(PLENTY);
        EventId id = log.append(List.of(event("a", "1"))).join().get(0);
        log.close();
        assertThat(log.end()).isEqualTo(id);
        assertThat(log.lastOf("a")).isEqualTo(id);
        assertThat(log.read(log.birth(), id, Channels.all(), EVERYTHING).entries())
                .hasSize(1);
    }

    @Test
    void tailThatThrows_harmsNeitherThePublisherNorAnotherTail() {
        EventLog log = open(PLENTY);
        var seen = new ArrayList<LogEntry>();
        log.tail(entries -> {
            throw new IllegalStateException("thrown by the test");
        });
        log.tail(seen::addAll);
        List<EventId> ids = log.append(List.of(event("a", "1"))).join();
        assertThat(ModelLog.ids(seen)).isEqualTo(ids);
        assertThat(log.end()).isEqualTo(ids.get(0));
    }

    @Test
    void tailThatCallsTheLog_isRefused() {
        EventLog log = open(PLENTY);
        List<Runnable> calls = List.of(
                () -> log.append(List.of(event("a", "1"))).join(),
                log::end,
                log::close,
                () -> log.lastOf("a"),
                () -> log.tail(entries -> {}));
        var refusals = new ArrayList<String>();
        log.tail(entries -> {
            for (Runnable call : calls) {
                try {
                    call.run();
                } catch (IllegalStateException e) {
                    refusals.add(String.valueOf(e.getMessage()));
                }
            }
        });
        log.append(List.of(event("a", "1"))).join();
        String refusal = "log: called by its own tail (expected: a tail that only takes note)";
        assertThat(refusals).isEqualTo(Collections.nCopies(calls.size(), refusal));
    }

    @Test
    void logBornLater_isALaterLife() {
        EventId before = open(PLENTY).birth();
        advanceClock(Duration.ofMillis(1));
        assertThat(open(PLENTY).birth()).isGreaterThan(before);
        assertThat(open(PLENTY).birth().incarnation())
                .isNotEqualTo(open(PLENTY).birth().incarnation());
    }

    @Test
    void clockBeforeTheEpoch_countsAsTheEpoch() {
        EventLog log = MemoryLog.create(PLENTY, InstantSource.fixed(Instant.ofEpochMilli(-5)));
        assertThat(log.birth().millis()).isZero();
        assertThat(log.append(List.of(event("a", "1"))).join().get(0))
                .isEqualTo(log.birth().next(0));
    }

    @Test
    void retentionForEver_isForEver() throws Exception {
        EventLog log = open(new Retention(Long.MAX_VALUE, Long.MAX_VALUE, Duration.ofSeconds(Long.MAX_VALUE)));
        log.append(List.of(event("a", "1"))).join();
        advanceClock(Duration.ofDays(1_000_000));
        assertThat(log.read(log.birth(), log.end(), Channels.all(), EVERYTHING).entries())
                .hasSize(1);
    }

    @Test
    void whatIsTooOld_leavesTheMemoryWithTheNextCallOfAnyKind() {
        for (Consumer<MemoryLog> call : List.<Consumer<MemoryLog>>of(
                EventLog::end,
                log -> log.lastOf("nobody"),
                log -> log.read(log.birth(), log.birth(), Channels.named(), EVERYTHING))) {
            var log = MemoryLog.create(new Retention(1000, 1 << 20, Duration.ofSeconds(1)), clock());
            log.append(List.of(event("a", "1"), event("b", "2"))).join();
            advanceClock(Duration.ofSeconds(2));
            assertThat(log.size()).isEqualTo(2);
            call.accept(log);
            assertThat(log.size()).isZero();
        }
    }

    @Test
    void systemClock_isTheDefault() {
        long before = System.currentTimeMillis();
        EventLog log = MemoryLog.create(PLENTY);
        assertThat(log.birth().millis()).isBetween(before, System.currentTimeMillis());
    }

    @Test
    void quietChannelIsFound_withoutLookingAtEverybodysEntries() throws Exception {
        EventLog log = open(PLENTY);
        EventId quiet = log.append(List.of(event("quiet", "1"))).join().get(0);
        for (int i = 0; i < 1000; i++) {
            log.append(Collections.nCopies(10, event("busy/" + i % 50, "x"))).join();
        }
        var asked = new AtomicInteger();
        for (Channels filter : List.of(Channels.named("quiet", "nobody"), Channels.under("qu"))) {
            asked.set(0);
            LogSlice slice = log.read(log.birth(), log.end(), counting(filter, asked), EVERYTHING);
            assertThat(ModelLog.ids(slice.entries())).containsExactly(quiet);
            assertThat(slice.scannedTo()).isEqualTo(log.end());
            assertThat(asked.get()).isLessThanOrEqualTo(2 * 51);
        }
    }

    @Test
    void readLooksAtABoundedNumberOfEntries_andGetsOnAllTheSame() throws Exception {
        EventLog log = open(PLENTY);
        for (int i = 0; i < 3 * MemoryLog.READ_LIMIT; i++) {
            log.append(List.of(event("busy/" + i, "x"))).join();
        }
        EventId quiet = log.append(List.of(event("quiet", "1"))).join().get(0);
        var asked = new AtomicInteger();
        EventId at = log.birth();
        LogSlice slice = new LogSlice(List.of(), at, null);
        for (int reads = 0; reads < 4; reads++) {
            asked.set(0);
            assertThat(slice.entries()).isEmpty();
            slice = log.read(at, log.end(), counting(Channels.under("qu"), asked), EVERYTHING);
            at = slice.scannedTo();
            assertThat(asked.get()).isLessThanOrEqualTo(2 * MemoryLog.READ_LIMIT);
        }
        assertThat(ModelLog.ids(slice.entries())).containsExactly(quiet);
        assertThat(at).isEqualTo(quiet);
    }

    private static ChannelFilter counting(ChannelFilter filter, AtomicInteger asked) {
        return new ChannelFilter() {
            @Override
            public Set<String> channels() {
                return filter.channels();
            }

            @Override
            public boolean hasPatterns() {
                return filter.hasPatterns();
            }

            @Override
            public boolean matches(String channel) {
                asked.incrementAndGet();
                return filter.matches(channel);
            }
        };
    }

    /** Whatever the limits, a read is right; only how far it gets differs. Also the ring and the index grow, wrap and shrink. */
    @Test
    void largerLife_withSmallLimits_isWhatTheModelSays() {
        long seed = ThreadLocalRandom.current().nextLong();
        try {
            for (int readLimit : new int[] {1, 2, 3, 7, 20}) {
                live(new Random(seed + readLimit), readLimit);
            }
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    private void live(Random random, int readLimit) {
        var retention = new Retention(300, 1 << 20, Duration.ofSeconds(60));
        var log = new MemoryLog(retention, clock(), readLimit, 1000);
        var model = new ModelLog(log.birth(), retention);
        for (int step = 0; step < 600; step++) {
            // tides: the log fills up, and runs dry
            boolean flood = step / 100 % 2 == 0;
            advanceClock(Duration.ofMillis(random.nextInt(flood ? 200 : 4000)));
            String channel = random.nextInt(4) == 0 ? "c" + random.nextInt(30) : "busy";
            List<Publication> batch = Collections.nCopies(1 + random.nextInt(flood ? 9 : 2), event(channel, "x"));
            model.commit(log.append(batch).join(), clock().millis(), batch);

            var places = new ArrayList<>(model.places());
            EventId after = places.get(random.nextInt(places.size()));
            EventId upTo = places.get(random.nextInt(places.size()));
            var names = new String[] {"busy", "c1", "c2", "c3", "c4", "c5", "c6", "c7"};
            var named = Set.of(names).stream().limit(random.nextInt(9)).toArray(String[]::new);
            Channels filter = random.nextBoolean() ? Channels.named(named) : Channels.under("c1", named);
            var budget = new ReadBudget(1 + random.nextInt(30), 1 << 20);
            model.check(log.read(after, upTo, filter, budget), after, upTo, filter, budget);
        }
        assertThat(model.removed()).isGreaterThan(300);
    }

    @Test
    void channelsBeyondTheTable_areForgottenTogether_neverSilently() {
        var log = new MemoryLog(new Retention(1, 1 << 20, Duration.ofDays(1)), clock(), 100, 3);
        var ids = new ArrayList<EventId>();
        for (String channel : List.of("a", "b", "c", "d", "e", "f")) {
            ids.addAll(log.append(List.of(event(channel, "x"))).join());
        }
        // gone are a to e, of which the table holds c, d and e
        EventId forgottenTo = ids.get(1);
        for (Channels known : List.of(Channels.named("c"), Channels.named("d"), Channels.named("e"))) {
            EventId gone = ids.get("abcdef".indexOf(known.channels().iterator().next()));
            assertThat(removedTo(log, log.birth(), known)).isEqualTo(gone);
            assertThat(missed(log, gone, known)).isFalse();
        }
        for (Channels unknown :
                List.of(Channels.named("a"), Channels.named("b"), Channels.named("nobody"), Channels.under("nobody"))) {
            assertThat(removedTo(log, log.birth(), unknown)).isEqualTo(forgottenTo);
            assertThat(missed(log, forgottenTo, unknown)).isFalse();
        }
        assertThat(removedTo(log, log.birth(), Channels.under("d"))).isEqualTo(ids.get(3));
    }

    private static boolean missed(MemoryLog log, EventId after, ChannelFilter filter) {
        return log.read(after, log.end(), filter, EVERYTHING).missedSince(after);
    }

    private static EventId removedTo(MemoryLog log, EventId after, ChannelFilter filter) {
        return Objects.requireNonNull(
                log.read(after, log.end(), filter, EVERYTHING).removedTo());
    }
}
