// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out what a new connection speaks, and leaves: by its first bytes without TLS, by ALPN with it.
 *
 * <p>HTTP/2 without TLS begins with a preface that is no request of HTTP/1.1 ("prior knowledge", RFC 9113 section 3.3); {@code Upgrade: h2c} is
 * passed over, as its standard allows. What is neither is for HTTP/1.1 to refuse. On a port with TLS a request without it is told so in
 * plain text, since the client could make nothing of an alert.
 *
 * <p>Worst case: 24 bytes, for as long as a request's head may take.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a write or close fails only with the connection
final class ProtocolChoice extends ChannelInboundHandlerAdapter {

    private static final Logger LOG = LoggerFactory.getLogger(HibikiServer.class.getPackageName());

    /** How a record of a TLS handshake begins. */
    private static final int HANDSHAKE = 22;

    private static final ByteBuf PREFACE = Http2CodecUtil.connectionPrefaceBuf();

    private static final String WANTS_TLS = "This port speaks TLS only: use https:// instead of http://\n";

    private final Site site;
    private final @Nullable TlsKeys tls;
    private final RequestClock clock;
    private ByteBuf seen = Unpooled.EMPTY_BUFFER;
    private boolean begun;

    private ProtocolChoice(Site site, @Nullable TlsKeys tls, RequestClock clock) {
        this.site = site;
        this.tls = tls;
        this.clock = clock;
    }

    /** Makes a new channel, which must not read by itself, a connection of a site. */
    static void begin(Channel channel, Site site, @Nullable TlsKeys tls) {
        var clock = new RequestClock(site.limits());
        channel.pipeline().addLast("clock", clock);
        channel.pipeline().addLast("choice", new ProtocolChoice(site, tls, clock));
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        if (ctx.channel().isActive()) {
            begin(ctx);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        begin(ctx);
    }

    private void begin(ChannelHandlerContext ctx) {
        if (!begun) {
            begun = true;
            clock.await(RequestClock.Awaited.FIRST_BYTE);
            ctx.read();
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        seen.release();
        seen = Unpooled.EMPTY_BUFFER;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf bytes) || !ctx.channel().isActive()) {
            ReferenceCountUtil.release(message);
            return;
        }
        ByteBuf all = seen.isReadable() ? Unpooled.wrappedBuffer(seen, bytes) : bytes;
        seen = all;
        if (!all.isReadable()) {
            return;
        }
        if (tls != null) {
            if (all.getByte(all.readerIndex()) == HANDSHAKE) {
                secure(ctx, tls);
            } else {
                refuse(ctx);
            }
            return;
        }
        int length = Math.min(all.readableBytes(), PREFACE.readableBytes());
        if (!startsWithPreface(all, length)) {
            become(ctx, () -> HttpPipeline.begin(ctx.channel(), site));
        } else if (length == PREFACE.readableBytes()) {
            become(ctx, () -> MultiplexedConnection.begin(ctx.channel(), site, false));
        } // else it is not known yet
    }

    private static boolean startsWithPreface(ByteBuf bytes, int length) {
        for (int i = 0; i < length; i++) {
            if (bytes.getByte(bytes.readerIndex() + i) != PREFACE.getByte(i)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        ctx.read();
    }

    /** What was seen goes to those who come after us, and we leave. */
    private void become(ChannelHandlerContext ctx, Runnable adding) {
        ByteBuf all = seen;
        seen = Unpooled.EMPTY_BUFFER;
        ChannelPipeline pipeline = ctx.pipeline();
        pipeline.remove(clock);
        adding.run();
        ctx.fireChannelRead(all);
        pipeline.remove(this);
    }

    private void secure(ChannelHandlerContext ctx, TlsKeys keys) {
        become(ctx, () -> {
            SslHandler handler = keys.context().newHandler(ctx.alloc());
            handler.setHandshakeTimeoutMillis(site.limits().requestTime().toMillis());
            ctx.pipeline().addLast("tls", handler);
            ctx.pipeline().addLast("alpn", new Negotiated());
        });
    }

    private void refuse(ChannelHandlerContext ctx) {
        seen.release();
        seen = Unpooled.EMPTY_BUFFER;
        String answer = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "
                + WANTS_TLS.length() + "\r\nConnection: close\r\n\r\n" + WANTS_TLS;
        clock.discard();
        ctx.writeAndFlush(Unpooled.copiedBuffer(answer, US_ASCII))
                .addListener((ChannelFutureListener) written -> Farewell.shutOutput(written.channel()));
        Farewell.discard(ctx.channel());
        Farewell.closeSoon(ctx);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        boolean slowHead = event instanceof RequestClock.Expired && seen.isReadable();
        if (slowHead) {
            become(ctx, () -> HttpPipeline.begin(ctx.channel(), site));
            ctx.pipeline().fireUserEventTriggered(event);
        } else if (endsIt(event)) {
            ctx.close();
        }
    }

    private static boolean endsIt(Object event) {
        return event == ChannelInputShutdownEvent.INSTANCE
                || event == Listener.Stopping.NOW
                || event instanceof RequestClock.Expired;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }

    /** Waits for what the handshake agrees on. */
    private final class Negotiated extends ApplicationProtocolNegotiationHandler {

        Negotiated() {
            super(ApplicationProtocolNames.HTTP_1_1);
        }

        @Override
        protected void configurePipeline(ChannelHandlerContext ctx, String agreed) {
            if (agreed.equals(ApplicationProtocolNames.HTTP_2)) {
                MultiplexedConnection.begin(ctx.channel(), site, true);
            } else {
                HttpPipeline.begin(ctx.channel(), site, new Protocol(false, true));
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
            if (endsIt(event)) {
                ctx.close();
            } else {
                super.userEventTriggered(ctx, event);
            }
        }

        @Override
        protected void handshakeFailure(ChannelHandlerContext ctx, Throwable cause) {
            LOG.debug("a TLS handshake failed: {}", cause.toString());
            ctx.close();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            handshakeFailure(ctx, cause);
        }
    }
}
