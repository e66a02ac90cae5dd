// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer, taken piece by piece by one thread that waits for it. A piece is requested only when it is wanted,
 * so a reader that does not come back holds up the server's socket, and nothing piles up here.
 */
final class Body implements HttpResponse.BodySubscriber<Body> {

    private final ArrayDeque<ByteBuffer> pieces = new ArrayDeque<>(); // this and all below: under the lock of this
    private Flow.@Nullable Subscription subscription;
    private boolean asked;
    private boolean complete;
    private @Nullable Throwable failure;

    /** The answer is there with its head. */
    @Override
    public CompletionStage<Body> getBody() {
        return CompletableFuture.completedStage(this);
    }

    /**
     * The next piece, or null at the end of the body.
     *
     * @param patience how long it may take; zero for ever
     * @throws HttpTimeoutException if it took longer
     * @throws IOException if the connection broke, or the body was let go
     */
    synchronized @Nullable ByteBuffer next(Duration patience) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (pieces.isEmpty()) {
            if (failure != null) {
                throw new IOException(String.valueOf(failure.getMessage()), failure);
            }
            if (complete) {
                return null;
            }
            if (!asked && subscription != null) {
                asked = true;
                subscription.request(1);
                continue; // it may have been there already
            }
            if (patience.isZero()) {
                wait();
            } else {
                long millis = (deadline - System.nanoTime()) / 1_000_000;
                if (millis <= 0) {
                    throw new HttpTimeoutException("silent for " + patience.toMillis() + " ms");
                }
                wait(millis);
            }
        }
        return pieces.remove();
    }

    /** Stops reading. Any thread. */
    void letGo() {
        Flow.Subscription cancelled;
        synchronized (this) {
            cancelled = subscription;
            failure = new IOException("let go");
            pieces.clear();
            notifyAll();
        }
        if (cancelled != null) {
            cancelled.cancel();
        }
    }

    @Override
    public synchronized void onSubscribe(Flow.Subscription given) {
        if (failure != null) {
            given.cancel();
        }
        subscription = given;
        notifyAll();
    }

    @Override
    public synchronized void onNext(List<ByteBuffer> items) {
        asked = false;
        if (failure == null) {
            pieces.addAll(items);
            notifyAll();
        }
    }

    @Override
    public synchronized void onError(Throwable thrown) {
        if (failure == null) {
            failure = thrown;
        }
        notifyAll();
    }

    @Override
    public synchronized void onComplete() {
        complete = true;
        notifyAll();
    }
}
