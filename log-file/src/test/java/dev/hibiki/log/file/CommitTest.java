// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hibiki.event.SseEvent;
import dev.hibiki.log.Channels;
import dev.hibiki.log.EventId;
import dev.hibiki.log.KeyConflictException;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.LogUnavailableException;
import dev.hibiki.log.Publication;
import dev.hibiki.log.ReadBudget;
import dev.hibiki.log.Retention;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How appends share commits, and what happens to them when a commit fails. */
@Timeout(60)
class CommitTest {

    private static final Retention PLENTY = new Retention(1_000_000, 1L << 40, Duration.ofDays(1));
    private static final ReadBudget EVERYTHING = new ReadBudget(Integer.MAX_VALUE, Integer.MAX_VALUE);

    /** A clock that stands: ids tell how many were given. */
    private static final InstantSource STANDING = InstantSource.fixed(Instant.parse("2026-11-20T11:01:00Z"));

    @TempDir
    Path directory;

    private FileLog log;
    private final CountDownLatch free = new CountDownLatch(1);

    @BeforeEach
    void open() throws Exception {
        log = FileLog.open(directory, PLENTY, Durability.FSYNC, STANDING);
    }

    @AfterEach
    void close() {
        free.countDown();
        log.close();
    }

    private static Publication event(String channel, String data) {
        return Publication.of(channel, SseEvent.of(data));
    }

    private CompletableFuture<List<EventId>> append(String data) {
        return log.append(List.of(event("a", data)));
    }

