// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.handler.codec.http2.Http2UnknownFrame;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.util.ReferenceCountUtil;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP/2 connection: many requests at once, each on a stream that is a channel of its own, to which {@link HttpConnection} is what it is to
 * a connection of HTTP/1.1 with one request.
 *
 * <p>Here stands what concerns all streams of the connection: how it ends, and what a peer may ask for that costs us more than it. Requests
 * are taken a few in a turn of the loop ({@link Turns}). The codec bounds what one frame or head can hold; what is counted is what comes again and again: streams that are opened and reset, settings
 * and pings, each of which wants an answer. Who does that too often is told so, {@code ENHANCE_YOUR_CALM}, and the connection is closed.
 * An idle connection is closed like one of HTTP/1.1, and so is one whose last stream has ended while the server stops. {@code GOAWAY} is said only
 * then: some clients, the JDK's among them, drop all streams of the connection when they hear it, and would not hear when to come back.
 *
 * <p>Belongs to the connection's loop. One timer for each connection, none for its streams.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a write or close fails only with the connection
final class MultiplexedConnection extends ChannelInboundHandlerAdapter {

    private static final Logger LOG = LoggerFactory.getLogger(HibikiServer.class.getPackageName());

    /** More than the hundred that browsers open, and few enough that one connection is no attack. */
    static final int MAX_STREAMS = 256;

    /** How many resets a peer may send or cause in a window, and how many settings and pings. A proxy whose clients all leave sends many. */
    static final int MAX_RESETS = 600;

    static final int MAX_QUESTIONS = 200;
    private static final int WINDOW_SECONDS = 10;

    /** How many frames that hold nothing may follow one another, and how many pieces of a head that are far from full. */
    static final int MAX_EMPTY_FRAMES = 10;

    static final int MAX_SMALL_CONTINUATIONS = 16;

    /** One for all streams, which need none: their frames have been read by the connection. */
    private static final FixedRecvByteBufAllocator RECEIVE = new FixedRecvByteBufAllocator(1024);

    /** How long it waits, when it drains and has no stream, for requests that were sent before the peer knew. */
    private static final long LAST_CHANCE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Set<Channel> streams = new HashSet<>();
    private final ChannelFutureListener leaving = closed -> left(closed.channel());

    private ChannelHandlerContext context;
    private boolean timing;
    private int opened;

    /** How long it may be without a stream: short once the server stops. */
    private long idleLimitNanos;

    private long idleSinceNanos = System.nanoTime();
    private long windowNanos;
    private int questions;

    @SuppressWarnings("NullAway.Init") // the pipeline sets the context before anything is called
    private MultiplexedConnection(Limits limits) {
        this.idleLimitNanos = limits.idleTime().toNanos();
    }

