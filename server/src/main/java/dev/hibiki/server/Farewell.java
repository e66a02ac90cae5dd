// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import java.util.concurrent.TimeUnit;

/**
 * How a connection ends so that the peer gets our last bytes: our side is shut, and when the peer has shut its side, or
 * after a moment, the connection is closed. Closing at once would reset a connection on which something still arrives, and
 * the peer would lose what it has not read yet.
 *
 * <p>On the connection's loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a close fails only where it is closed
final class Farewell {

    /** For how long the peer's last bytes are read and thrown away. */
    static final long MILLIS = 2000;

    private Farewell() {}

    /** Says that no more comes from here: with TLS first in TLS, then in TCP. */
    static void shutOutput(Channel channel) {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (!(channel instanceof DuplexChannel duplex)) {
            channel.close();
        } else if (tls == null) {
            duplex.shutdownOutput();
        } else {
            tls.closeOutbound().addListener(said -> duplex.shutdownOutput());
        }
    }

    /** Reads what still comes; the handlers after this throw it away. */
    static void discard(Channel channel) {
        channel.pipeline().addFirst("reads", OneReadATurn.HANDLER);
        channel.config().setAutoRead(true);
    }

    /** Closes it in a moment, whatever the peer does until then. */
    static void closeSoon(ChannelHandlerContext context) {
        Channel channel = context.channel();
        context.executor().schedule(() -> channel.close(), MILLIS, TimeUnit.MILLISECONDS);
    }
}
