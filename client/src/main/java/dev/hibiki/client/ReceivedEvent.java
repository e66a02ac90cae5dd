// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

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

    /**
     * What is missing before the next event, if this is the event {@code hibiki.gap} by which a Hibiki hub says so; null for
     * all others. An iteration and a publisher bring it in its place among the events; a listener has
     * {@link EventSource.Listener#onGap}.
     */
    public @Nullable Gap gap() {
        return type.equals(Gap.TYPE) ? Gap.of(data) : null;
    }
}
