// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hibiki.event.SseEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The part of {@link EventLogContract} that is about keys: what is published again under its key is appended once. */
public abstract class KeysContract extends LastingEntriesContract {

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
}
