// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Why a connection could not be had or has ended, and whether the client goes on.
 *
 * @param status the status of the answer, or 0 if there was none
 * @param detail one line for a person
 * @param retryIn how long the client now waits before it connects again, or null if this was the end
 */
public record Failure(
        Reason reason, int status, String detail, @Nullable Duration retryIn) {

    /** What happened. */
    public enum Reason {
        /** The server ended the stream; it may come back. */
        END_OF_STREAM,
        /** No connection, or it broke. */
        NETWORK,
        /** No answer within the connect time-out, or an open stream was silent for the idle time-out. */
        TIMEOUT,
        /** A status that may pass: 408, 425, 429, 5xx. */
        STATUS,
        /** The token supplier failed. */
        TOKEN,
        /** 204: the server asks the client to stop. Always the end. */
        NO_CONTENT,
        /** 401, also with a fresh token. Always the end. */
        UNAUTHORIZED,
        /** Any other status. Always the end. */
        REFUSED,
        /** 200, but not an event stream. Always the end. */
        WRONG_TYPE,
        /** A redirect without a place, to another scheme than HTTP, from https to http, or one too many. Always the end. */
        REDIRECT,
        /** A line or an event is larger than the limits: reading on would lose it silently. Always the end. */
        TOO_LARGE,
        /** The listener threw. Always the end. */
        LISTENER
    }

    /** Whether the client goes on by itself. */
    public boolean goesOn() {
        return retryIn != null;
    }

    Failure thenRetryIn(@Nullable Duration delay) {
        return new Failure(reason, status, detail, delay);
    }

    @Override
    public String toString() {
        return reason + (status == 0 ? "" : " " + status) + ": " + detail
                + (retryIn == null ? "" : " (again in " + retryIn.toMillis() + " ms)");
    }
}
