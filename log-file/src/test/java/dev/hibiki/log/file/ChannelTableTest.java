// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.event.SseEvent;
import dev.hibiki.log.ChannelFilter;
import dev.hibiki.log.Channels;
import dev.hibiki.log.EventId;
import dev.hibiki.log.LogSlice;
import dev.hibiki.log.Publication;
import dev.hibiki.log.ReadBudget;
import dev.hibiki.log.Retention;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is remembered of channels without entries: so much and no more, also by who opens the log again. */
class ChannelTableTest {

    private static final Retention ONE = new Retention(1, 1 << 20, Duration.ofDays(1));
    private static final ReadBudget EVERYTHING = new ReadBudget(Integer.MAX_VALUE, Integer.MAX_VALUE);
    private static final int MOST_QUIET = 3;

    @TempDir
    Path directory;

    private FileLog log;

    @BeforeEach
    void open() throws Exception {
        log = new FileLog(
                Parts.open(directory, ONE, Durability.OS, InstantSource.system(), MOST_QUIET), FileLog.READ_LIMIT);
    }

    @AfterEach
    void close() {
        log.close();
    }

    private EventId append(String channel) throws Exception {
        return log.append(List.of(Publication.of(channel, SseEvent.of("x"))))
                .get()
                .get(0);
    }

    private LogSlice read(EventId after, ChannelFilter filter) throws Exception {
        return log.read(after, log.end(), filter, EVERYTHING);
    }

    private void openAgain() throws Exception {
        log.close();
        open();
    }

    @Test
    void channelsBeyondTheTable_areForgottenTogether_neverSilently() throws Exception {
        var ids = new ArrayList<EventId>();
        for (String channel : List.of("a", "b", "c", "d", "e", "f")) {
            ids.add(append(channel));
        }
        openAgain(); // which deletes what is removed
        openAgain(); // which folds what is too much then
        EventId forgottenTo = ids.get(1);
        for (int round = 0; round < 2; round++) {
            assertThat(log.figures().channels()).isEqualTo(MOST_QUIET + 1);
            for (int known = 2; known < 5; known++) {
                Channels channel = Channels.named("abcdef".substring(known, known + 1));
                assertThat(read(log.birth(), channel).removedTo()).isEqualTo(ids.get(known));
                assertThat(read(ids.get(known), channel).missedSince(ids.get(known)))
                        .isFalse();
            }
            for (ChannelFilter unknown : List.of(
                    Channels.named("a"), Channels.named("b"), Channels.named("nobody"), Channels.under("nobody"))) {
                assertThat(read(log.birth(), unknown).removedTo()).isEqualTo(forgottenTo);
                assertThat(read(forgottenTo, unknown).missedSince(forgottenTo)).isFalse();
            }
            assertThat(read(log.birth(), Channels.under("d")).removedTo()).isEqualTo(ids.get(3));
            openAgain();
        }
    }

    @Test
    void forgottenChannelThatComesBack_stillTellsWhatItMayHaveLost() throws Exception {
        EventId first = append("a");
        for (int i = 0; i < 5; i++) {
            append("other/" + i);
            openAgain();
        }
        EventId back = append("a");
        assertThat(read(log.birth(), Channels.named("a")).missedSince(log.birth()))
                .isTrue();
        openAgain();
        LogSlice slice = read(log.birth(), Channels.named("a"));
        assertThat(slice.missedSince(log.birth())).isTrue();
        assertThat(slice.removedTo()).isGreaterThanOrEqualTo(first);
        assertThat(slice.entries().get(0).id()).isEqualTo(back);
    }

    @Test
    void channelsThatComeAndGo_takeNoMemoryForEver() throws Exception {
        for (int i = 0; i < 3000; i++) {
            append("process/" + i);
        }
        log.settle();
        openAgain();
        openAgain();
        assertThat(log.figures().channels()).isEqualTo(MOST_QUIET + 1);
    }

    @Test
    void quietChannelIsFound_withoutLookingAtEverybodysEntries() throws Exception {
        log.close();
        var plenty = new Retention(100_000, 1 << 30, Duration.ofDays(1));
        log = new FileLog(Parts.open(directory, plenty, Durability.OS, InstantSource.system(), MOST_QUIET), 3);
        EventId quiet = append("quiet");
        for (int i = 0; i < 500; i++) {
            append("busy/" + i % 200);
        }
        for (ChannelFilter filter : List.of(Channels.named("quiet", "nobody"), Channels.under("qu"))) {
            LogSlice slice = read(log.birth(), filter); // which may look at three entries
            assertThat(slice.entries()).hasSize(1);
            assertThat(slice.entries().get(0).id()).isEqualTo(quiet);
            assertThat(slice.scannedTo()).isEqualTo(log.end());
        }
        LogSlice short3 = read(log.birth(), Channels.under("busy/"));
        assertThat(short3.scannedTo()).isLessThan(log.end());
    }
}
