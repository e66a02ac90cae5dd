// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.StreamRequest.From;
import dev.hibiki.hub.StreamRequest.Greeting;
import dev.hibiki.hub.StreamRequest.Member;
import dev.hibiki.log.EventId;
import dev.hibiki.log.ManualClock;
import dev.hibiki.log.MemoryLog;
import dev.hibiki.log.Retention;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A hub on a memory log whose one loop, reader and ticker the test turns by hand, by one clock: nothing is left to chance. */
final class TestHub implements AutoCloseable {

    final ManualClock clock = new ManualClock();
    final ManualLoop loop = new ManualLoop();
    final MemoryLog log;

    /** The log as the hub has it. */
    final ScriptedLog scripted;

    private final HubSettings settings;
    ManualLoop readers = new ManualLoop();
    ManualLoop ticker = new ManualLoop();
    Hub hub;

    TestHub() {
        this(HubSettings.DEFAULT, Retention.DEFAULT);
    }

    TestHub(HubSettings settings, Retention retention) {
        this(settings, retention, log -> {});
    }

    /** A hub on a log that others have used before. */
    TestHub(HubSettings settings, Retention retention, Consumer<MemoryLog> before) {
        this.settings = settings;
        this.log = MemoryLog.create(retention, clock);
        this.scripted = new ScriptedLog(log);
        before.accept(log);
        this.hub = start();
    }

    private Hub start() {
        return Hub.start(scripted, List.of(loop), settings, readers, ticker, 0);
    }

    /** Ends the hub and all streams, and starts another one on the same log. */
    void restart() {
        hub.close();
        run();
        readers = new ManualLoop();
        ticker = new ManualLoop();
        hub = start();
    }

    /** A hub with the smallest window, and a log that keeps so many entries. */
    static TestHub small(int kept) {
        return small(kept, HubSettings.DEFAULT.pendingBytes());
    }

    static TestHub small(int kept, long pendingBytes) {
        return new TestHub(smallWindow(pendingBytes), new Retention(kept, Long.MAX_VALUE, Duration.ofDays(1000)));
    }

    /** Settings with the smallest window, and presence. */
    static HubSettings smallWindow() {
        return smallWindow(HubSettings.DEFAULT.pendingBytes());
    }

    private static HubSettings smallWindow(long pendingBytes) {
        HubSettings usual = HubSettings.DEFAULT;
        return new HubSettings(
                usual.heartbeat(),
                usual.heartbeatText(),
                Duration.ofDays(1), // nobody is ended for being slow
                64,
                usual.windowBytes(),
                List.of("room/*"),
                usual.presenceGrace(),
                usual.maxChannels(),
                pendingBytes);
    }

    /** One stream and its socket. */
    record Opened(HubStream stream, RecordedOutlet outlet) {

        /** The data of the default events and their order. */
        List<String> data() {
            return outlet.data("message");
        }

        /** The socket takes nothing from now on. */
        void block() {
            outlet.block(20_000);
        }

        void unblock() {
            outlet.unblock();
            stream.writable();
        }

        EventId idOf(int event) {
            EventId id = EventId.parse(outlet.events().get(event).id());
            if (id == null) {
                throw new AssertionError("event " + event + " has no id of a log");
            }
            return id;
        }
    }

    Opened open(String... channels) {
        return open(request(Greeting.CONNECTED, null, null, null, channels));
    }

    Opened resume(@Nullable String lastEventId, String... channels) {
        return open(request(Greeting.CONNECTED, null, null, lastEventId, channels));
    }

    Opened openFrom(From from, String... channels) {
        return open(new StreamRequest(List.of(channels), Greeting.CONNECTED, null, null, null, from));
    }

    Opened open(StreamRequest request) {
        Opened opened = openOnly(request);
        run();
        return opened;
    }

    /** Opens a stream without turning the loop. */
    Opened openOnly(StreamRequest request) {
        var outlet = new RecordedOutlet();
        return new Opened(hub.open(loop, request, outlet), outlet);
    }

    static StreamRequest request(
            Greeting greeting,
            @Nullable String clientId,
            @Nullable String userId,
            @Nullable String lastEventId,
            String... channels) {
        Member member = userId == null ? null : new Member(userId, userId);
        return new StreamRequest(List.of(channels), greeting, clientId, userId, member, From.after(lastEventId));
    }

    /** Publishes, and lets the loop run until all is delivered that can be. */
    EventId publish(String channel, String data) {
        EventId id = publishOnly(channel, data);
        run();
        return id;
    }

    /** Publishes without turning the loop. */
    EventId publishOnly(String channel, String data) {
        return accepted(hub.publish(channel, SseEvent.of(data)));
    }

    /** Publishes so many events, {@code 0}, {@code 1} and so on, without turning the loop. */
    void publishMany(String channel, int count) {
        for (int i = 0; i < count; i++) {
            publishOnly(channel, Integer.toString(i));
        }
    }

    /** The id of what was just published: the log has it even while the answer to its publisher is held back. */
    EventId accepted(CompletableFuture<?> published) {
        if (published.isCompletedExceptionally()) {
            published.join();
        }
        return log.end();
    }

    EventId subscribe(Opened stream, String channel) {
        return answered(hub.subscribe(stream.stream().clientId(), channel));
    }

    EventId unsubscribe(Opened stream, String channel) {
        return answered(hub.unsubscribe(stream.stream().clientId(), channel));
    }

    <T> T answered(CompletableFuture<T> asked) {
        run();
        return asked.join();
    }

    /** Runs all threads until there is nothing to do for any. */
    void run() {
        while (loop.step() || readers.step() || ticker.step()) {
            // the tasks do the work
        }
    }

    /** Lets time go by, in steps of 50 ms, and what is due happen. */
    void pass(Duration time) {
        Duration small = Duration.ofMillis(50);
        for (Duration left = time; left.compareTo(Duration.ZERO) > 0; left = left.minus(small)) {
            Duration part = left.compareTo(small) < 0 ? left : small;
            clock.advance(part);
            loop.advance(part);
            ticker.advance(part);
            run();
        }
    }

    @Override
    public void close() {
        hub.close();
        log.close();
    }
}
