// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.EndReason;
import dev.hibiki.hub.Hub;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One open stream, as the program that serves it sees it. {@link StreamHandler#open} says what the stream gets: channels of
 * the hub, feeds of its own, or both. All methods may be called from any thread.
 */
public interface EventStream {

    /** The request that opened it. */
    Request request();

    /** {@link Request#query}. */
    default @Nullable String query(String name) {
        return request().query(name);
    }

    /** {@link Request#query(String, String)}. */
    default String query(String name, String absent) {
        return request().query(name, absent);
    }

    /** {@link Request#path}. */
    default String path(String name) {
        return request().path(name);
    }

    /** {@link Request#hub}. */
    default Hub hub() {
        return request().hub();
    }

    /**
     * Reads channels or patterns of the hub: from the log's end on, or from where the request says, by
     * {@code Last-Event-ID}, {@code lastEventId}, {@code since} or {@code last}. Only while the stream opens.
     */
    void subscribe(String... channels);

    /** Tells channels with presence that this user is here. Only while the stream opens. */
    void presentAs(String userId, String username);

    /**
     * A feed of this stream alone: one event after each interval, the first after one interval.
     *
     * <p>The feed is called on the thread of all feeds, so it must be quick. It is not called while the socket does not
     * drain, nor once the stream has ended. If it throws, this stream ends, and the error is logged once.
     */
    void every(Duration interval, Supplier<SseEvent> feed);

    /** As {@link #every(Duration, Supplier)}, with the first event at once. */
    void nowAndEvery(Duration interval, Supplier<SseEvent> feed);

    /** As {@link #nowAndEvery(Duration, Supplier)}, for a feed that sends as many events as it likes. */
    void nowAndEvery(Duration interval, Consumer<EventStream> feed);

    /**
     * Sends an event on this stream alone. It is in no log, so it is lost if it cannot be sent: what must arrive belongs in a channel.
     *
     * @return false if the stream has ended or its socket does not drain, so the event will not be sent
     */
    boolean send(SseEvent event);

    /** Runs once the stream has ended, with the reason; at once if it has ended already. It may block: it runs on a worker thread. */
    void onClose(Consumer<EndReason> action);

    /** Ends the stream. Its client will reconnect, as clients of event streams do. */
    void end();
}
