// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.EndReason;
import dev.hibiki.hub.HubStream;
import dev.hibiki.hub.Outlet;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The connection of one open stream: all that is left of HTTP once the head is out.
 *
 * <p>It reads on, because only a socket that is read tells that its client has gone; what comes is thrown away. It writes what the hub
 * lends it, in the form of its {@link StreamWire}. A stream that the server ends gets its last chunk and our side is shut; the connection
 * closes when the client has shut its own, or after a moment, so a client that reads never sees a reset. Over HTTP/2 the connection is one
 * of many streams of a connection.
 *
 * <p>All on the connection's loop. It holds nothing but these fields while the stream is quiet.
 */
@SuppressWarnings(
        "FutureReturnValueIgnored") // a write or close fails only with the connection, whose end is told anyway
final class StreamOutlet extends ChannelDuplexHandler implements Outlet {

    /** How long a peer that says something, which nobody asked for, then waits until more of it is read, in milliseconds. */
    static final long NOISE_MILLIS = 100;

    private final StreamWire wire;
    private final String name;
    private final OpenStreams.Place place;
    private final @Nullable ProgramStream program;
    private final long startNanos = System.nanoTime();

    private @Nullable ChannelHandlerContext context;
    private @Nullable HubStream stream;
    private @Nullable EndReason ended;
    private boolean closed;
    private boolean drainedUnseen;
    private boolean noisy;

    /**
     * An outlet.
     *
     * @param place the stream's place among the open ones, which is left when the connection goes
     * @param name the request, for the log
     * @param program the program's view of the stream, or null where no program looks
     */
    StreamOutlet(StreamWire wire, String name, OpenStreams.Place place, @Nullable ProgramStream program) {
        this.wire = wire;
        this.name = name;
        this.place = place;
        this.program = program;
    }

    /**
     * Sends the head and what stands with it, and begins to read.
     *
     * @param head what it is sent as; released here
     * @return false if the client has gone meanwhile
     */
    boolean begin(List<?> head) {
        AccessLog.streamOpened(name);
        ChannelHandlerContext ctx = context();
        head.forEach(part -> ctx.write(part, ctx.voidPromise()));
        ctx.flush();
        ctx.channel().config().setAutoRead(true);
        return !closed;
    }

    /** Joins the hub's stream to this connection. */
    void join(HubStream hubStream) {
        stream = hubStream;
        if (closed) {
            hubStream.closed(reason());
        } else if (drainedUnseen && isWritable()) {
            hubStream.writable();
        }
    }

    /** The hub's side of the stream, or null if it has ended. */
    @Nullable
    HubStream stream() {
        return ended != null || closed ? null : stream;
    }

    private ChannelHandlerContext context() {
        if (context == null) {
            throw new IllegalStateException("stream: is in no pipeline yet");
        }
        return context;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    // ---- what the hub asks for

    @Override
    public boolean isWritable() {
        return ended == null && context().channel().isWritable();
    }

    @Override
    public long unsentBytes() {
        return wire.unsentBytes(context().channel());
    }

    @Override
    public void write(ByteBuf frames) {
        if (ended == null && frames.isReadable()) {
            wire.write(context(), frames);
        }
    }

    @Override
    public void flush() {
        context().flush();
    }

    @Override
    public void end(EndReason reason) {
        if (ended != null || closed) {
            return;
        }
        ended = reason;
        place.leave(); // now, or the client that comes back at once would find its own place taken
        ChannelHandlerContext ctx = context();
        if (reason == EndReason.CUT) {
            ctx.channel().close(); // without the last chunk, as a network does that breaks
            return;
        }
        ctx.writeAndFlush(wire.end()).addListener((ChannelFutureListener) written -> {
            if (written.isSuccess()) {
                Farewell.shutOutput(written.channel());
            } else {
                written.channel().close();
            }
        });
        Farewell.closeSoon(ctx);
    }

    // ---- what the peer does

    /**
     * As {@link OneReadATurn}, which would be one more handler of each stream; but what comes is of no use to anybody, so a peer that sends
     * without end is read seldom, and waits. A thousand of them took the loop and a gigabyte of buffers.
     */
    @Override
    public void read(ChannelHandlerContext ctx) {
        if (noisy) {
            ctx.executor().schedule(ctx::read, NOISE_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            ctx.executor().execute(ctx::read);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        noisy = true;
        ReferenceCountUtil.release(message);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        HubStream joined = stream();
        if (ctx.channel().isWritable()) {
            if (joined != null) {
                joined.writable();
            } else {
                drainedUnseen = true;
            }
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE || event instanceof Http2ResetFrame) {
            ctx.close();
        } else if (event == Listener.Stopping.NOW) {
            HubStream joined = stream();
            if (joined != null) {
                joined.end(EndReason.STOPPING);
            }
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        if (closed) {
            return;
        }
        closed = true;
        place.leave();
        AccessLog.streamClosed(name, reason().text(), System.nanoTime() - startNanos);
        if (stream != null) {
            stream.closed(reason());
        }
        if (program != null) {
            program.ended(reason());
        }
    }

    private EndReason reason() {
        return ended == null ? EndReason.CLIENT_GONE : ended;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!PeerFaults.isStreamsError(cause)) {
            ctx.close(); // a write that failed: the peer has gone
        }
    }
}
