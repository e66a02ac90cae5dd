// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

/** The end of a stream that did not end in order, for those who read it by exceptions: an iterator, a {@code Flow.Subscriber}. */
public final class EventSourceException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Failure failure;

    EventSourceException(Failure failure) {
        super(failure.toString(), failure.cause());
        this.failure = failure;
    }

    /** What happened. */
    public Failure failure() {
        return failure;
    }
}
