// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.FastThreadLocal;
import org.jspecify.annotations.Nullable;

/**
 * Chunks (RFC 9112 section 7.1) of the buffers that one turn of an event loop writes to many streams: each is framed once and shared.
 *
 * <p>A buffer is recognised by identity, which is safe only because it is held while it is remembered: a pooled buffer that
 * was released could come back with other bytes. So that no memory is held for long, a task releases everything after the
 * turn. A few places suffice, because the hub writes buffer by buffer.
 *
 * <p>One for each loop's thread. Worst case: {@value #PLACES} buffers and their copies, for one turn.
 */
final class ChunkMemo {

    private static final int PLACES = 8;
    private static final byte[] CRLF = "\r\n".getBytes(US_ASCII);

    private static final FastThreadLocal<ChunkMemo> OF_THREAD = new FastThreadLocal<>() {
        @Override
        protected ChunkMemo initialValue() {
            return new ChunkMemo();
        }
    };

    private final @Nullable ByteBuf[] frames = new @Nullable ByteBuf[PLACES];
    private final @Nullable ByteBuf[] chunks = new @Nullable ByteBuf[PLACES];
    private int next;
    private boolean cleaningIsDue;

    private ChunkMemo() {}

    /** A chunk of the frames, the caller's to release. */
    static ByteBuf chunk(ChannelHandlerContext ctx, ByteBuf frames) {
        return OF_THREAD.get().find(ctx, frames);
    }

    @SuppressWarnings("ReferenceEquality") // comparing the bytes would cost more than it saves
    private ByteBuf find(ChannelHandlerContext ctx, ByteBuf wanted) {
        for (int i = 0; i < PLACES; i++) {
            ByteBuf chunk = chunks[i];
            if (frames[i] == wanted && chunk != null) {
                return chunk.retainedDuplicate();
            }
        }
        ByteBuf chunk = frame(ctx, wanted);
        letGo(next);
        frames[next] = wanted.retain();
        chunks[next] = chunk;
        next = (next + 1) % PLACES;
        if (!cleaningIsDue) {
            cleaningIsDue = true;
            ctx.executor().execute(this::clean);
        }
        return chunk.retainedDuplicate();
    }

    /** What stands before the bytes of a chunk, the caller's to release. */
    static ByteBuf begin(ChannelHandlerContext ctx, int bytes) {
        return begin(ctx, bytes, 0);
    }

    private static ByteBuf begin(ChannelHandlerContext ctx, int bytes, int room) {
        byte[] size = Integer.toHexString(bytes).getBytes(US_ASCII);
        return ctx.alloc()
                .directBuffer(size.length + CRLF.length + room)
                .writeBytes(size)
                .writeBytes(CRLF);
    }

    private static ByteBuf frame(ChannelHandlerContext ctx, ByteBuf frames) {
        int length = frames.readableBytes();
        return begin(ctx, length, length + CRLF.length)
                .writeBytes(frames, frames.readerIndex(), frames.readableBytes())
                .writeBytes(CRLF);
    }

    private void clean() {
        cleaningIsDue = false;
        for (int i = 0; i < PLACES; i++) {
            letGo(i);
        }
    }

    private void letGo(int place) {
        ByteBuf frame = frames[place];
        ByteBuf chunk = chunks[place];
        frames[place] = null;
        chunks[place] = null;
        if (frame != null && chunk != null) {
            frame.release();
            chunk.release();
        }
    }
}
