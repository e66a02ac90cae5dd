// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.event.SseEvent;
import dev.hibiki.log.EventId;
import dev.hibiki.log.EventLog;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Many readers of one log. */
public final class Hub implements AutoCloseable {

    private Hub() {}

    public static Hub start(EventLog log, List<? extends EventExecutor> loops, HubSettings settings) {
        throw new UnsupportedOperationException();
    }

    /** A message for a channel, or for everyone where the channel is null. */
    public record Message(@Nullable String channel, SseEvent event) {}

    public CompletableFuture<EventId> publish(String channel, SseEvent event) {
        throw new UnsupportedOperationException();
    }

    /** One batch, all or nothing. */
    public CompletableFuture<List<EventId>> publish(List<Message> batch) {
        throw new UnsupportedOperationException();
    }

    public CompletableFuture<EventId> broadcast(SseEvent event) {
        throw new UnsupportedOperationException();
    }

    /** To every stream of a user; it is in the log also when there is none now. */
    public CompletableFuture<EventId> notifyUser(String userId, SseEvent event) {
        throw new UnsupportedOperationException();
    }

    /** To one client; completes with {@link UnknownClientException} if it has no stream. */
    public CompletableFuture<EventId> send(String clientId, SseEvent event) {
        throw new UnsupportedOperationException();
    }

    /** Adds a channel to a live stream, from the log's end on; completes with {@link UnknownClientException} if it has no stream. */
    public CompletableFuture<EventId> subscribe(String clientId, String channel) {
        throw new UnsupportedOperationException();
    }

    public CompletableFuture<EventId> unsubscribe(String clientId, String channel) {
        throw new UnsupportedOperationException();
    }

    /** Publishes to a channel again and again while somebody reads it; close what is returned to stop. */
    public AutoCloseable publishEvery(String channel, Duration interval, Supplier<SseEvent> next) {
        throw new UnsupportedOperationException();
    }

    /**
     * Opens a stream; called on its loop, after {@code retry:} was written to the outlet.
     *
     * @param loop one of the loops that the hub was started with
     * @throws IllegalArgumentException if the request asks for what there is not: the message names the parameter and the rule
     */
    public HubStream open(EventExecutor loop, StreamRequest request, Outlet outlet) {
        throw new UnsupportedOperationException();
    }

    /**
     * Checks what {@link #open} would refuse, without opening; from any thread.
     *
     * @throws IllegalArgumentException as {@link #open}
     */
    public void check(StreamRequest request) {
        throw new UnsupportedOperationException();
    }

    public CompletableFuture<List<ChannelStatus>> channels() {
        throw new UnsupportedOperationException();
    }

    /** The channel as it stands, with no streams and no event if nobody has heard of it. */
    public CompletableFuture<ChannelStatus> channel(String channel) {
        throw new UnsupportedOperationException();
    }

    public int openStreams() {
        throw new UnsupportedOperationException();
    }

    /** The place of the newest event. */
    public EventId end() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
