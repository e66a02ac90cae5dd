// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.event.SseEvent;
import dev.hibiki.log.EventId;
import dev.hibiki.log.EventLog;
import dev.hibiki.log.KeyConflictException;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.LogUnavailableException;
import dev.hibiki.log.Publication;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Many readers of one log.
 *
 * <p><b>Publishing appends to a log; a stream is a reader of that log.</b> The log hands each commit to the hub, which puts it into
 * the {@link Window} and wakes each {@link Shard} once. A shard reads the window on its own loop and writes to its streams. A
 * stream that is new, comes back or is slow is always the same thing, a reader behind the head, and there is one way to catch up
 * ({@link CatchUp}). So there is no queue per stream, memory is bounded whatever readers do, and no event is lost that is still in
 * the log.
 *
 * <p>Publishing and asking may be done from any thread and never block; futures may complete on threads of the log or the
 * hub, so what depends on them must be quick. Streams are opened on their loops.
 */
public final class Hub implements AutoCloseable {

    /**
     * What a publisher says in a batch.
     *
     * @param channel the channel, or null for everyone
     * @param event an event without id
     * @param key makes publishing it again harmless, or null
     */
    public record Message(@Nullable String channel, SseEvent event, Publication.@Nullable Key key) {

        /** An event without a key. */
        public Message(@Nullable String channel, SseEvent event) {
            this(channel, event, null);
        }
    }

    private final Window window;
    private final LogReaders readers;
    private final ScheduledExecutorService ticker;
    private final Pacer pacer;
    private final Intake intake;
    private final Shards shards;
    private final Door door;
    private final ClientStreams clientStreams;
    private final Census census;
    private final Revocations revocations;
    final Presence presence;
    final Clients clients;

    private Hub(
            EventLog log,
            List<? extends EventExecutor> loops,
            HubSettings settings,
            ExecutorService readerThreads,
            ScheduledExecutorService ticker,
            long feedEventsBefore,
            EarlyEntries early)
            throws IOException {
        this.readers = new LogReaders(log, readerThreads);
        this.ticker = ticker;
        EventId end = log.tail(early);
        this.window = Past.window(log, end, settings);
        this.pacer = new Pacer(window, ticker);
        this.intake = new Intake(log, pacer, ticker);
        this.presence = new Presence(settings, ticker, intake::tell);
        this.clients = new Clients(end.isAfter(log.birth()));
        this.clientStreams = new ClientStreams(clients, intake, settings);
        this.revocations = new Revocations(intake::append);
        presence.expect(Past.present(log, end, settings));
        log.lasting(Revocations.CHANNEL).forEach(revocations::remember);
        var feedEvents = new AtomicLong(feedEventsBefore);
        this.shards =
                new Shards(loops, loop -> new Shard(loop, window, readers, settings, presence, pacer, feedEvents));
        this.door = new Door(log, window, clients, presence);
        this.census = new Census(shards.all(), readers, presence, log);
        pacer.watch(shards.all());
        early.passTo(this::committed);
        var unusedOnce = ticker.schedule(clients::stopRecalling, Clients.REMEMBERED_MILLIS, TimeUnit.MILLISECONDS);
        var unused = ticker.scheduleWithFixedDelay(
                () -> clients.forgetGone(System.currentTimeMillis()), 10, 10, TimeUnit.SECONDS);
    }

    /**
     * Starts a hub.
     *
     * @param log where events are kept; it is the caller's, and closed by the caller after the hub
     * @param loops the event loops on which streams will be opened; each becomes a shard
     * @throws LogUnavailableException if the log cannot be read now: the hub is not started
     */
    public static Hub start(EventLog log, List<? extends EventExecutor> loops, HubSettings settings) {
        // Microseconds: a hub sends fewer than one event in each, so those of a hub before this one are less.
        long feedEventsBefore = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
        return start(log, loops, settings, LogReaders.threads(), tickerThread(), feedEventsBefore);
    }

