// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import dev.hibiki.client.Failure.Reason;
import dev.hibiki.event.EventParser;
import dev.hibiki.event.EventTooLargeException;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Flow;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An event stream that comes back (WHATWG HTML, section 9.2): connects, delivers events, and connects again after the last id when the
 * stream ends, breaks, or falls silent; until it is closed, or the server says that trying again is useless.
 *
 * <pre>{@code
 * var config = EventSourceConfig.of(URI.create("http://localhost:8080/api/events/news"));
 * try (var news = EventSource.open(config, event -> System.out.println(event.data()))) { … }
 *
 * for (ReceivedEvent event : EventSource.read(config)) { … }   // or one after the other
 * }</pre>
 *
 * <p><b>Threads.</b> Each source has one daemon thread, {@code hibiki-client-N}, which does everything, calls of the listener
 * included; it ends with the source. A listener that takes its time holds up its server's socket, and nothing is queued here. All
 * methods may be called from any thread, also from the listener, and none but {@link #awaitClosed} waits.
 *
 * <p><b>Nothing is lost silently.</b> Every event is delivered once, in order, as long as the server gives ids and keeps what is
 * missed. A hub of ours that no longer has it says so: {@link Listener#onGap}. What ends a source for good is told: {@link Listener#onFailure}
 * with a failure that does not {@linkplain Failure#goesOn go on}.
 */
public final class EventSource implements AutoCloseable {

    /**
     * Who gets what is received, on the source's thread, one call after the other. What a call throws ends the source, with
     * {@link Reason#LISTENER}; the id of an event whose call threw does not count as seen.
     */
    @FunctionalInterface
    public interface Listener {

        /** The first call, before it connects. Keep the source if you want to close it or restart it from here. */
        default void onStart(EventSource source) {}

        /** The stream is open, for the first time or again. */
        default void onOpen() {}

        /** An event; not those by which a hub of ours speaks to clients and which this one has understood. */
        void onEvent(ReceivedEvent event);

        /** Something that this stream should have got is gone. */
        default void onGap(Gap gap) {}

        /** A comment, such as a keep-alive: all that follows the colon. */
        default void onComment(String text) {}

        /** The stream is not open any more, or could not be opened; the failure says whether the source goes on. Not for {@link #close}. */
        default void onFailure(Failure failure) {}
    }

    /** What a source is doing. */
    public enum State {
        /** Waiting for an answer; also at first. */
        CONNECTING,
        OPEN,
        /** Until it connects again. */
        WAITING,
        /** For good: it was closed, or has told its last failure. */
        CLOSED
    }

    private static final String CURSOR = "hibiki.cursor";
    private static final String TOKEN_EXPIRING = "hibiki.token-expiring";
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final EventSourceConfig config;
    private final Listener listener;
    private final Runnable atEnd;
    private final Backoff backoff;
    private final BearerToken token;
    private final Thread thread;

    // The source's thread only.
    private final Listening listening = new Listening();
    private EventParser parser;
    private long reconnectionMillis;
    private boolean reconnectionAsked;
    private int failures;
    private boolean wasOpen;

    // Under the lock of this; the first two are read without.
    private volatile State state = State.CONNECTING;
    private volatile String lastEventId;
    private @Nullable Attempt attempt;
    private boolean restarting;

    private EventSource(EventSourceConfig config, Listener listener, Runnable atEnd) {
        this.config = config;
        this.listener = listener;
        this.atEnd = atEnd;
        this.backoff = new Backoff(
                config.mostBackoff, () -> ThreadLocalRandom.current().nextLong());
        this.token = new BearerToken(config.token);
        this.lastEventId = config.lastEventId;
        this.reconnectionMillis = config.reconnectionTime.toMillis();
        this.parser = new EventParser(listening, config.limits, lastEventId);
        this.thread = new Thread(this::run, "hibiki-client-" + NUMBER.incrementAndGet());
        thread.setDaemon(true);
    }

    /** Begins to connect, and returns at once. */
    public static EventSource open(EventSourceConfig config, Listener listener) {
        return open(config, listener, () -> {});
    }

    /** Does something as the last thing on its thread, however it came to its end. */
    static EventSource open(EventSourceConfig config, Listener listener, Runnable atEnd) {
        var source = new EventSource(config, listener, atEnd);
        source.thread.start();
        return source;
    }

    /**
     * Reads a stream event by event, on the thread of whoever asks for the next one, and no faster than that. It begins to connect at
     * once; close it, or it stays connected.
     *
     * @return an iteration that waits for each event; it ends when the server says so by 204 or it is closed, and throws an
     *     {@link EventSourceException} when the source came to another end
     */
    public static EventIteration read(EventSourceConfig config) {
        return new EventIteration(config);
    }

    /**
     * A publisher of a stream's events, with a source of its own for each subscriber, which reads no faster than the subscriber requests.
     * Completes when the server says so by 204; fails with an {@link EventSourceException} when the source came to another end.
     * Signals come on the source's thread.
     */
    public static Flow.Publisher<ReceivedEvent> publisher(EventSourceConfig config) {
        return new EventPublisher(config);
    }

    /** What it is doing now. */
    public State state() {
        return state;
    }

    /** The id after which it would resume now; empty if there is none. */
    public String lastEventId() {
        return lastEventId;
    }

    /**
     * Drops the connection, if there is one, and connects again at once, after the last id. Tells no failure and counts as none. Does
     * nothing once it is closed.
     */
    public void restart() {
        Attempt dropped;
        synchronized (this) {
            if (state == State.CLOSED) {
                return;
            }
            restarting = true;
            dropped = attempt;
            notifyAll();
        }
        if (dropped != null) {
            dropped.letGo();
        }
    }

    /**
     * Ends it. No call of the listener begins after this; one that has begun may still run, and a token supplier that has not answered is
     * interrupted. Does not wait.
     */
    @Override
    public void close() {
        Attempt dropped;
        synchronized (this) {
            state = State.CLOSED;
            dropped = attempt;
            notifyAll();
        }
        token.stopAsking();
        if (dropped != null) {
            dropped.letGo();
        }
    }

    /**
     * Waits until it is closed, by whomever, and its thread has ended: no call of the listener runs any more.
     *
     * @return false if that took longer than allowed; on its own thread always, and at once
     */
    public boolean awaitClosed(Duration atMost) throws InterruptedException {
        long millis = EventSourceConfig.atMostDays(atMost).toMillis();
        if (millis > 0 && Thread.currentThread() != thread) {
            thread.join(millis);
        }
        return !thread.isAlive();
    }

    // the source's thread

    private void run() {
        try {
            tell(() -> listener.onStart(this));
            while (begin()) {
                Failure failure = connect();
                if (failure == null) {
                    continue; // restarted, or closed
                }
                Failure told = judged(failure);
                if (told.retryIn() == null) {
                    finish(told);
                } else {
                    enter(State.WAITING);
                    tell(() -> listener.onFailure(told));
                    await(told.retryIn());
                }
            }
        } catch (ListenerFailure failed) {
            Throwable cause = failed.getCause();
            finish(Failure.last(Reason.LISTENER, 0, "the listener threw " + cause, cause));
        } catch (InterruptedException | RuntimeException | Error unexpected) {
            finish(Failure.last(Reason.UNEXPECTED, 0, unexpected.toString(), unexpected));
        } finally {
            atEnd.run();
        }
    }

    private synchronized boolean begin() {
        restarting = false;
        if (state == State.CLOSED) {
            return false;
        }
        state = State.CONNECTING;
        attempt = new Attempt(config);
        return true;
    }

    private synchronized boolean enter(State next) {
        if (state == State.CLOSED) {
            return false;
        }
        state = next;
        return true;
    }

    private synchronized boolean isInterrupted() {
        return restarting || state == State.CLOSED;
    }

    private synchronized void await(Duration delay) throws InterruptedException {
        long deadline = System.nanoTime() + delay.toNanos();
        long millis = delay.toMillis();
        while (millis > 0 && !isInterrupted()) {
            wait(millis);
            millis = (deadline - System.nanoTime() + 999_999) / 1_000_000;
        }
    }

    /** What a failure means: the end, or another attempt after a while. */
    private Failure judged(Failure failure) {
        Duration asked = failure.retryIn();
        if (asked == null) {
            return failure;
        }
        if (failures > config.maxRetries) {
            return failure.butTheEnd(failures + " failures in a row (expected: at most " + config.maxRetries + ")");
        }
        Duration retryAfter = asked.equals(Failure.UNTOLD) ? null : asked;
        return failure.thenRetryIn(backoff.next(failures, wasOpen, reconnectionMillis, reconnectionAsked, retryAfter));
    }

    /** Tells the last failure, unless it was closed before. What nobody would get to know otherwise goes to the thread's handler. */
    private void finish(Failure failure) {
        boolean ends;
        synchronized (this) {
            ends = state != State.CLOSED;
            state = State.CLOSED;
        }
        Throwable unheard = failure.reason() == Reason.LISTENER ? failure.cause() : null;
        if (ends) {
            unheard = null;
            try {
                listener.onFailure(failure);
            } catch (RuntimeException | Error alsoFailed) {
                unheard = alsoFailed;
            }
        }
        if (unheard != null) {
            thread.getUncaughtExceptionHandler().uncaughtException(thread, unheard);
        }
    }

    /** What the listener threw, on its way out of the parser. */
    private static final class ListenerFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ListenerFailure(Throwable cause) {
            super(cause);
        }
    }

    /** Calls the listener, unless this was closed or restarted meanwhile. */
    private boolean tell(Runnable call) {
        if (isInterrupted()) {
            return false;
        }
        try {
            call.run();
        } catch (RuntimeException | Error failed) {
            throw new ListenerFailure(failed);
        }
        return true;
    }

    // one connection

    /** Connects and reads to the end; null if that came from this side. */
    private @Nullable Failure connect() throws InterruptedException {
        Attempt present = attempt;
        if (present == null) {
            return null;
        }
        wasOpen = false;
        Failure failure;
        try {
            failure = connect(present);
        } catch (HttpTimeoutException e) {
            failure = Failure.passing(Reason.TIMEOUT, 0, String.valueOf(e.getMessage()), e);
        } catch (EventTooLargeException e) {
            failure = Failure.last(Reason.TOO_LARGE, 200, String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            failure = Failure.passing(Reason.NETWORK, 0, String.valueOf(e.getMessage()), e);
        } finally {
            present.letGo();
        }
        if (isInterrupted()) {
            return null;
        }
        failures++;
        return failure;
    }

    private Failure connect(Attempt present) throws IOException, InterruptedException {
        Failure noToken = token.ask();
        if (noToken != null) {
            return noToken;
        }
        Attempt.Outcome outcome = present.send(lastEventId, token.present());
        HttpResponse<Body> answer = outcome.answer();
        Failure refusal = answer == null ? outcome.refusal() : Refusal.of(answer);
        if (refusal != null) {
            if (refusal.reason() == Reason.UNAUTHORIZED && token.mayRefresh()) {
                restart();
            }
            return refusal;
        }
        token.accepted();
        wasOpen = true;
        if (answer != null && enter(State.OPEN) && tell(listener::onOpen)) {
            read(answer.body());
        }
        return Failure.passing(Reason.END_OF_STREAM, 200, "the stream ended", null);
    }

    private void read(Body body) throws IOException, InterruptedException {
        parser = new EventParser(listening, config.limits, lastEventId);
        ByteBuffer piece;
        while ((piece = body.next(config.idleTimeout)) != null) {
            parser.feed(piece);
            if (isInterrupted()) {
                return; // what was not delivered any more has not moved the last id
            }
            lastEventId = parser.lastEventId(); // which moves without an event too
        }
    }

    /** Takes what the parser finds. */
    private final class Listening implements EventParser.Listener {

        @Override
        public void onEvent(String type, String data, String id) {
            boolean taken = switch (type) {
                case CURSOR -> true;
                case Gap.TYPE -> tell(() -> listener.onGap(Gap.of(data)));
                case TOKEN_EXPIRING -> token.present() == null ? tellEvent(type, data, id) : replaceToken();
                default -> tellEvent(type, data, id);
            };
            if (taken) {
                failures = 0;
                lastEventId = id;
            } else {
                parser.end(); // it comes again on the next connection, if there is one
            }
        }

        private boolean tellEvent(String type, String data, String id) {
            return tell(() -> listener.onEvent(new ReceivedEvent(type, data, id)));
        }

        /** Goes on from here with a fresh token, if there may be one. */
        private boolean replaceToken() {
            if (token.mayReplace()) {
                restart();
            }
            return true;
        }

        @Override
        public void onComment(String text) {
            tell(() -> listener.onComment(text));
        }

        @Override
        public void onRetry(long millis) {
            reconnectionMillis = millis;
            reconnectionAsked = true;
        }
    }
}
