// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

/** A stream had a line or an event beyond the {@linkplain EventParser.Limits limits} of its reader. */
public final class EventTooLargeException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    EventTooLargeException(String message) {
        super(message);
    }
}