    /** Keeps the log's thread busy with one entry, so that what is appended then waits. */
    private CompletableFuture<List<EventId>> holdTheLog() throws Exception {
        var inside = new CountDownLatch(1);
        log.tail(entries -> {
            inside.countDown();
            try {
                free.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        CompletableFuture<List<EventId>> held = append("held");
        inside.await();
        return held;
    }

    private List<EventId> everything() throws Exception {
        return log.read(log.birth(), log.end(), Channels.all(), EVERYTHING).entries().stream()
                .map(LogEntry::id)
                .toList();
    }

    @Test
    void whatWaits_isCommittedTogether() throws Exception {
        assertThat(holdTheLog()).isNotDone();
        var answers = new ArrayList<CompletableFuture<List<EventId>>>();
        for (int i = 0; i < 100; i++) {
            answers.add(append(Integer.toString(i)));
        }
        long before = log.figures().commits();
        free.countDown();
        var ids = new ArrayList<EventId>();
        for (var answer : answers) {
            ids.addAll(answer.get());
        }
        assertThat(ids).isSorted().doesNotHaveDuplicates().hasSize(100);
        assertThat(log.figures().commits()).isEqualTo(before + 1);
        assertThat(log.figures().appended()).isEqualTo(101);
        assertThat(log.figures().forcedNanos()).isPositive();
    }

    @Test
    void tailAndAnswers_comeWhenItIsCommitted_asAnotherProcessSeesIt() throws Exception {
        var counts = Collections.synchronizedList(new ArrayList<Integer>());
        log.tail(entries -> counts.add(rows()));
        assertThat(holdTheLog()).isNotDone();
        var answered = append("1").thenRun(() -> counts.add(rows()));
        free.countDown();
        answered.get();
        assertThat(counts).containsExactly(1, 2, 2);
    }

    /** How many entries there are for a connection of somebody else. */
    private int rows() {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("hibiki.db"));
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT count(*) FROM entries")) {
            return row.getInt(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void keyConflict_failsItsOwnBatch_notTheOthersOfTheCommit() throws Exception {
        var key = new Publication.Key("me", "k");
        assertThat(holdTheLog()).isNotDone();
        var first = log.append(List.of(event("a", "1").withKey(key)));
        var conflict = log.append(List.of(event("b", "new"), event("a", "2").withKey(key)));
        var same = log.append(List.of(event("a", "1").withKey(key), event("c", "3")));
        free.countDown();
        assertThat(same.get().get(0)).isEqualTo(first.get().get(0));
        assertThatThrownBy(conflict::get).hasCauseInstanceOf(KeyConflictException.class);
        assertThat(everything()).hasSize(3).contains(same.get().get(1));
        assertThat(log.lastOf("b")).isNull();
    }

    @Test
    void strangeKeys_neverStopTheOthers() throws Exception {
        assertThat(holdTheLog()).isNotDone();
        var answers = new ArrayList<CompletableFuture<List<EventId>>>();
        for (String strange : List.of("\ud800", "\ud801", "?", "\u0000", "a\u0000b", "a", "")) {
            answers.add(
                    log.append(List.of(event("a", strange.length() + "").withKey(new Publication.Key("me", strange)))));
            answers.add(append("other"));
        }
        free.countDown();
        for (int i = 1; i < answers.size(); i += 2) {
            assertThat(answers.get(i).get()).hasSize(1);
        }
        for (int i = 0; i < answers.size(); i += 2) {
            CompletableFuture<List<EventId>> answer = answers.get(i);
            assertThat(answer.handle((ids, e) -> e == null || e instanceof KeyConflictException)
                            .get())
                    .isTrue();
        }
    }

    @Test
    void appendsInFlight_areBoundedByBytes() throws Exception {
        assertThat(holdTheLog()).isNotDone();
        var large = new Publication("a", null, new byte[8 << 20], null, null);
        var accepted = new ArrayList<CompletableFuture<List<EventId>>>();
        CompletableFuture<List<EventId>> answer = log.append(List.of(large));
        while (!answer.isDone()) {
            accepted.add(answer);
            answer = log.append(List.of(large));
        }
        assertThat(accepted).hasSize(7);
        assertThatThrownBy(answer::get)
                .hasCauseInstanceOf(LogUnavailableException.class)
                .hasMessageContaining("(expected: at most 67108864 in all)");
        free.countDown();
        for (var taken : accepted) {
            assertThat(taken.get()).hasSize(1);
        }
        assertThat(log.append(List.of(large)).get()).hasSize(1);
    }

    @Test
    void fullDatabase_refusesWholeCommits_losesNothing_andGoesOnWhenThereIsRoom() throws Exception {
        EventId before = append("before").get().get(0);
        List<LogEntry> seen = Collections.synchronizedList(new ArrayList<>());
        log.tail(seen::addAll);
        log.parts().store().limitPages(1);
        Publication large = event("new", "x".repeat(100_000));
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(log.append(List.of(event("a", "small"), large))::get)
                    .hasCauseInstanceOf(LogUnavailableException.class)
                    .hasMessageContaining("log: cannot be written: ");
            assertThat(log.health()).contains("SQLITE_FULL");
        }
        assertThat(log.end()).isEqualTo(before);
        assertThat(log.lastOf("new")).isNull();
        assertThat(everything()).containsExactly(before);
        assertThat(seen).isEmpty();
        log.parts().store().limitPages(1_000_000);
        EventId after = log.append(List.of(large)).get().get(0);
        assertThat(log.health()).isNull();
        assertThat(everything()).containsExactly(before, after);
        assertThat(after.sequence() - before.sequence()).isEqualTo(3 * 2 + 1); // what failed used ids up
        assertThat(seen).hasSize(1);
        log.close();
        log = FileLog.open(directory, PLENTY, Durability.FSYNC, STANDING);
        assertThat(everything()).containsExactly(before, after);
        assertThat(log.lastOf("new")).isEqualTo(after);
    }

    @Test
    void whatWasNotCommitted_doesNotLast_andTakesNoName() throws Exception {
        var name = new Publication.Lasting("one", Long.MAX_VALUE);
        EventId first =
                log.append(List.of(event("facts", "1").lasting(name))).get().get(0);
        log.parts().store().limitPages(1);
        Publication large = event("a", "x".repeat(100_000));
        assertThatThrownBy(log.append(List.of(event("facts", "2").lasting(name), large))::get)
                .hasCauseInstanceOf(LogUnavailableException.class);
        assertThat(log.lasting("facts")).extracting(LogEntry::id).containsExactly(first);
        log.parts().store().limitPages(1_000_000);
        log.close();
        log = FileLog.open(directory, PLENTY, Durability.FSYNC, STANDING);
        assertThat(log.lasting("facts")).extracting(LogEntry::id).containsExactly(first);
    }

    @Test
    void tailThatThrows_harmsNobody_andOneThatDiesOfAnErrorStopsTheLogForAll() throws Exception {
        log.tail(entries -> {
            throw new IllegalStateException("thrown by the test");
        });
        EventId first = append("1").get().get(0);
        log.tail(entries -> {
            throw new AssertionError("thrown by the test");
        });
        CompletableFuture<List<EventId>> second = append("2");
        assertThatThrownBy(second::get).hasCauseInstanceOf(LogUnavailableException.class);
        assertThatThrownBy(append("3")::get).hasCauseInstanceOf(LogUnavailableException.class);
        assertThat(log.health()).isEqualTo("its thread died");
        assertThat(everything()).startsWith(first);
        log.close();
    }

    @Test
    void tailThatCallsTheLog_isRefused_andSoIsClosingFromAnAnswer() throws Exception {
        var refusals = Collections.synchronizedList(new ArrayList<String>());
        List<Runnable> calls =
                List.of(() -> append("1").join(), log::end, log::close, () -> log.lastOf("a"), () -> log.tail(e -> {}));
        log.tail(entries -> {
            for (Runnable call : calls) {
                try {
                    call.run();
                } catch (IllegalStateException e) {
                    refusals.add(String.valueOf(e.getMessage()));
                }
            }
        });
        assertThat(holdTheLog()).isNotDone();
        var closing = append("2").thenRun(log::close);
        free.countDown();
        assertThatThrownBy(closing::get)
                .hasCauseInstanceOf(IllegalStateException.class)
                .hasMessageContaining("log: closed by its own thread (expected: another one)");
        assertThat(refusals)
                .hasSizeGreaterThanOrEqualTo(calls.size())
                .containsOnly("log: called by its own tail (expected: a tail that only takes note)");
    }

    @Test
    void interruptOfTheLogsThreadByAnAnswer_changesNothing() throws Exception {
        assertThat(holdTheLog()).isNotDone();
        var interrupting = append("1").thenRun(() -> Thread.currentThread().interrupt());
        free.countDown();
        interrupting.get();
        for (int i = 0; i < 10; i++) {
            assertThat(append("2").get(50, TimeUnit.SECONDS)).hasSize(1);
        }
    }

    @Test
    void interruptedReader_isToldSo_andLeavesTheOthersAlone() throws Exception {
        append("1").get();
        var failure = new AtomicReference<Throwable>();
        var thread = new Thread(() -> {
            Thread.currentThread().interrupt();
            try {
                everything();
            } catch (Exception e) {
                failure.set(e);
            }
        });
        thread.start();
        thread.join();
        assertThat(failure.get()).isInstanceOf(java.io.InterruptedIOException.class);
        for (int i = 0; i < 2 * Readers.CONNECTIONS; i++) {
            assertThat(everything()).hasSize(1);
        }
    }

    @Test
    void closedLog_saysSo() throws Exception {
        append("1").get();
        log.close();
        log.close();
        assertThat(log.health()).isEqualTo("closed");
        assertThatThrownBy(this::everything)
                .isInstanceOf(java.io.IOException.class)
                .hasMessage("log: closed (expected: open)");
        assertThat(Thread.getAllStackTraces().keySet().stream().map(Thread::getName))
                .doesNotContain("hibiki-log", "hibiki-checkpoint");
    }
}