    /** Makes a channel, whose first bytes are still to come, a connection of HTTP/2. */
    static void begin(Channel channel, Site site, boolean secure) {
        var connection = new MultiplexedConnection(site.limits());
        var protocol = new Protocol(true, secure);
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addLast("reads", OneReadATurn.HANDLER);
        pipeline.addLast("turns", new Turns(() -> connection.opened));
        // Each stream is flushed by itself; together they are one write to the socket.
        pipeline.addLast("flushes", new FlushConsolidationHandler(MAX_STREAMS, true));
        pipeline.addLast("codec", new CodecBuilder(site.limits()).build());
        pipeline.addLast("known", KnownFrames.HANDLER);
        pipeline.addLast("streams", new Http2MultiplexHandler(new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel stream) {
                stream.config().setAutoRead(false);
                stream.config().setOption(ChannelOption.RECVBUF_ALLOCATOR, RECEIVE);
                stream.config().setOption(ChannelOption.WRITE_BUFFER_WATER_MARK, Listener.WATER_MARKS);
                connection.joined(stream);
                HttpPipeline.beginStream(stream, site, protocol);
            }
        }));
        pipeline.addLast("connection", connection);
        channel.config().setAutoRead(true);
    }

    /**
     * Drops frames of unknown types, which mean nothing (RFC 9113 section 5.5). No window counts them, and a stream would keep them all while
     * it is not read, which is until its answer is taken.
     */
    @ChannelHandler.Sharable
    private static final class KnownFrames extends ChannelInboundHandlerAdapter {

        static final KnownFrames HANDLER = new KnownFrames();

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof Http2UnknownFrame unknown) {
                unknown.release();
            } else {
                ctx.fireChannelRead(message);
            }
        }
    }

    /** The codec, with a flow control of ours. */
    private static final class CodecBuilder
            extends AbstractHttp2ConnectionHandlerBuilder<Http2FrameCodec, CodecBuilder> {

        CodecBuilder(Limits limits) {
            var connection = new DefaultHttp2Connection(true);
            connection
                    .remote()
                    .flowController(new DefaultHttp2RemoteFlowController(connection, new WindowShares(connection)));
            connection(connection);
            initialSettings(Http2Settings.defaultSettings()
                    .maxConcurrentStreams(MAX_STREAMS)
                    .maxHeaderListSize(limits.headers() + limits.requestLine()));
            validateHeaders(true);
            decoupleCloseAndGoAway(true);
            decoderEnforceMaxRstFramesPerWindow(MAX_RESETS, WINDOW_SECONDS);
            encoderEnforceMaxRstFramesPerWindow(MAX_RESETS, WINDOW_SECONDS);
            decoderEnforceMaxConsecutiveEmptyDataFrames(MAX_EMPTY_FRAMES);
            decoderEnforceMaxSmallContinuationFrames(MAX_SMALL_CONTINUATIONS);
            encoderEnforceMaxQueuedControlFrames(MAX_RESETS + MAX_QUESTIONS);
        }

        @Override
        protected Http2FrameCodec build() {
            return super.build();
        }

        @Override
        protected Http2FrameCodec build(
                Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
            return new Codec(decoder, encoder, settings);
        }
    }

    private static final class Codec extends Http2FrameCodec {
        Codec(Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
            super(encoder, decoder, settings, true, true);
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        windowNanos = ctx.executor().ticker().nanoTime();
        time(idleLimitNanos);
    }

    // ---- its streams

    private void joined(Channel stream) {
        opened++;
        streams.add(stream);
        stream.closeFuture().addListener(leaving);
    }

    private void left(Channel stream) {
        streams.remove(stream);
        if (streams.isEmpty()) {
            idleSinceNanos = System.nanoTime();
            if (!timing
                    || idleLimitNanos
                            <= LAST_CHANCE_NANOS) { // a timer from before the server stopped goes off far too late
                time(idleLimitNanos);
            }
        }
    }

    private void time(long nanos) {
        if (context.channel().isActive()) {
            timing = true;
            context.executor().schedule(this::look, nanos, TimeUnit.NANOSECONDS);
        }
    }

    private void look() {
        timing = false;
        if (streams.isEmpty() && context.channel().isActive()) {
            long left = idleSinceNanos + idleLimitNanos - System.nanoTime();
            if (left > 0) {
                time(left);
            } else {
                end(Http2Error.NO_ERROR);
            }
        }
    }

    // ---- what the peer does

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
        if (message instanceof Http2SettingsFrame || message instanceof Http2PingFrame) {
            long now = ctx.executor().ticker().nanoTime();
            if (now - windowNanos > TimeUnit.SECONDS.toNanos(WINDOW_SECONDS)) {
                windowNanos = now;
                questions = 0;
            }
            if (++questions == MAX_QUESTIONS) {
                LOG.info("a connection asks too often and is closed");
                end(Http2Error.ENHANCE_YOUR_CALM);
            }
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE) {
            ctx.close();
        } else if (event instanceof Listener.Stopping) {
            idleLimitNanos = event == Listener.Stopping.NOW ? 0 : LAST_CHANCE_NANOS;
            List.copyOf(streams).forEach(stream -> stream.pipeline().fireUserEventTriggered(event));
            if (streams.isEmpty()) {
                time(idleLimitNanos);
            }
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!PeerFaults.isPeersFault(cause)) {
            LOG.error("a connection failed and is closed", cause);
        }
        if (cause instanceof Http2Exception) {
            Farewell.closeSoon(ctx); // the codec says why, and closes
        } else {
            ctx.close();
        }
    }

    /** Ends the connection, and says why. */
    private void end(Http2Error why) {
        context.writeAndFlush(new DefaultHttp2GoAwayFrame(why)).addListener(ChannelFutureListener.CLOSE);
        Farewell.closeSoon(context); // a peer that does not read what it is told last would never let it go
    }
}
