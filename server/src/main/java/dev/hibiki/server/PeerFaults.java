// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Which failures of a connection are its peer's doing, and so not worth a line in our log. */
final class PeerFaults {

    private PeerFaults() {}

    /** Whether it failed because the peer has gone, or speaks no HTTP/2 or TLS that one could understand. */
    static boolean isPeersFault(Throwable cause) {
        return cause instanceof IOException
                || cause instanceof UncheckedIOException
                || cause instanceof DecoderException
                || cause instanceof Http2Exception;
    }

    /**
     * Whether it is what a peer did wrong on one stream of HTTP/2. That stream is then reset by those who found it, with the error's own code;
     * closed here it would be cancelled, and cancelling is not counted among the resets that a peer may cause.
     */
    static boolean isStreamsError(Throwable cause) {
        return cause instanceof Http2Exception.StreamException;
    }
}
