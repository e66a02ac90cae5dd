// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.EndReason;
import dev.hibiki.hub.Grant;
import dev.hibiki.hub.Hub;
import dev.hibiki.hub.HubStream;
import dev.hibiki.hub.StreamRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stream as the program sees it, from before it opens to after it has ended.
 *
 * <p>While the handler runs there is no stream yet: what it asks for is noted, and done once the head is out. From then on
 * events hop to the stream's loop; how many may be on their way is bounded, and one more is refused, as by a full socket.
 *
 * <p>Any thread. The lock guards the passage between the three states and is never held while a program's code runs.
 */
final class ProgramStream implements EventStream {

    private static final Logger LOG = LoggerFactory.getLogger(HibikiServer.class.getPackageName());

    private static final int MAX_ON_THEIR_WAY = 1024;
    private static final Duration MIN_INTERVAL = Duration.ofMillis(1);

    private record Feed(Duration interval, boolean atOnce, Consumer<EventStream> next) {}

    private final Exchange exchange;
    private final Request request;
    private final Hub hub;
    private final Ticks ticks;
    private final Workers workers;
    private final AtomicInteger onTheirWay = new AtomicInteger();

    // Guarded by this.
    private final List<String> channels = new ArrayList<>();
    private StreamRequest.@Nullable Member member;
    private List<Feed> feeds = new ArrayList<>();
    private List<SseEvent> early = new ArrayList<>();
    private List<Ticks.Beat> beats = new ArrayList<>();
    private List<Consumer<EndReason>> onClose = new ArrayList<>();
    private @Nullable StreamOutlet outlet;
    private @Nullable EndReason reason;
    private boolean failing;

    /** How it is to end, if that was said before it was open; for the loop. */
    private @Nullable EndReason endEarly;

    ProgramStream(Exchange exchange, Hub hub, Ticks ticks, Workers workers) {
        this.exchange = exchange;
        this.request = exchange.request(hub);
        this.hub = hub;
        this.ticks = ticks;
        this.workers = workers;
    }

    // ---- as it opens

    @Override
    public Request request() {
        return request;
    }

    @Override
    public synchronized void subscribe(String... wanted) {
        checkOpening("subscribe");
        var all = new ArrayList<>(channels);
        all.addAll(List.of(wanted));
        try {
            hub.check(StreamRequest.of(all, StreamRequest.From.now()));
        } catch (IllegalArgumentException refused) {
            throw HttpProblem.badRequest(String.valueOf(refused.getMessage()));
        }
        channels.clear();
        channels.addAll(all);
    }

    @Override
    public synchronized void presentAs(String userId, String username) {
        checkOpening("presentAs");
        member = new StreamRequest.Member(userId, username);
    }

    /** It is not the handler's fault if the client has gone meanwhile. */
    private void checkOpening(String what) {
        if (outlet != null) {
            throw new IllegalStateException(what + ": the stream is open (expected: only while it opens)");
        }
    }

    /**
     * What the handler asked for, on top of what the request did.
     *
     * @throws HttpProblem 400 if the request names a start that is not valid
     */
    synchronized StreamRequest asked(@Nullable StreamRequest base) {
        if (base != null) {
            var all = new ArrayList<>(base.channels());
            all.addAll(channels);
            Grant grant = base.grant();
            StreamRequest whole = base.reading(all).presenting(member != null ? member : base.member());
            return grant == null ? whole : whole.granted(grant.and(channels));
        }
        return channels.isEmpty()
                ? StreamRequest.feed()
                : StreamRequest.of(channels, StreamStart.of(request, System.currentTimeMillis()))
                        .presenting(member);
    }

    /** What the handler asked for. */
    synchronized List<String> channels() {
        return List.copyOf(channels);
    }

    /** The stream is open; on its loop. */
    void opened(StreamOutlet opened) {
        List<SseEvent> first;
        List<Feed> begun;
        synchronized (this) {
            if (reason != null) {
                return;
            }
            outlet = opened;
            first = early;
            early = List.of();
            begun = feeds;
            feeds = List.of();
        }
        first.forEach(event -> deliver(opened, event));
        begun.forEach(this::begin);
        EndReason atOnce = endEarly;
        if (atOnce != null) {
            end(atOnce);
        }
    }

    // ---- while it is open

