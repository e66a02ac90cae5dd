// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;

/**
 * Reads again only after the loop's tasks have had their turn, for channels that read by themselves.
 *
 * <p>A loop of io_uring goes on with what has completed as long as anything does, and runs no task meanwhile: no timer, no answer of another
 * thread. A read that is asked for at once completes at once while its peer sends fast enough, and so does an accept while connections come:
 * ten thousand of them kept all others waiting for ten seconds. Asked for by a task, what comes next is for the next turn. Channels that
 * read on demand need none of this, because a request that is answered is a task already.
 */
@ChannelHandler.Sharable
final class OneReadATurn extends ChannelOutboundHandlerAdapter {

    static final OneReadATurn HANDLER = new OneReadATurn();

    private OneReadATurn() {}

    @Override
    public void read(ChannelHandlerContext ctx) {
        ctx.executor().execute(ctx::read);
    }
}
