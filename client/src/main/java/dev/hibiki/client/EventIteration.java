// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import dev.hibiki.client.Failure.Reason;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * A stream read event by event; see {@link EventSource#read}. There is room for one event: the source waits until it was taken, and so
 * does the server's socket. A gap comes in its place as an event of the type {@code hibiki.gap} ({@link ReceivedEvent#gap}). For one
 * reading thread; {@link #close} may come from any, and ends its wait.
 */
public final class EventIteration implements Iterable<ReceivedEvent>, AutoCloseable {

    private final EventSource source;

    private @Nullable ReceivedEvent event; // this and below: under the lock of this
    private @Nullable Failure end;
    private boolean over;
    private boolean closed;

    EventIteration(EventSourceConfig config) {
        source = EventSource.open(config, new Taking(), this::over);
    }

    private final class Taking implements EventSource.Listener {

        @Override
        public void onEvent(ReceivedEvent received) {
            put(received);
        }

        @Override
        public void onGap(Gap gap) {
            put(gap.asEvent());
        }

        @Override
        public void onFailure(Failure failure) {
            ended(failure);
        }
    }

    private synchronized void put(ReceivedEvent received) {
        try {
            while (event != null && !closed) {
                wait();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("the source was interrupted", e);
        }
        event = received;
        notifyAll();
    }

    private synchronized void ended(Failure failure) {
        if (!failure.goesOn()) {
            end = failure;
            notifyAll();
        }
    }

    private synchronized void over() {
        over = true;
        notifyAll();
    }

    /** The source it reads from: for its state, or to restart it. Closing it ends the iteration, after what is here already. */
    public EventSource source() {
        return source;
    }

    /**
     * Continues where another iterator of this iteration has stopped. {@code hasNext} waits for the next event, and is false when
     * the stream has ended in order (204) or was closed. Both methods throw an {@link EventSourceException} if the stream has ended
     * otherwise, or if their thread was interrupted, which it then still is; the stream stays as it was.
     */
    @Override
    public Iterator<ReceivedEvent> iterator() {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return await() != null;
            }

            @Override
            public ReceivedEvent next() {
                return take();
            }
        };
    }

    /** Waits for an event; null at the end. */
    private synchronized @Nullable ReceivedEvent await() {
        try {
            while (event == null && end == null && !over && !closed) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EventSourceException(
                    new Failure(Reason.LISTENER, 0, "the reading thread was interrupted", null, e));
        }
        if (!closed && event == null && end != null && end.reason() != Reason.NO_CONTENT) {
            throw new EventSourceException(end);
        }
        return closed ? null : event;
    }

    private synchronized ReceivedEvent take() {
        ReceivedEvent taken = await();
        if (taken == null) {
            throw new NoSuchElementException("the stream has ended");
        }
        event = null;
        notifyAll();
        return taken;
    }

    /** Closes the source. To resume later, use the {@code lastEventId} of the last event taken. */
    @Override
    public void close() {
        source.close();
        synchronized (this) {
            closed = true;
            notifyAll();
        }
    }
}