    @Override
    public void every(Duration interval, Supplier<SseEvent> feed) {
        add(new Feed(interval, false, stream -> stream.send(fromFeed(feed))));
    }

    @Override
    public void nowAndEvery(Duration interval, Supplier<SseEvent> feed) {
        add(new Feed(interval, true, stream -> stream.send(fromFeed(feed))));
    }

    @Override
    public void nowAndEvery(Duration interval, Consumer<EventStream> feed) {
        add(new Feed(interval, true, feed));
    }

    private static SseEvent fromFeed(Supplier<SseEvent> feed) {
        return Objects.requireNonNull(feed.get(), "a feed returned null");
    }

    private void add(Feed feed) {
        if (feed.interval.compareTo(MIN_INTERVAL) < 0) {
            throw new IllegalArgumentException("interval: " + feed.interval + " (expected: at least 1 ms)");
        }
        synchronized (this) {
            if (reason != null) {
                return;
            }
            if (outlet == null) {
                feeds.add(feed);
                return;
            }
        }
        begin(feed);
    }

    private void begin(Feed feed) {
        synchronized (this) {
            if (reason == null) {
                beats.add(ticks.start(feed.interval, feed.atOnce, () -> beat(feed)));
            }
        }
    }

    private void beat(Feed feed) {
        StreamOutlet open;
        synchronized (this) {
            open = reason == null ? outlet : null;
        }
        if (open == null || !exchange.channel().isWritable()) {
            return;
        }
        try {
            feed.next.accept(this);
        } catch (Throwable failure) {
            failed(failure);
        }
    }

    @Override
    public boolean send(SseEvent event) {
        StreamOutlet open;
        synchronized (this) {
            if (reason != null || early.size() >= MAX_ON_THEIR_WAY) {
                return false;
            }
            if (outlet == null) {
                early.add(event);
                return true;
            }
            open = outlet;
        }
        if (exchange.channel().eventLoop().inEventLoop()) {
            return deliver(open, event);
        }
        if (!exchange.channel().isWritable()) {
            return false;
        }
        if (onTheirWay.incrementAndGet() > MAX_ON_THEIR_WAY) {
            onTheirWay.decrementAndGet();
            return false;
        }
        exchange.onLoop(() -> {
            onTheirWay.decrementAndGet();
            deliver(open, event);
        });
        return true;
    }

    private boolean deliver(StreamOutlet open, SseEvent event) {
        HubStream stream = open.stream();
        try {
            return stream != null && stream.send(event);
        } catch (RuntimeException refused) {
            failed(refused);
            return false;
        }
    }

    // ---- as it ends

    @Override
    public void end() {
        end(EndReason.ENDED);
    }

    private void failed(Throwable failure) {
        synchronized (this) {
            if (reason != null || failing) {
                return;
            }
            failing = true;
        }
        LOG.error("{} ends, its feed failed", exchange, failure);
        end(EndReason.FAILED);
    }

    private void end(EndReason why) {
        exchange.onLoop(() -> {
            StreamOutlet open;
            synchronized (this) {
                open = outlet;
            }
            endEarly = why;
            HubStream stream = open == null ? null : open.stream();
            if (stream != null) {
                stream.end(why);
                stopBeats();
            }
        });
    }

    private synchronized void stopBeats() {
        beats.forEach(Ticks.Beat::cancel);
        beats = List.of();
    }

    /** The stream has ended, or was never opened; on its loop. */
    void ended(EndReason why) {
        List<Consumer<EndReason>> actions;
        synchronized (this) {
            if (reason != null) {
                return;
            }
            reason = why;
            stopBeats();
            actions = onClose;
            onClose = List.of();
            feeds = List.of();
            early = List.of();
        }
        actions.forEach(action -> tell(action, why));
    }

    @Override
    public void onClose(Consumer<EndReason> action) {
        EndReason ended;
        synchronized (this) {
            if (reason == null) {
                onClose.add(action);
                return;
            }
            ended = reason;
        }
        tell(action, ended);
    }

    /** Not on the loop, because the action may block; on the thread of feeds only if all workers are busy. */
    private void tell(Consumer<EndReason> action, EndReason why) {
        Runnable task = () -> {
            try {
                action.accept(why);
            } catch (RuntimeException failure) {
                LOG.error("{} has ended, and what was to run then failed", exchange, failure);
            }
        };
        if (!workers.run(task) && !ticks.run(task)) {
            task.run();
        }
    }
}
