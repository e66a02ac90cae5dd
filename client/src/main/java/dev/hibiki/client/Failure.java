// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Why a connection could not be made or has ended, and whether the client goes on.
 *
 * @param status the status of the answer, or 0 if there was none
 * @param detail one line for a person
 * @param retryIn how long the client now waits before it connects again, or null if this was the end
 * @param cause the exception behind it, with its stack trace, or null if there was none
 */
public record Failure(
        Reason reason,
        int status,
        String detail,
        @Nullable Duration retryIn,
        @Nullable Throwable cause) {

    /** What happened. After those that are not marked as always the end the client tries again, as often as {@code maxRetries} allows. */
    public enum Reason {
        /** The server ended the stream; it may come back. */
        END_OF_STREAM,
        /** No connection, no TLS, or it broke. */
        NETWORK,
        /** No answer within the connect time-out, or an open stream was silent for the idle time-out. */
        TIMEOUT,
        /** A status that may pass: 408, 425, 429, 5xx. */
        STATUS,
        /** The token supplier threw, or gave what no header can carry. */
        TOKEN,
        /** 204: the server asks the client to stop. Always the end. */
        NO_CONTENT,
        /** 401, also with a fresh token. Always the end. */
        UNAUTHORIZED,
        /** Any other status. Always the end. */
        REFUSED,
        /** 200, but not an event stream, or one that is compressed. Always the end. */
        WRONG_TYPE,
        /** A redirect to nowhere, to a scheme other than HTTP, from https to http, or one too many. Always the end. */
        REDIRECT,
        /** A line or an event is larger than the limits: reading on would lose it silently. Always the end. */
        TOO_LARGE,
        /** The listener threw, or the thread of an iteration was interrupted; the exception is the cause. Always the end. */
        LISTENER,
        /** What should not happen, such as a bug in the {@code HttpClient} that was given; see the cause. Always the end. */
        UNEXPECTED
    }

    /** Stands for a delay that is not known yet, in a failure after which the client goes on. */
    static final Duration UNTOLD = Duration.ofMillis(-1);

    /** The client goes on after it; when is said later. */
    static Failure passing(Reason reason, int status, String detail, @Nullable Throwable cause) {
        return new Failure(reason, status, detail, UNTOLD, cause);
    }

    /** The end. */
    static Failure last(Reason reason, int status, String detail, @Nullable Throwable cause) {
        return new Failure(reason, status, detail, null, cause);
    }

    /** Whether the client goes on by itself. */
    public boolean goesOn() {
        return retryIn != null;
    }

    Failure thenRetryIn(Duration delay) {
        return new Failure(reason, status, detail, delay, cause);
    }

    /** The same, but the end, and why that is. */
    Failure butTheEnd(String why) {
        return new Failure(reason, status, detail + "; " + why, null, cause);
    }

    /** One line: the reason, the status if there was an answer, the detail, and when it goes on, if it does. */
    @Override
    public String toString() {
        return reason + (status == 0 ? "" : " " + status) + ": " + detail
                + (retryIn == null ? "" : " (again in " + retryIn.toMillis() + " ms)");
    }
}
