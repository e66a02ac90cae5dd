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
        var demand = new Demand(subscriber);
        subscriber.onSubscribe(demand);
        demand.open(config);
    }

    /**
     * What one subscriber has requested. The source's thread waits here for it, and so reads nothing more from its socket meanwhile; while
     * it waits no idle time counts.
     */
    private static final class Demand implements Flow.Subscription, EventSource.Listener {

        private final Flow.Subscriber<? super ReceivedEvent> subscriber;

        private long requested; // this and below: under the lock of this
        private boolean done;
        private @Nullable IllegalArgumentException badRequest;
        private @Nullable EventSource source;

        Demand(Flow.Subscriber<? super ReceivedEvent> subscriber) {
            this.subscriber = subscriber;
        }

        synchronized void open(EventSourceConfig config) {
            if (!done) {
                source = EventSource.open(config, this);
            }
        }

        @Override
        public synchronized void request(long n) {
            if (n <= 0) {
                badRequest = new IllegalArgumentException("request: " + n + " (expected: at least 1)");
            } else {
                requested = requested + n < 0 ? Long.MAX_VALUE : requested + n;
            }
            notifyAll();
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
            IllegalArgumentException bad;
            synchronized (this) {
                try {
                    while (requested == 0 && !done && badRequest == null) {
                        wait();
                    }
                } catch (InterruptedException e) {
                    throw new IllegalStateException("the source was interrupted", e);
                }
                if (done) {
                    return;
                }
                requested--;
                bad = badRequest;
            }
            if (bad != null) {
                cancel();
                subscriber.onError(bad);
            } else {
                subscriber.onNext(event);
            }
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
    }
}
