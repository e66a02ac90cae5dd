// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.event.SseEvent;
import dev.hibiki.log.EventId;
import dev.hibiki.log.EventLog;
import dev.hibiki.log.Publication;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one way into the log: everything that is published, by others or by the hub itself, is checked, encoded and appended,
 * and its publisher is answered when the {@link Pacer} allows it.
 *
 * <p>A channel or a type that is the hub's own is refused at the call, before anything is appended. Any thread.
 */
final class Intake {

    private static final Logger LOG = LoggerFactory.getLogger("dev.hibiki.hub");

    private final EventLog log;
    private final Pacer pacer;
    private final ScheduledExecutorService ticker;

    Intake(EventLog log, Pacer pacer, ScheduledExecutorService ticker) {
        this.log = log;
        this.pacer = pacer;
        this.ticker = ticker;
    }

    // ---- from publishers

    /** An event for a channel, or with null for everyone. */
    CompletableFuture<EventId> publish(@Nullable String channel, SseEvent event, Publication.@Nullable Key key) {
        return append(publication(channel, event, key));
    }

    CompletableFuture<List<EventId>> publish(List<Hub.Message> batch) {
        var publications = new ArrayList<Publication>(batch.size());
        for (Hub.Message message : batch) {
            try {
                publications.add(publication(message.channel(), message.event(), message.key()));
            } catch (IllegalArgumentException refused) {
                throw new IllegalArgumentException("[" + publications.size() + "] " + refused.getMessage(), refused);
            }
        }
        return publications.isEmpty()
                ? CompletableFuture.completedFuture(List.of())
                : pacer.pace(log.append(publications));
    }

    private static Publication publication(@Nullable String channel, SseEvent event, Publication.@Nullable Key key) {
        ControlEvents.checkType(event.type());
        var publication =
                Publication.of(channel == null ? ChannelName.BROADCAST : ChannelName.checkPublishable(channel), event);
        return key == null ? publication : publication.withKey(key);
    }

    /** Appends what was checked. */
    CompletableFuture<EventId> append(Publication publication) {
        return pacer.pace(log.append(List.of(publication))).thenApply(ids -> ids.get(0));
    }

    // ---- by the clock

    /**
     * Publishes to a channel at each interval in which somebody reads it; see {@link Hub#publishEvery}.
     *
     * @param streamsOf how many streams read a channel
     */
    AutoCloseable publishEvery(
            String channel,
            Duration interval,
            Supplier<SseEvent> next,
            Function<String, CompletableFuture<Integer>> streamsOf) {
        ChannelName.checkPublishable(channel);
        long nanos = interval.toNanos();
        var repeating = ticker.scheduleAtFixedRate(
                () -> logFailure(
                        channel,
                        streamsOf
                                .apply(channel)
                                .thenAcceptAsync(streams -> publishNext(channel, streams, next), ticker)),
                nanos,
                nanos,
                TimeUnit.NANOSECONDS);
        return () -> repeating.cancel(false);
    }

    private void publishNext(String channel, int streams, Supplier<SseEvent> next) {
        if (streams > 0) {
            try {
                logFailure(channel, publish(channel, next.get(), null));
            } catch (RuntimeException failure) {
                LOG.error("what is published to {} by the clock failed", channel, failure);
            }
        }
    }

    // ---- from the hub

    /** Publishes an event of the hub's own; nobody waits for it. */
    void tell(String channel, SseEvent event) {
        logFailure(channel, append(Publication.of(channel, event)));
    }

    private static void logFailure(String channel, CompletableFuture<?> publishing) {
        var unused = publishing.whenComplete((done, failure) -> {
            if (failure != null) {
                LOG.warn("what the hub publishes to {} by itself was not published: {}", channel, failure.toString());
            }
        });
    }
}
