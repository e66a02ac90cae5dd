// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** The part of {@link EventLogContract} that is about what outlives retention. */
public abstract class LastingEntriesContract extends LogTrials {

    static final Retention THREE = new Retention(3, 1L << 40, Duration.ofMinutes(1));

    /** An entry that lasts under a name, and says so. */
    static Publication lasting(String channel, String name, String data) {
        return lasting(channel, name, data, Long.MAX_VALUE);
    }

    static Publication lasting(String channel, String name, String data, long endMillis) {
        return event(channel, data).lasting(new Publication.Lasting(name, endMillis));
    }

    static List<EventId> ids(EventLog log, String channel) throws Exception {
        return ModelLog.ids(log.lasting(channel));
    }

    @Test
    void whatLasts_isAnEntryLikeAnyOther_andOutlivesRetention() throws Exception {
        var trial = new Trial(THREE);
        List<LogEntry> seen = Collections.synchronizedList(new ArrayList<>());
        trial.log.tail(seen::addAll);
        EventId id = trial.append(List.of(lasting("facts", "one", "1"))).get(0);
        assertThat(ModelLog.ids(seen)).containsExactly(id);
        LogEntry read =
                trial.readAll(trial.log.birth(), Channels.all()).entries().get(0);
        trial.append("a", "b", "a", "b");
        advanceClock(Duration.ofDays(1000));
        assertThat(trial.readAll(trial.log.birth(), Channels.all()).entries()).isEmpty();
        assertThat(trial.missed(trial.log.birth(), Channels.named("facts"))).isTrue();
        assertThat(trial.log.lastOf("facts")).isNull();
        assertThat(ModelLog.same(trial.log.lasting("facts"), List.of(read))).isTrue();
        assertThat(trial.log.lasting("facts").get(0).type()).isEqualTo(read.type());
        assertThat(trial.log.lasting("a")).isEmpty();
    }

    @Test
    void ofEachNameInAChannelTheNewestLasts_inTheOrderOfTheLog() throws Exception {
        var trial = new Trial(PLENTY);
        List<EventId> ids = trial.append(List.of(
                lasting("facts", "one", "1"),
                lasting("facts", "two", "2"),
                lasting("other", "one", "3"),
                event("facts", "does not last")));
        assertThat(ids(trial.log, "facts")).containsExactly(ids.get(0), ids.get(1));
        List<EventId> more = trial.append(List.of(lasting("facts", "one", "4"), lasting("facts", "one", "5")));
        assertThat(ids(trial.log, "facts")).containsExactly(ids.get(1), more.get(1));
        assertThat(ids(trial.log, "other")).containsExactly(ids.get(2));
        assertThat(ids(trial.log, "nobody")).isEmpty();
    }

    @Test
    void whoTailsFirstAndThenAsks_missesNone_whileAppendsRun() throws Exception {
        var trial = new Trial(PLENTY);
        var done = new AtomicBoolean();
        var appending = CompletableFuture.supplyAsync(() -> {
            int count = 0;
            while (!done.get() || count < 100) {
                trial.log
                        .append(List.of(lasting("facts", "name-" + count++ % 500, "x")))
                        .join();
            }
            return count;
        });
        var tails = new ArrayList<List<LogEntry>>();
        var found = new ArrayList<List<EventId>>();
        try {
            for (int i = 0; i < 100; i++) {
                List<LogEntry> seen = Collections.synchronizedList(new ArrayList<>());
                trial.log.tail(seen::addAll);
                tails.add(seen);
                found.add(ids(trial.log, "facts"));
            }
        } finally {
            done.set(true);
        }
        int names = Math.min(appending.join(), 500);
        List<EventId> all = ids(trial.log, "facts");
        assertThat(all).hasSize(names);
        for (int i = 0; i < tails.size(); i++) {
            var known = new TreeSet<>(found.get(i));
            known.addAll(ModelLog.ids(tails.get(i)));
            assertThat(known).containsAll(all);
        }
    }

    @Test
    void whatIsTooMuchIsRefused_untilSomethingIsOver() throws Exception {
        var trial = new Trial(THREE);
        long soon = clock().millis() + 1000;
        trial.append(List.of(lasting("facts", "over soon", "x", soon)));
        var batch = new ArrayList<Publication>();
        for (int i = 1; i < LastingEntries.MOST; i++) {
            batch.add(lasting("facts", "name " + i, "x"));
            if (batch.size() == 1000 || i == LastingEntries.MOST - 1) {
                trial.log.append(List.copyOf(batch)).join();
                batch.clear();
            }
        }
        EventId end = trial.log.end();
        var more = List.of(event("a", "nor this"), lasting("facts", "one more", "x"));
        assertThatThrownBy(trial.log.append(more)::join)
                .hasCauseInstanceOf(TooManyLastingException.class)
                .hasMessageEndingWith("lasting: one more than the log may keep (expected: at most 100000)");
        assertThat(trial.log.end()).isEqualTo(end);
        assertThat(trial.log.lasting("facts")).hasSize(LastingEntries.MOST);
        trial.log.append(List.of(lasting("facts", "name 1", "again"))).join();

        advanceClock(Duration.ofSeconds(1));
        EventId fits = trial.log.append(more).join().get(1);
        assertThat(ids(trial.log, "facts")).hasSize(LastingEntries.MOST).endsWith(fits);
        assertThatThrownBy(trial.log.append(List.of(lasting("other", "one more", "x")))::join)
                .hasCauseInstanceOf(TooManyLastingException.class);
    }
}
