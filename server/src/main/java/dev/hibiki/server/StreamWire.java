// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.util.LeakPresenceDetector;

/**
 * How the bytes of an open stream are written to its channel: all that is left of the difference between the versions of
 * HTTP once the head is out. None of them copies the bytes that streams share.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a write fails only with the connection, whose end is told anyway
enum StreamWire {

    /** HTTP/1.0: as they are, until the connection ends. */
    BARE {
        @Override
        void write(ChannelHandlerContext ctx, ByteBuf frames) {
            ctx.write(frames.retainedDuplicate(), ctx.voidPromise());
        }

        @Override
        Object end() {
            return Unpooled.EMPTY_BUFFER;
        }
    },

    /**
     * HTTP/1.1: one chunk for each buffer, framed once for all streams of a turn. What is large is framed around instead, without a copy, because
     * streams of other turns share it too.
     */
    CHUNKED {
        @Override
        void write(ChannelHandlerContext ctx, ByteBuf frames) {
            if (frames.readableBytes() <= LARGE) {
                ctx.write(ChunkMemo.chunk(ctx, frames), ctx.voidPromise());
            } else {
                ctx.write(ChunkMemo.begin(ctx, frames.readableBytes()), ctx.voidPromise());
                ctx.write(frames.retainedDuplicate(), ctx.voidPromise());
                ctx.write(CRLF.duplicate(), ctx.voidPromise());
            }
        }

        @Override
        Object end() {
            return LAST_CHUNK.duplicate();
        }
    },

    /**
     * HTTP/2: the channel is a stream of its connection, and takes frames. A large buffer goes as several frames, because
     * the channel reports only whole ones as taken by the peer, and a peer that takes little by little must not look like
     * one that takes nothing.
     */
    FRAMED {
        @Override
        void write(ChannelHandlerContext ctx, ByteBuf frames) {
            int end = frames.writerIndex();
            for (int at = frames.readerIndex(); at < end; at += FRAME) {
                ByteBuf part = frames.retainedSlice(at, Math.min(FRAME, end - at));
                ctx.write(new DefaultHttp2DataFrame(part), ctx.voidPromise());
            }
        }

        @Override
        Object end() {
            return new DefaultHttp2DataFrame(true);
        }

        @Override
        long unsentBytes(Channel channel) {
            long high = channel.config().getWriteBufferHighWaterMark();
            long low = channel.config().getWriteBufferLowWaterMark();
            return channel.isWritable()
                    ? Math.max(0, high + 1 - channel.bytesBeforeUnwritable())
                    : low - 1 + channel.bytesBeforeWritable();
        }
    };

    private static final int FRAME = 16 * 1024;

    /** More bytes than a hub puts together out of several events. */
    private static final int LARGE = 64 * 1024;

    private static final ByteBuf CRLF = constant("\r\n");
    private static final ByteBuf LAST_CHUNK = constant("0\r\n\r\n");

    /** Of no event loop and never released, which a test that counts buffers is told. */
    private static ByteBuf constant(String text) {
        return LeakPresenceDetector.staticInitializer(
                () -> Unpooled.unreleasableBuffer(Unpooled.directBuffer(text.length())
                        .writeBytes(text.getBytes(US_ASCII))
                        .asReadOnly()));
    }

    /** The way to write the stream that answers a request. */
    static StreamWire of(RequestHead head) {
        return head.protocol().http2() ? FRAMED : head.http10() ? BARE : CHUNKED;
    }

    /** Writes whole frames of events, which are lent for this call. */
    abstract void write(ChannelHandlerContext ctx, ByteBuf frames);

    /** What to write last. */
    abstract Object end();

    /** The bytes that were written and not yet taken by the peer's side. */
    long unsentBytes(Channel channel) {
        ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
        if (waiting == null || waiting.isEmpty()) {
            return 0;
        }
        // Not its own count, in which a buffer that the socket has taken in part still counts whole.
        var sum = new long[1];
        try {
            waiting.forEachFlushedMessage(message -> {
                sum[0] += message instanceof ByteBuf bytes ? bytes.readableBytes() : 0;
                return true;
            });
        } catch (Exception impossible) {
            throw new IllegalStateException(impossible);
        }
        return sum[0];
    }
}
