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
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The thread of an {@link EventSource}: it connects, reads, tells the listener, waits, and begins again, until one of these is the end.
 *
 * <p>All that the connections have in common stands here, without a lock, because no other thread touches it. What other threads may
 * change, at any moment, is in the source; so this asks it before each call of the listener whether there is still something to tell.
 */
final class SourceThread {

    private static final String CURSOR = "hibiki.cursor";
    private static final String TOKEN_EXPIRING = "hibiki.token-expiring";
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final EventSource source;
    private final EventSourceConfig config;
    private final EventSource.Listener listener;
    private final Runnable atEnd;
    private final Thread thread;
    private final Backoff backoff;
    private final BearerToken token;
    private final Listening listening = new Listening();

    private EventParser parser;
    private long reconnectionMillis;
    private boolean reconnectionAsked;
    private int failures;
    private boolean wasOpen;

    /**
     * Does not start it.
     *
     * @param atEnd what it does last of all, however it came to its end
     */
    SourceThread(EventSource source, EventSourceConfig config, EventSource.Listener listener, Runnable atEnd) {
        this.source = source;
        this.config = config;
        this.listener = listener;
        this.atEnd = atEnd;
        this.thread = new Thread(this::run, "hibiki-client-" + NUMBER.incrementAndGet());
        this.backoff = new Backoff(
                config.mostBackoff, () -> ThreadLocalRandom.current().nextLong());
        this.token = new BearerToken(config.token);
        this.parser = new EventParser(listening, config.limits, config.lastEventId);
        this.reconnectionMillis = config.reconnectionTime.toMillis();
        thread.setDaemon(true);
    }

    // any thread

    void start() {
        thread.start();
    }

    /** Interrupts a token supplier that has not answered yet, and asks no more. */
    void stopAsking() {
        token.stopAsking();
    }

    /** Waits until it has ended; false if it has not by then, and at once when it is this thread that asks. */
    boolean awaitEnd(long millis) throws InterruptedException {
        if (millis > 0 && Thread.currentThread() != thread) {
            thread.join(millis);
        }
        return !thread.isAlive();
    }

    // this thread only

    private void run() {
        try {
            tell(() -> listener.onStart(source));
            Attempt attempt;
            while ((attempt = source.begin()) != null) {
                Failure failure = connect(attempt);
                if (failure == null) {
                    continue; // restarted, or closed
                }
                Failure told = judged(failure);
                if (told.retryIn() == null) {
                    finish(told);
                } else {
                    source.enter(EventSource.State.WAITING);
                    tell(() -> listener.onFailure(told));
                    source.await(told.retryIn());
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

    /** Connects and reads to the end; null if that came from this side. */
    private @Nullable Failure connect(Attempt attempt) throws InterruptedException {
        wasOpen = false;
        Failure failure;
        try {
            failure = open(attempt);
        } catch (HttpTimeoutException e) {
            failure = Failure.passing(Reason.TIMEOUT, 0, String.valueOf(e.getMessage()), e);
        } catch (EventTooLargeException e) {
            failure = Failure.last(Reason.TOO_LARGE, 200, String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            failure = Failure.passing(Reason.NETWORK, 0, String.valueOf(e.getMessage()), e);
        } finally {
            attempt.letGo();
        }
        if (source.isInterrupted()) {
            return null;
        }
        failures++;
        return failure;
    }

    private Failure open(Attempt attempt) throws IOException, InterruptedException {
        Failure noToken = token.ask();
        if (noToken != null) {
            return noToken;
        }
        Attempt.Outcome outcome = attempt.send(source.lastEventId(), token.present());
        HttpResponse<Body> answer = outcome.answer();
        Failure refusal = answer == null ? outcome.refusal() : Refusal.of(answer);
        if (refusal != null) {
            if (refusal.reason() == Reason.UNAUTHORIZED && token.mayRefresh()) {
                source.restart();
            }
            return refusal;
        }
        token.accepted();
        wasOpen = true;
        if (answer != null && source.enter(EventSource.State.OPEN) && tell(listener::onOpen)) {
            read(answer.body());
        }
        return Failure.passing(Reason.END_OF_STREAM, 200, "the stream ended", null);
    }

    private void read(Body body) throws IOException, InterruptedException {
        parser = new EventParser(listening, config.limits, source.lastEventId());
        ByteBuffer piece;
        while ((piece = body.next(config.idleTimeout)) != null) {
            parser.feed(piece);
            if (source.isInterrupted()) {
                return; // what was not delivered any more has not moved the last id
            }
            source.seen(parser.lastEventId()); // which moves without an event too
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
                source.seen(id);
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
                source.restart();
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

    /** Calls the listener, unless the source was closed or restarted meanwhile. */
    private boolean tell(Runnable call) {
        if (source.isInterrupted()) {
            return false;
        }
        try {
            call.run();
        } catch (RuntimeException | Error failed) {
            throw new ListenerFailure(failed);
        }
        return true;
    }

    /** What the listener threw, on its way out of the parser. */
    private static final class ListenerFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        ListenerFailure(Throwable cause) {
            super(cause);
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
        Throwable unheard = failure.reason() == Reason.LISTENER ? failure.cause() : null;
        if (source.end()) {
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
}