    /**
     * Starts a hub on threads that it is given and will stop: those that read the log, and the one for work that is due by the clock.
     *
     * @param feedEventsBefore the number after which those of feeds' events begin: a place may outlive a hub, and the next
     *     hub must not use the numbers after it again
     */
    static Hub start(
            EventLog log,
            List<? extends EventExecutor> loops,
            HubSettings settings,
            ExecutorService readerThreads,
            ScheduledExecutorService ticker,
            long feedEventsBefore) {
        var early = new EarlyEntries();
        try {
            return new Hub(log, loops, settings, readerThreads, ticker, feedEventsBefore, early);
        } catch (IOException | RuntimeException failure) {
            early.passTo(entries -> {});
            readerThreads.shutdown();
            ticker.shutdownNow();
            throw failure instanceof RuntimeException unexpected
                    ? unexpected
                    : new LogUnavailableException("log: cannot be read (expected: a log to start the hub on)", failure);
        }
    }

    private static ScheduledExecutorService tickerThread() {
        var ticker = new ScheduledThreadPoolExecutor(1, new DefaultThreadFactory("hibiki-tick", true));
        ticker.setRemoveOnCancelPolicy(true);
        ticker.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return ticker;
    }

    /** The log's tail: called with each commit, in log order, by one thread at a time. */
    private void committed(List<LogEntry> entries) {
        for (LogEntry entry : entries) {
            if (ControlEvents.isControl(entry)) {
                clients.remember(entry);
                revocations.remember(entry);
            }
            window.put(entry);
        }
        shards.wake();
    }

    // ---- publishing

    /**
     * Appends an event to a channel.
     *
     * @return the event's id, once the event is as durable as the log promises
     * @throws IllegalArgumentException if the channel or the event's type is not a publisher's to use, naming which and why
     */
    public CompletableFuture<EventId> publish(String channel, SseEvent event) {
        return intake.publish(channel, event, null);
    }

    /**
     * Appends an event to a channel under a key: publishing it again under the same key appends nothing, and answers with the first id.
     *
     * @param channel the channel, or null for everyone
     * @param key the publisher's key, or null for none
     * @return as {@link #publish(String, SseEvent)}; a failure with {@link KeyConflictException} if the key stands for another event
     * @throws IllegalArgumentException as {@link #publish(String, SseEvent)}
     */
    public CompletableFuture<EventId> publish(@Nullable String channel, SseEvent event, Publication.@Nullable Key key) {
        return intake.publish(channel, event, key);
    }

    /**
     * Appends a batch, all or nothing, its events next to each other in the log.
     *
     * @return the ids, in the batch's order; a failure with {@link KeyConflictException} if a key stands for another event
     * @throws IllegalArgumentException as {@link #publish(String, SseEvent)}, naming the event by its index, as {@code [2]}; then nothing was
     *     appended
     */
    public CompletableFuture<List<EventId>> publish(List<Message> batch) {
        return intake.publish(batch);
    }

    /** Appends an event for every stream. */
    public CompletableFuture<EventId> broadcast(SseEvent event) {
        return intake.publish(null, event, null);
    }

    /**
     * Appends an event for every stream of a user. It is in the log even when there is none now.
     *
     * @throws IllegalArgumentException if the user's id cannot be part of a channel's name
     */
    public CompletableFuture<EventId> notifyUser(String userId, SseEvent event) {
        ControlEvents.checkType(event.type());
        return intake.append(Publication.of(ChannelName.ofUser(userId), event));
    }

    /**
     * Appends an event for one client.
     *
     * @return the id, or a failure with {@link UnknownClientException} if no such client has a stream or had one a moment ago
     */
    public CompletableFuture<EventId> send(String clientId, SseEvent event) {
        ControlEvents.checkType(event.type());
        Clients.Client client = clients.find(clientId);
        return client == null
                ? CompletableFuture.failedFuture(new UnknownClientException())
                : intake.append(Publication.of(client.channel(), event));
    }

    // ---- live subscribing

    /**
     * Adds a channel or pattern to a live stream, from the log's end on.
     *
     * @return the place from which on the channel is read, or a failure: {@link UnknownClientException} if the client has no stream,
     *     {@link IllegalArgumentException} if the stream has as many channels as it may have
     * @throws IllegalArgumentException if the channel cannot be subscribed to
     */
    public CompletableFuture<EventId> subscribe(String clientId, String channel) {
        return clientStreams.subscribe(clientId, channel);
    }

