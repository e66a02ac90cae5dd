// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

/** Why a stream ended. */
public enum EndReason {
    /** The client closed its connection, or the connection broke. */
    CLIENT_GONE("the client has gone"),
    /** The same client opened another stream, which took its place. */
    TAKEN_OVER("the client opened another stream"),
    /** The client took no byte for longer than {@link HubSettings#stallLimit}. */
    STALLED("the client took no byte for too long"),
    /** Somebody asked for it, to try out a broken connection: the response is not ended, the connection is. */
    CUT("it was cut on request"),
    /** The program that serves the stream ended it. */
    ENDED("the server ended it"),
    /** The token that it was opened with has expired, and was not followed by a fresh one. */
    EXPIRED("its token has expired"),
    /** The user or the token was revoked. */
    REVOKED("its token was revoked"),
    /** The stream's handler or feed threw. */
    FAILED("its handler failed"),
    /** The server is stopping, gently: the client was told when to come back, if it took bytes. */
    DRAINING("the server is draining"),
    /** The server is stopping. */
    STOPPING("the server is stopping");

    private final String text;

    EndReason(String text) {
        this.text = text;
    }

    /** The reason as a clause for a log line: {@code stream ended: the client has gone}. */
    public String text() {
        return text;
    }
}
