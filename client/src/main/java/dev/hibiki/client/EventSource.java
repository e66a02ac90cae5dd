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
import java.util.Locale;
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
 * included. A listener that takes its time holds up its server's socket, and nothing is queued here. All methods may be called
 * from any thread, also from the listener.
 *
 * <p><b>Nothing is lost silently.</b> Every event is delivered once, in order, as long as the server gives ids and keeps what is
 * missed. A hub of ours that no longer has it says so: {@link Listener#onGap}. What ends a source for good is told: {@link Listener#onFailure}
 * with a failure that does not {@linkplain Failure#goesOn go on}.
 */
public final class EventSource implements AutoCloseable {

    /** Who gets what is received. What a call throws ends the source, with {@link Reason#LISTENER}. */
    @FunctionalInterface
    public interface Listener {

        /** An event; not those by which a hub of ours speaks to clients ({@code hibiki.…}). */
        void onEvent(ReceivedEvent event);

        /** The stream is open, for the first time or again. */
        default void onOpen() {}

        /** Something that this stream should have got is gone. */
        default void onGap(Gap gap) {}

        /** A comment, such as a keep-alive. */
        default void onComment(String text) {}

        /** The stream is not open any more, or could not be opened; the failure says whether the source goes on. */
        default void onFailure(Failure failure) {}
    }

    /** What a source is doing. */
    public enum State {
        CONNECTING,
        OPEN,
        /** Until it connects again. */
        WAITING,
        CLOSED
    }

    private static final String OURS = "hibiki.";
    private static final String TOKEN_EXPIRING = "hibiki.token-expiring";
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final EventSourceConfig config;
    private final Listener listener;
    private final Backoff backoff;
    private final Thread thread;

    // The source's thread only.
    private final Listening listening = new Listening();
    private EventParser parser;
    private long reconnectionMillis;
    private int failures;
    private boolean tokenRefreshed;
    private boolean wasOpen;

    // Under the lock of this; state is read without.
    private volatile State state = State.CONNECTING;
    private volatile String lastEventId;
    private @Nullable Attempt attempt;
    private boolean restarting;

    private EventSource(EventSourceConfig config, Listener listener) {
        this.config = config;
        this.listener = listener;
        this.backoff = new Backoff(
                config.mostBackoff, () -> ThreadLocalRandom.current().nextLong());
        this.lastEventId = config.lastEventId;
        this.reconnectionMillis = config.reconnectionTime.toMillis();
        this.parser = new EventParser(listening, config.limits, lastEventId);
        this.thread = new Thread(this::run, "hibiki-client-" + NUMBER.incrementAndGet());
        thread.setDaemon(true);
    }

    /** Begins to connect, and returns at once. */
    public static EventSource open(EventSourceConfig config, Listener listener) {
        var source = new EventSource(config, listener);
        source.thread.start();
        return source;
    }

    /**
     * Reads a stream event by event, on the thread of whoever asks for the next one, and no faster than that.
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

    /** Drops the connection, if there is one, and connects again at once, after the last id. */
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

    /** Ends it. No call of the listener begins after this; one that has begun may still run. */
    @Override
    public void close() {
        Attempt dropped;
        synchronized (this) {
            state = State.CLOSED;
            dropped = attempt;
            notifyAll();
        }
        if (dropped != null) {
            dropped.letGo();
        }
    }

    // the source's thread

    private void run() {
        try {
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
            finish(new Failure(Reason.LISTENER, 0, String.valueOf(failed.getCause()), null));
        } catch (InterruptedException nobodyKnowsThisThread) {
            close();
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
        if (asked == null || failures > config.maxRetries) {
            return failure.thenRetryIn(null);
        }
        Duration retryAfter = asked.equals(UNTOLD) ? null : asked;
        return failure.thenRetryIn(backoff.next(failures, wasOpen, reconnectionMillis, retryAfter));
    }

    private void finish(Failure failure) {
        boolean ends;
        synchronized (this) {
            ends = state != State.CLOSED;
            state = State.CLOSED;
        }
        if (ends) {
            try {
                listener.onFailure(failure);
            } catch (RuntimeException | Error alsoFailed) {
                thread.getUncaughtExceptionHandler().uncaughtException(thread, alsoFailed);
            }
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

    private static final Duration UNTOLD = Duration.ofMillis(-1);

    private static Failure passing(Reason reason, int status, String detail) {
        return new Failure(reason, status, detail, UNTOLD);
    }

    private static Failure last(Reason reason, int status, String detail) {
        return new Failure(reason, status, detail, null);
    }

    /** Connects and reads to the end; null if that came from this side. */
    private @Nullable Failure connect() throws InterruptedException {
        Attempt present = attempt;
        if (present == null) {
            return null;
        }
        failures++;
        wasOpen = false;
        Failure failure;
        try {
            failure = connect(present);
        } catch (HttpTimeoutException e) {
            failure = passing(Reason.TIMEOUT, 0, String.valueOf(e.getMessage()));
        } catch (EventTooLargeException e) {
            failure = last(Reason.TOO_LARGE, 200, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            failure = passing(Reason.NETWORK, 0, e.getMessage() == null ? e.toString() : e.getMessage());
        } finally {
            present.letGo();
        }
        return isInterrupted() ? null : failure;
    }

    private @Nullable Failure connect(Attempt present) throws IOException, InterruptedException {
        String token;
        try {
            token = config.token == null ? null : config.token.get();
        } catch (RuntimeException e) {
            return passing(Reason.TOKEN, 0, "the token supplier failed: " + e);
        }
        Attempt.Outcome outcome = present.send(lastEventId, token);
        HttpResponse<Body> answer = outcome.answer();
        if (answer == null) {
            return outcome.refusal();
        }
        Failure refusal = refusal(answer, token != null);
        if (refusal != null) {
            return refusal;
        }
        tokenRefreshed = false;
        wasOpen = true;
        if (enter(State.OPEN) && tell(listener::onOpen)) {
            read(answer.body());
        }
        return passing(Reason.END_OF_STREAM, 200, "the stream ended");
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

    /** Why an answer is no stream, or null if it is one. */
    private @Nullable Failure refusal(HttpResponse<?> answer, boolean hadToken) {
        int status = answer.statusCode();
        if (status == 200) {
            String type = answer.headers().firstValue("Content-Type").orElse("");
            boolean isStream =
                    type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals("text/event-stream");
            return isStream ? null : last(Reason.WRONG_TYPE, 200, "answered with the type '" + type + "'");
        }
        if (status == 204) {
            return last(Reason.NO_CONTENT, 204, "the server has nothing more to say");
        }
        if (status == 401) {
            if (hadToken && !tokenRefreshed) {
                tokenRefreshed = true;
                restart();
            }
            return last(Reason.UNAUTHORIZED, 401, "the server wants another token");
        }
        if (status == 408 || status == 425 || status == 429 || status >= 500) {
            Duration retryAfter = RetryAfter.of(answer);
            return new Failure(
                    Reason.STATUS, status, "the server answered " + status, retryAfter == null ? UNTOLD : retryAfter);
        }
        return last(Reason.REFUSED, status, "the server answered " + status);
    }

    /** Takes what the parser finds. */
    private final class Listening implements EventParser.Listener {

        @Override
        public void onEvent(String type, String data, String id) {
            boolean taken = type.startsWith(OURS)
                    ? takeOurs(type, data)
                    : tell(() -> listener.onEvent(new ReceivedEvent(type, data, id)));
            if (taken) {
                failures = 0;
                lastEventId = id;
            } else {
                parser.end(); // it comes again on the next connection, if there is one
            }
        }

        private boolean takeOurs(String type, String data) {
            if (type.equals(Gap.TYPE)) {
                return tell(() -> listener.onGap(Gap.of(data)));
            }
            if (type.equals(TOKEN_EXPIRING) && config.token != null) {
                restart(); // with a new token, from here
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
        }
    }
}
