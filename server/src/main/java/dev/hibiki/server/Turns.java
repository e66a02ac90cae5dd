// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Gives the bytes of an HTTP/2 connection to its codec little by little, so that a peer has only its turn of the loop.
 *
 * <p>A request can be thirteen bytes long, so one read of a socket may hold five thousand, and the codec would serve all of them before the
 * loop looks at another connection. Here what has come is passed on in pieces until {@link HttpConnection#TOGETHER} streams have been opened;
 * the rest waits for the loop's next turn, and nothing more is read until then. Only streams are counted, since only they cost much: a body
 * goes through at once.
 *
 * <p>Belongs to the connection's loop. Worst case: what one turn has read waits here.
 */
@SuppressWarnings("FutureReturnValueIgnored") // what is scheduled is told of its failure by the pipeline
final class Turns extends ChannelInboundHandlerAdapter {

    /** How many bytes at once: some forty of the shortest requests. */
    static final int PIECE = 512;

    private final IntSupplier opened;
    private final Queue<ByteBuf> waiting = new ArrayDeque<>();
    private int openedBefore;
    private @Nullable Object end;

    /** @param opened how many streams the peer has ever opened */
    Turns(IntSupplier opened) {
        this.opened = opened;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        boolean first = waiting.isEmpty();
        waiting.add((ByteBuf) message);
        if (first) {
            pass(ctx);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (waiting.isEmpty()) {
            openedBefore = opened.getAsInt();
        }
        ctx.fireChannelReadComplete();
    }

    private void pass(ChannelHandlerContext ctx) {
        while (!waiting.isEmpty() && opened.getAsInt() - openedBefore < HttpConnection.TOGETHER) {
            ByteBuf bytes = waiting.element();
            if (bytes.readableBytes() <= PIECE) {
                ctx.fireChannelRead(waiting.remove());
            } else {
                ctx.fireChannelRead(bytes.readRetainedSlice(PIECE));
            }
        }
        if (!waiting.isEmpty()) {
            ctx.channel().config().setAutoRead(false);
            ctx.executor().schedule(() -> goOn(ctx), 0, TimeUnit.NANOSECONDS); // what is scheduled is for the next turn
        }
    }

    private void goOn(ChannelHandlerContext ctx) {
        if (waiting.isEmpty()) {
            return; // the connection has gone
        }
        openedBefore = opened.getAsInt();
        pass(ctx);
        ctx.fireChannelReadComplete();
        if (waiting.isEmpty()) {
            if (end != null) {
                ctx.fireUserEventTriggered(end);
            }
            ctx.channel().config().setAutoRead(true);
        }
    }

    /** What came before the peer shut its side is passed on before that is told. */
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE && !waiting.isEmpty()) {
            end = event;
        } else {
            ctx.fireUserEventTriggered(event);
        }
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
        waiting.forEach(ByteBuf::release);
        waiting.clear();
    }
}
