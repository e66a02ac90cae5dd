// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import io.netty.buffer.ByteBuf;

/**
 * Where the bytes of one stream go: the hub's view of a connection. All methods are called on the stream's loop.
 *
 * <p>The hub writes only while {@link #isWritable}, and then one buffer of at most 64 KB, so what waits here is bounded.
 */
public interface Outlet {

    /** Whether the socket drains. When it turns true again, call {@link HubStream#writable}. */
    boolean isWritable();

    /** The bytes that were written and not yet taken by the socket; a value that does not fall for long is a peer that stalls. */
    long unsentBytes();

    /**
     * Writes whole frames; they may leave with the next {@link #flush} only.
     *
     * @param frames readable bytes, shared with other streams and lent for this call: to keep them, retain a duplicate
     */
    void write(ByteBuf frames);

    /** Sends what was written. */
    void flush();

    /** Ends the response after what was written; then {@link HubStream#closed} is called, at once or later. */
    void end(EndReason reason);
}
