// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static dev.hibiki.hub.TestHub.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.StreamRequest.Greeting;
import dev.hibiki.hub.TestHub.Opened;
import dev.hibiki.log.ChannelFilter;
import dev.hibiki.log.EventId;
import dev.hibiki.log.EventLog;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.LogSlice;
import dev.hibiki.log.LogUnavailableException;
import dev.hibiki.log.MemoryLog;
import dev.hibiki.log.Publication;
import dev.hibiki.log.ReadBudget;
import dev.hibiki.log.Retention;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A hub that starts on a log that has entries: its window of 64 entries holds the newest of them. */
class PastTest {

    private static final HubSettings SMALL = TestHub.smallWindow();

    private static final ChannelFilter ALL = Interest.EVERYTHING;

    private static void append(EventLog log, String channel, String data) {
        log.append(List.of(Publication.of(channel, SseEvent.of(data)))).join();
    }

    private static void appendNumbers(EventLog log, int from, int to) {
        IntStream.range(from, to).forEach(i -> append(log, "news", Integer.toString(i)));
    }

    private static TestHub hubAfter(int entries) {
        return new TestHub(SMALL, Retention.DEFAULT, log -> appendNumbers(log, 0, entries));
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    private static List<LogEntry> all(EventLog log) throws IOException {
        var all = new ArrayList<LogEntry>();
        EventId end = log.end();
        for (EventId place = log.birth(); place.isBefore(end); ) {
            LogSlice slice = log.read(place, end, ALL, new ReadBudget(1000, 1 << 20));
            all.addAll(slice.entries());
            place = slice.scannedTo();
        }
        return all;
    }

    /** A stream that comes back and is given what it can be without a read of the log. */
    private static Opened fromWindow(TestHub hub, EventId after) {
        Opened back = hub.openOnly(request(Greeting.CONNECTED, null, null, after.toString(), "news"));
        hub.loop.run();
        return back;
    }

    @Test
    void whoComesBackToAHubThatWasRestartedIsCaughtUpFromMemory() {
        for (int entries : List.of(0, 1, 63, 64)) {
            try (TestHub hub = hubAfter(entries)) {
                assertThat(fromWindow(hub, hub.log.birth()).data()).isEqualTo(numbers(0, entries));
                hub.publish("news", "new");
                assertThat(fromWindow(hub, hub.log.birth()).data()).hasSize(entries == 64 ? 0 : entries + 1);
            }
        }
    }

    @Test
    void windowBeginsExactlyWhereItsOldestEntryStands() throws IOException {
        for (int entries : List.of(65, 100, 128, 300)) {
            try (TestHub hub = hubAfter(entries)) {
                List<LogEntry> all = all(hub.log);
                int outside = entries - 65;
                Opened inside = fromWindow(hub, all.get(outside).id());
                assertThat(inside.data()).isEqualTo(numbers(entries - 64, entries));

                EventId before =
                        outside == 0 ? hub.log.birth() : all.get(outside - 1).id();
                Opened older = fromWindow(hub, before);
                assertThat(older.data()).isEmpty();
                hub.run();
                assertThat(older.data()).isEqualTo(numbers(outside, entries));
            }
        }
    }

    @Test
    void windowHoldsWhatItsBytesAllow_andLargeEventsAreNotReadForNothing() throws IOException {
        var settings = new HubSettings(
                SMALL.heartbeat(),
                SMALL.heartbeatText(),
                SMALL.stallLimit(),
                1 << 20,
                64 << 10,
                List.of(),
                SMALL.presenceGrace(),
                SMALL.maxChannels(),
                SMALL.pendingBytes());
        String large = "x".repeat(10_000);
        try (TestHub hub = new TestHub(settings, Retention.DEFAULT, log -> {
            for (int i = 0; i < 1000; i++) {
                append(log, "news", i + large);
            }
        })) {
            assertThat(hub.scripted.reads)
                    .as("of a thousand events, about the newest 64")
                    .isLessThan(4);
            List<LogEntry> all = all(hub.log);
            assertThat(fromWindow(hub, all.get(993).id()).data()).hasSize(6);
            assertThat(fromWindow(hub, all.get(992).id()).data()).isEmpty();
        }
    }

    @Test
    void whatIsCommittedWhileTheLogIsReadComesBehindIt_once() throws IOException {
        var count = new int[] {200};
        try (MemoryLog memory = MemoryLog.create(Retention.DEFAULT)) {
            var log = new ScriptedLog(memory);
            appendNumbers(memory, 0, 200);
            log.beforeRead = () -> appendNumbers(memory, count[0], count[0] += 7);
            var loop = new ManualLoop();
            try (Hub hub = Hub.start(log, List.of(loop), SMALL, new ManualLoop(), new ManualLoop(), 0)) {
                log.beforeRead = () -> {};
                appendNumbers(memory, count[0], count[0] += 3);
                List<LogEntry> all = all(memory);
                assertThat(count[0]).isGreaterThan(203);
                Window window = hub.window();
                assertThat(window.head() - window.oldest()).isEqualTo(64);
                for (int i = 1; i <= 64; i++) {
                    assertThat(window.get(window.head() - i)).isSameAs(all.get(all.size() - i));
                }
                assertThat(window.indexAfter(all.get(all.size() - 65).id())).isEqualTo(window.oldest());
            }
        }
    }

    @Test
    void publishersFromOtherThreadsDoNotComeBetween() throws Exception {
        for (int round = 0; round < 30; round++) {
            try (MemoryLog log = MemoryLog.create(Retention.DEFAULT)) {
                appendNumbers(log, 0, 100);
                var stop = new AtomicBoolean();
                var started = new CompletableFuture<Void>();
                var publisher = CompletableFuture.runAsync(() -> {
                    for (int i = 100; !stop.get(); i++) {
                        appendNumbers(log, i, i + 1);
                        started.complete(null);
                    }
                });
                started.join();
                var loop = new ManualLoop();
                try (Hub hub =
                        Hub.start(log, List.of(loop), HubSettings.DEFAULT, new ManualLoop(), new ManualLoop(), 0)) {
                    stop.set(true);
                    publisher.join();
                    List<LogEntry> all = all(log);
                    Window window = hub.window();
                    var held = new ArrayList<LogEntry>();
                    for (long i = window.oldest(); i < window.head(); i++) {
                        held.add(window.get(i));
                    }
                    assertThat(held).hasSizeGreaterThanOrEqualTo(Math.min(100, all.size()));
                    assertThat(held).isEqualTo(all.subList(all.size() - held.size(), all.size()));
                }
            }
        }
    }

    @Test
    void whatRetentionRemovesMeanwhileIsToldAsAGap_notLeftOut() {
        var retention = new Retention(80, Long.MAX_VALUE, Retention.DEFAULT.age());
        try (TestHub hub = new TestHub(SMALL, retention, log -> appendNumbers(log, 0, 80))) {
            EventId asked = hub.log.floor();
            hub.scripted.beforeRead = () -> {
                hub.scripted.beforeRead = () -> {};
                appendNumbers(hub.log, 80, 110); // removes some of what the window is about to be filled with
            };
            hub.restart();
            Opened back = hub.resume(asked.toString(), "news");
            assertThat(back.outlet().data("hibiki.gap")).hasSize(1);
            assertThat(back.data()).isEqualTo(numbers(30, 110));
        }
    }

    @Test
    void hubDoesNotStartOnALogThatCannotBeRead_andLeavesNoThreadBehind() {
        try (MemoryLog memory = MemoryLog.create(Retention.DEFAULT)) {
            var log = new ScriptedLog(memory);
            log.away = true;
            assertThatThrownBy(() -> Hub.start(log, List.of(new ManualLoop()), HubSettings.DEFAULT))
                    .isInstanceOf(LogUnavailableException.class)
                    .hasMessage("log: cannot be read (expected: a log to start the hub on)")
                    .hasRootCauseMessage("the disk is gone");
            append(memory, "news", "and the log goes on");
        }
    }
}
