// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.event.SseEvent;

/** One open stream, as its connection sees it. All methods are called on the stream's loop, but for {@link #clientId}. */
public interface HubStream {

    /** The id of this stream's client: unguessable, and for the client alone. */
    String clientId();

    /**
     * Writes an event of the stream's own feed, which is in no log, and gives it an id behind the stream's place.
     *
     * @return false if the stream has ended or its socket does not drain: then the event was not written
     */
    boolean send(SseEvent event);

    /** The socket drains again. */
    void writable();

    /** Ends the stream from the server's side, through {@link Outlet#end}. */
    void end(EndReason reason);

    /** The connection is gone: the hub forgets the stream. Calling it again does nothing. */
    void closed(EndReason reason);
}
