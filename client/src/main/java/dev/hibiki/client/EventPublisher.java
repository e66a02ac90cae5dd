// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import dev.hibiki.client.Failure.Reason;
import java.util.Objects;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** A stream as a {@code Flow.Publisher}; see {@link EventSource#publisher}. */
final class EventPublisher implements Flow.Publisher<ReceivedEvent> {

    private final EventSourceConfig config;

    EventPublisher(EventSourceConfig config) {
        this.config = config;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super ReceivedEvent> subscriber) {
        Objects.requireNonNull(subscriber, "subscriber");
        new Demand(subscriber).begin(config);
    }

    /**
     * What one subscriber has requested. The source's thread waits here for it, and so reads nothing more from its socket meanwhile; while
     * it waits no idle time counts.
     *
     * <p>Signals never overlap. All come from the source's thread, except the error for a bad request: that comes from the
     * thread that made the request, so that it is reported even on a quiet stream, unless a signal is running; then the
     * thread that sent the signal reports it next.
     */
    private static final class Demand implements Flow.Subscription, EventSource.Listener {

        private final Flow.Subscriber<? super ReceivedEvent> subscriber;

        private long requested; // this and below: under the lock of this
        private boolean done;
        private boolean signalling;
        private @Nullable IllegalArgumentException badRequest;
        private @Nullable EventSource source;

        Demand(Flow.Subscriber<? super ReceivedEvent> subscriber) {
            this.subscriber = subscriber;
        }

        void begin(EventSourceConfig config) {
            signal(() -> subscriber.onSubscribe(this));
            synchronized (this) {
                if (!done) {
                    source = EventSource.open(config, this);
                }
            }
        }

        @Override
        public void request(long n) {
            synchronized (this) {
                if (n > 0) {
                    requested = requested + n < 0 ? Long.MAX_VALUE : requested + n;
                } else if (badRequest == null) {
                    badRequest = new IllegalArgumentException("request: " + n + " (expected: at least 1)");
                }
                notifyAll();
            }
            tellBadRequest();
        }

        @Override
        public void cancel() {
            EventSource ended;
            synchronized (this) {
                done = true;
                ended = source;
                notifyAll();
            }
            if (ended != null) {
                ended.close();
            }
        }

        @Override
        public void onEvent(ReceivedEvent event) {
            synchronized (this) {
                try {
                    while (requested == 0 && !done) {
                        wait();
                    }
                } catch (InterruptedException e) {
                    throw new IllegalStateException("the source was interrupted", e);
                }
                if (done) {
                    return;
                }
                requested--;
            }
            signal(() -> subscriber.onNext(event));
        }

        @Override
        public void onGap(Gap gap) {
            onEvent(gap.asEvent());
        }

        @Override
        public void onFailure(Failure failure) {
            synchronized (this) {
                if (done || failure.goesOn()) {
                    return;
                }
                done = true;
            }
            if (failure.reason() == Reason.NO_CONTENT) {
                subscriber.onComplete();
            } else {
                subscriber.onError(new EventSourceException(failure));
            }
        }

        private void signal(Runnable signal) {
            synchronized (this) {
                if (done) {
                    return;
                }
                signalling = true;
            }
            try {
                signal.run();
            } finally {
                synchronized (this) {
                    signalling = false;
                }
                tellBadRequest();
            }
        }

        private void tellBadRequest() {
            IllegalArgumentException bad;
            synchronized (this) {
                bad = badRequest;
                if (bad == null || done || signalling) {
                    return;
                }
                done = true;
            }
            cancel();
            subscriber.onError(bad);
        }
    }
}
