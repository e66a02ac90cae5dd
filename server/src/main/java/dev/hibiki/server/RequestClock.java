// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Says when a peer takes too long: for a request's head, its body, its answer, or in between. Stands before the codec,
 * because only there the first bytes of a slow head are seen.
 *
 * <p>One timer for each connection, whatever goes on: it looks at what is awaited now and how long that may still take. It is never moved
 * with the bytes, only set again when it goes off, so requests pay nothing for it; it looks at least once within each
 * {@link Limits#requestTime}. When time is up, {@link Expired} goes through the pipeline, once.
 */
final class RequestClock extends ChannelInboundHandlerAdapter {

    /** What the peer owes us. */
    enum Awaited {
        /** A first byte on a new connection. */
        FIRST_BYTE,
        /** The first byte of another request. */
        NEXT_BYTE,
        /** The rest of a head. */
        HEAD,
        /** The rest of a body. */
        BODY,
        /** To take the answer. */
        ANSWER_TAKEN,
        /** Nothing: it is our turn, or the body may take as long as it likes. */
        NOTHING
    }

    /** The peer took too long. */
    record Expired(Awaited awaited) {}

    /** The least average speed of a body. */
    private static final long BODY_BYTES_PER_SECOND = 1024;

    private final long requestNanos;
    private final long idleNanos;

    private Awaited awaited = Awaited.NOTHING;
    private boolean early;
    private boolean discarding;
    private long sinceNanos;
    private long lastByteNanos;
    private long bodyBytes;
    private @Nullable ChannelHandlerContext context;
    private @Nullable Future<?> timer;

    RequestClock(Limits limits) {
        requestNanos = limits.requestTime().toNanos();
        idleNanos = limits.idleTime().toNanos();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        stop();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        stop();
        ctx.fireChannelInactive();
    }

    /** From now on this is awaited. */
    void await(Awaited what) {
        awaited = what == Awaited.NEXT_BYTE && early ? Awaited.HEAD : what;
        early = false;
        sinceNanos = now();
        lastByteNanos = sinceNanos;
        bodyBytes = 0;
        if (what != Awaited.NOTHING && timer == null) {
            set();
        }
    }

    /** From now on whatever comes is ignored. */
    void discard() {
        discarding = true;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (discarding) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (awaited == Awaited.FIRST_BYTE) {
            awaited = Awaited.HEAD; // whose time began when the connection did
        } else if (awaited == Awaited.NEXT_BYTE) {
            await(Awaited.HEAD);
        } else if (awaited == Awaited.ANSWER_TAKEN) {
            early = true; // of the next request, which is awaited once this answer is taken
        } else if (awaited == Awaited.BODY) {
            lastByteNanos = now();
            bodyBytes += size(message);
        }
        ctx.fireChannelRead(message);
    }

    private static int size(Object message) {
        if (message instanceof ByteBufHolder part) { // on a stream of HTTP/2
            return part.content().readableBytes();
        }
        return message instanceof ByteBuf bytes ? bytes.readableBytes() : 0;
    }

    private void look() {
        timer = null;
        long left = nanosLeft();
        if (awaited == Awaited.NOTHING || context == null) {
            return;
        }
        if (left > 0) {
            set();
            return;
        }
        var expired = new Expired(awaited);
        awaited = Awaited.NOTHING;
        context.fireUserEventTriggered(expired);
    }

    private void set() {
        if (context != null) {
            long delay = Math.min(nanosLeft(), requestNanos);
            timer = context.executor().schedule(this::look, Math.max(delay, 1_000_000), TimeUnit.NANOSECONDS);
        }
    }

    private long nanosLeft() {
        long now = now();
        return switch (awaited) {
            case FIRST_BYTE, HEAD -> sinceNanos + requestNanos - now;
            case NEXT_BYTE, ANSWER_TAKEN -> sinceNanos + idleNanos - now;
            case BODY -> {
                long earned = TimeUnit.SECONDS.toNanos(bodyBytes) / BODY_BYTES_PER_SECOND;
                yield Math.min(lastByteNanos, sinceNanos + earned) + requestNanos - now;
            }
            case NOTHING -> Long.MAX_VALUE;
        };
    }

    private void stop() {
        awaited = Awaited.NOTHING;
        if (timer != null) {
            timer.cancel(false);
            timer = null;
        }
    }

    private long now() {
        return context == null ? System.nanoTime() : context.executor().ticker().nanoTime();
    }
}
