// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import dev.hibiki.client.Failure.Reason;
import java.time.Duration;
import java.util.concurrent.Flow;
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
 * <p><b>Threads.</b> Each source has one daemon thread, {@code hibiki-client-N}, which does everything, including the calls
 * of the listener; it ends with the source. A slow listener holds up the server's socket, and nothing is queued here. All
 * methods may be called from any thread, also from the listener, and none but {@link #awaitClosed} waits.
 *
 * <p><b>Nothing is lost silently.</b> Every event is delivered once, in order, as long as the server gives ids and keeps
 * what is missed. A Hibiki hub that no longer has it says so: {@link Listener#onGap}. The end of a source is never silent
 * either: it calls {@link Listener#onFailure} with a failure that does not {@linkplain Failure#goesOn go on}.
 */
public final class EventSource implements AutoCloseable {

    /**
     * Gets what is received, on the source's thread, one call after the other. A call that throws ends the source, with
     * {@link Reason#LISTENER}; the id of an event whose call threw does not count as seen.
     */
    @FunctionalInterface
    public interface Listener {

        /** The first call, before it connects. Keep the source if you want to close it or restart it from here. */
        default void onStart(EventSource source) {}

        /** The stream is open, for the first time or again. */
        default void onOpen() {}

        /** An event; not those that a Hibiki hub sends to the client itself, which are handled here. */
        void onEvent(ReceivedEvent event);

        /** Something that this stream should have got is gone. */
        default void onGap(Gap gap) {}

        /** A comment, such as a keep-alive: all that follows the colon. */
        default void onComment(String text) {}

        /** The stream is no longer open, or could not be opened; the failure says whether the source goes on. Not called for {@link #close}. */
        default void onFailure(Failure failure) {}
    }

    /** What a source is doing. */
    public enum State {
        /** Waiting for an answer; the first state too. */
        CONNECTING,
        OPEN,
        /** Waiting until it is time to connect again. */
        WAITING,
        /** For good: it was closed, or has told its last failure. */
        CLOSED
    }

    private final EventSourceConfig config;
    private final SourceThread thread;

    // Under the lock of this; the first two are read without.
    private volatile State state = State.CONNECTING;
    private volatile String lastEventId;
    private @Nullable Attempt attempt;
    private boolean restarting;

    private EventSource(EventSourceConfig config, Listener listener, Runnable atEnd) {
        this.config = config;
        this.lastEventId = config.lastEventId;
        this.thread = new SourceThread(this, config, listener, atEnd);
    }

    /** Begins to connect, and returns at once. */
    public static EventSource open(EventSourceConfig config, Listener listener) {
        return open(config, listener, () -> {});
    }

    /** The same, with something to do last of all on its thread, however the source ended. */
    static EventSource open(EventSourceConfig config, Listener listener, Runnable atEnd) {
        var source = new EventSource(config, listener, atEnd);
        source.thread.start();
        return source;
    }

    /**
     * Reads a stream event by event, on the caller's thread, and no faster than the caller asks. It begins to connect at
     * once; close it, or it stays connected.
     *
     * @return an iteration that waits for each event; it ends when the server answers 204 or it is closed, and throws an
     *     {@link EventSourceException} when the source ended otherwise
     */
    public static EventIteration read(EventSourceConfig config) {
        return new EventIteration(config);
    }

    /**
     * A publisher of a stream's events, with a source of its own for each subscriber, which reads no faster than the
     * subscriber requests. Completes when the server answers 204; fails with an {@link EventSourceException} when the source
     * ended otherwise. Signals come on the source's thread.
     */
    public static Flow.Publisher<ReceivedEvent> publisher(EventSourceConfig config) {
        return new EventPublisher(config);
    }

    /** What it is doing now. */
    public State state() {
        return state;
    }

    /** The id after which it would resume now; empty if none was seen. */
    public String lastEventId() {
        return lastEventId;
    }

    /**
     * Drops the connection, if there is one, and connects again at once, after the last id. Reports no failure and counts as
     * none. Does nothing once it is closed.
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
        thread.stopAsking();
        if (dropped != null) {
            dropped.letGo();
        }
    }

    /**
     * Waits until it is closed, by whomever, and its thread has ended: no call of the listener is running then.
     *
     * @return false if that took longer than allowed, or at once if called on the source's own thread
     */
    public boolean awaitClosed(Duration atMost) throws InterruptedException {
        return thread.awaitEnd(EventSourceConfig.atMostDays(atMost).toMillis());
    }

    // for its thread

    /** The next attempt, which {@link #restart} and {@link #close} can end; null once it is closed. */
    synchronized @Nullable Attempt begin() {
        restarting = false;
        if (state == State.CLOSED) {
            return null;
        }
        state = State.CONNECTING;
        attempt = new Attempt(config);
        return attempt;
    }

    /** Goes into a state, and returns true, unless it is closed. */
    synchronized boolean enter(State next) {
        if (state == State.CLOSED) {
            return false;
        }
        state = next;
        return true;
    }

    /** Whether it was closed, or is to connect again: nothing more of the present attempt is told. */
    synchronized boolean isInterrupted() {
        return restarting || state == State.CLOSED;
    }

    /** Waits, unless it is restarted or closed meanwhile. */
    synchronized void await(Duration delay) throws InterruptedException {
        long deadline = System.nanoTime() + delay.toNanos();
        long millis = delay.toMillis();
        while (millis > 0 && !isInterrupted()) {
            wait(millis);
            millis = (deadline - System.nanoTime() + 999_999) / 1_000_000;
        }
    }

    /** From now on it resumes after this id. */
    void seen(String id) {
        lastEventId = id;
    }

    /** Closes it from within; returns false if it was closed already. */
    synchronized boolean end() {
        boolean wasOpen = state != State.CLOSED;
        state = State.CLOSED;
        return wasOpen;
    }
}
