// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.StreamRequest.Greeting;
import dev.hibiki.hub.StreamRequest.Member;
import dev.hibiki.log.EventId;
import dev.hibiki.log.MemoryLog;
import dev.hibiki.log.Retention;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A hub on a memory log with one loop that the test turns by hand. */
final class TestHub implements AutoCloseable {

    final ManualLoop loop = new ManualLoop();
    final MemoryLog log;
    final Hub hub;

    TestHub() {
        this(HubSettings.DEFAULT, Retention.DEFAULT);
    }

    TestHub(HubSettings settings, Retention retention) {
        this.log = MemoryLog.create(retention);
        this.hub = Hub.start(log, List.of(loop), settings);
    }

    /** One stream and its socket. */
    record Opened(HubStream stream, RecordedOutlet outlet) {}

    Opened open(String... channels) {
        return open(request(Greeting.CONNECTED, null, null, null, channels));
    }

    Opened resume(@Nullable String lastEventId, String... channels) {
        return open(request(Greeting.CONNECTED, null, null, lastEventId, channels));
    }

    Opened open(StreamRequest request) {
        var outlet = new RecordedOutlet();
        HubStream stream = hub.open(loop, request, outlet);
        loop.run();
        return new Opened(stream, outlet);
    }

    static StreamRequest request(
            Greeting greeting,
            @Nullable String clientId,
            @Nullable String userId,
            @Nullable String lastEventId,
            String... channels) {
        Member member = userId == null ? null : new Member(userId, userId);
        return new StreamRequest(List.of(channels), greeting, clientId, userId, member, lastEventId);
    }

    /** Publishes, and lets the loop run until all is delivered that can be. */
    EventId publish(String channel, String data) {
        EventId id = hub.publish(channel, SseEvent.of(data)).join();
        loop.run();
        return id;
    }

    /** Turns the loop until something is so, which waits for other threads (a reader of the log, say). */
    void await(Callable<Boolean> condition) {
        Awaitility.await().pollInSameThread().pollInterval(Duration.ofMillis(2)).until(() -> {
            loop.run();
            return condition.call();
        });
    }

    @Override
    public void close() {
        hub.close();
        log.close();
    }
}
