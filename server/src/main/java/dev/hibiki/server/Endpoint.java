// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** What serves a route. Called on the connection's loop, so it never blocks. */
@FunctionalInterface
interface Endpoint {

    /** Answers, now or later; the request's body is complete. */
    void serve(Exchange exchange);

    /**
     * Whether a request's body may go on for as long as its client likes: then a refusal is sent while it does. Otherwise a
     * refusal is sent when the body has come, so that the connection can go on.
     */
    default boolean isOpenEnded(RequestHead head) {
        return false;
    }

    /** The reader that takes the body as it comes, or null to be served when the body is complete. */
    default @Nullable BodyReader reader(Exchange exchange) {
        return null;
    }

    /** Takes a body as it comes, and answers; on the connection's loop. */
    interface BodyReader {

        /** The next bytes, lent for this call. {@link Exchange#readBody} asks for more. */
        void part(ByteBuf bytes);

        /** The body is complete. */
        void end();

        /** The server is draining: takes no more of the body, and ends the answer with what becomes of what it has taken. */
        void drain();

        /** The socket takes more of the answer again. */
        void writable();

        /** The connection is gone. */
        void gone();
    }
}
