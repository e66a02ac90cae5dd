// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The part of {@link EventLogContract} that is about retention: what is removed, and to whom that is a gap. */
public abstract class RetentionContract extends KeysContract {

    private static final Duration SECOND = Duration.ofSeconds(1);

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
}
