// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import java.util.Objects;

/**
 * An event as a client gets it (WHATWG HTML, section 9.2.6).
 *
 * @param type {@code message} if the stream named none
 * @param data its lines joined with LF; may be empty
 * @param lastEventId the last id that the stream set, by this event or before; empty if there is none
 */
public record ReceivedEvent(String type, String data, String lastEventId) {

    public ReceivedEvent {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(data, "data");
        Objects.requireNonNull(lastEventId, "lastEventId");
    }
}
