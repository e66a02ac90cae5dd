// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Passes on one message for each that is asked for; what else one read of the socket has brought waits here.
 *
 * <p>A demand is kept until it is met: when a read brought no whole message, the next read is asked for from here. And it is met by a loop,
 * also where it is made while a message is being passed on, which is how a body is taken part by part. Netty's own
 * {@link io.netty.handler.flow.FlowControlHandler} meets it by calling itself, one level for each message that waits, and a body in nine
 * thousand chunks of one byte fits into a single read.
 *
 * <p>Belongs to the channel's loop. Nothing is held back once the channel reads by itself.
 */
final class OnDemand extends ChannelDuplexHandler {

    private final Queue<Object> waiting = new ArrayDeque<>(4);
    private boolean wanted;
    private boolean passing;

    @Override
    public void read(ChannelHandlerContext ctx) {
        wanted = true;
        pass(ctx);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        waiting.add(message);
        pass(ctx);
    }

    private void pass(ChannelHandlerContext ctx) {
        if (passing) {
            return; // whoever asks is being called by the loop below, which looks again
        }
        passing = true;
        try {
            while (!waiting.isEmpty() && (wanted || ctx.channel().config().isAutoRead())) {
                wanted = false;
                ctx.fireChannelRead(waiting.remove());
            }
        } finally {
            passing = false;
        }
        if (wanted) {
            ctx.read();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (wanted) {
            ctx.read();
        }
        ctx.fireChannelReadComplete();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        drop();
        ctx.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        drop();
    }

    private void drop() {
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
    }
}