    /**
     * Takes a channel or pattern away from a live stream, but not broadcasts and the channels of its own client and user;
     * see {@link #subscribe}.
     */
    public CompletableFuture<EventId> unsubscribe(String clientId, String channel) {
        return clientStreams.unsubscribe(clientId, channel);
    }

    /** Ends a client's stream; fails with {@link UnknownClientException} if it has none. */
    public CompletableFuture<Void> end(String clientId, EndReason reason) {
        return clientStreams.end(clientId, reason);
    }

    /**
     * Stops writing to a client's stream for a while, as if its socket did not drain: to try out what a slow reader sees.
     *
     * @return a failure with {@link UnknownClientException} if it has none
     */
    public CompletableFuture<Void> freeze(String clientId, Duration time) {
        return clientStreams.freeze(clientId, time);
    }

    // ---- streams

    /**
     * Checks what {@link #open} would refuse, without opening; from any thread.
     *
     * @throws IllegalArgumentException naming the parameter, its value and the rule
     */
    public void check(StreamRequest request) {
        clientStreams.check(request);
    }

    /** Whether the request's client has a stream here, which would end as this one opens; from any thread. */
    public boolean takesOver(StreamRequest request) {
        return door.takesOver(request);
    }

    /**
     * Opens a stream; called on its loop, when the outlet can be written to.
     *
     * @param loop one of the loops that the hub was started with
     * @throws IllegalArgumentException as {@link #check}
     */
    public HubStream open(EventExecutor loop, StreamRequest request, Outlet outlet) {
        check(request);
        return door.open(shards.of(loop), request, outlet);
    }

    /** Which tokens were revoked. */
    public Revocations revocations() {
        return revocations;
    }

    // ---- publishing by the clock

    /**
     * Publishes to a channel at each interval in which somebody reads it; close what is returned to stop.
     *
     * @param next makes the next event, on the hub's one thread for work that is due by the clock ({@code hibiki-tick}), so
     *     it must be quick. If it throws, that is logged and the next interval tries again
     */
    public AutoCloseable publishEvery(String channel, Duration interval, Supplier<SseEvent> next) {
        return intake.publishEvery(channel, interval, next, census::streamsOf);
    }

    // ---- looking at it

    /** The channels that streams read by name now, except those of single clients. */
    public CompletableFuture<List<ChannelStatus>> channels() {
        return census.channels();
    }

    /**
     * The channel as it stands, with no streams and no event if it was never used.
     *
     * @throws IllegalArgumentException if it is no name of a channel
     */
    public CompletableFuture<ChannelStatus> channel(String channel) {
        return census.channel(ChannelName.checkReadable(channel));
    }

    /** How many streams are behind the log's end now, and how far; each loop looks at all of its streams for this. */
    public CompletableFuture<Lag> lag() {
        return census.lag();
    }

    /** What the hub has done since it started; from any thread, at no cost for the streams. */
    public HubFigures figures() {
        return census.figures();
    }

    /** How many streams are open. */
    public int openStreams() {
        return census.openStreams();
    }

    /** The recent log, for a test to look into. */
    Window window() {
        return window;
    }

    /** The place of the newest event that streams can have. */
    public EventId end() {
        return window.end().place();
    }

    /**
     * Ends all streams gently, spread evenly over a time and in random order. Each is told a delay of its own, 1 to 60 s,
     * after which to come back, unless its socket takes no bytes. A stream that is opened from now on is ended at once.
     * Publishing goes on.
     *
     * @param over how long it is to take; the first stream ends at once, and with {@link Duration#ZERO} all do
     * @return complete when all streams that were open have ended
     */
    public CompletableFuture<Void> drain(Duration over) {
        return drain(over, new Random());
    }

    /** Drains with the order and the delays of a test's choice. */
    CompletableFuture<Void> drain(Duration over, Random random) {
        presence.drain();
        return shards.drain(over, random);
    }

    /** Ends all streams and stops the hub's threads; the loops and the log are the caller's to close. */
    @Override
    public void close() {
        ticker.shutdownNow();
        shards.close();
        pacer.releaseAll();
        readers.close();
    }
}
