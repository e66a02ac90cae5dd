// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Netty's decoder, with every leniency off that has been used to smuggle a request past a proxy: two lengths, a length beside chunks, bare
 * line feeds, folded headers, a request line with more or other white space than two spaces.
 *
 * <p>Folded headers it would unfold, and it takes any white space for a space, so heads are looked through before it sees them. That is one
 * pass over the bytes that have come and are not decoded yet, which a head's limit bounds. On the way it notes the origin that a head names,
 * so that the page that sent what cannot be read is told so.
 *
 * <p>One request at a time: those that a peer pipelines behind it stay bytes until {@link #next}. Decoded they would be twenty times as large,
 * and a peer who sends a thousand in one segment, of which the first is never answered, would have us hold as many.
 */
final class RequestDecoder extends HttpRequestDecoder {

    private static final String ORIGIN = "origin:";
    private static final String VERSION = "HTTP/";

    private final int maxLine;

    private ChannelHandlerContext context;
    private boolean inHead = true;
    private boolean lineBegun;
    private boolean broken;
    private boolean complete;
    private @Nullable String origin;

    /**
     * Keeps back what asks to read while a whole request is in hand, as this decoder and {@link OnDemand} behind it both do: what came would
     * pile up here, a read for each request, and not with the peer.
     */
    private final class Gate extends ChannelOutboundHandlerAdapter {
        @Override
        public void read(ChannelHandlerContext ctx) {
            if (!complete || ctx.channel().config().isAutoRead()) {
                ctx.read();
            }
        }
    }

    @SuppressWarnings("NullAway.Init") // the pipeline sets the context before anything is called
    RequestDecoder(Limits limits) {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(limits.requestLine())
                .setMaxHeaderSize(limits.headers())
                .setMaxChunkSize(8192)
                .setInitialBufferSize(256)
                .setAllowDuplicateContentLengths(false)
                .setStrictLineParsing(true)
                .setUseRfc9112TransferEncoding(true)
                .setValidateHeaders(true));
        maxLine = limits.requestLine();
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new IllegalArgumentException(
                HttpHeaderNames.CONTENT_LENGTH + " beside " + HttpHeaderNames.TRANSFER_ENCODING);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        if (complete) {
            return;
        }
        if (broken) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (inHead && !lineBegun && isFirstLineToCome(in)) {
            return;
        }
        if (inHead && isUnclear(in)) {
            broken = true;
            HttpMessage refused = createInvalidMessage();
            setOrigin(refused);
            refused.setDecoderResult(DecoderResult.failure(new IllegalArgumentException("an unclear head")));
            out.add(refused);
            in.skipBytes(in.readableBytes());
            return;
        }
        int before = out.size();
        int at = in.readerIndex();
        super.decode(ctx, in, out);
        lineBegun = lineBegun || in.readerIndex() > at;
        for (Object decoded : out.subList(before, out.size())) {
            if (decoded instanceof HttpMessage message) {
                inHead = false;
                if (message.decoderResult().isFailure()) {
                    setOrigin(message);
                }
            }
            if (decoded instanceof LastHttpContent) {
                inHead = true;
                lineBegun = false;
                origin = null;
                complete = true;
            }
        }
    }

    /**
     * Goes on with the next request, of which some may have come already.
     *
     * @return whether some of it has come and is no complete head
     */
    boolean next() {
        complete = false;
        if (actualReadableBytes() > 0) {
            try {
                channelRead(context, Unpooled.EMPTY_BUFFER);
            } catch (Exception failure) {
                context.fireExceptionCaught(failure);
            }
        }
        return !complete && inHead && actualReadableBytes() > 0;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (complete && event == ChannelInputShutdownEvent.INSTANCE) {
            ctx.fireUserEventTriggered(event); // without an end to what has come before and waits
        } else {
            super.userEventTriggered(ctx, event);
        }
    }

    /** The handler that stands before this one. */
    ChannelHandler gate() {
        return new Gate();
    }

    /** The origin that the present head names, as far as it has come; null if it has not. */
    @Nullable
    String origin() {
        return origin;
    }

    private void setOrigin(HttpMessage unreadable) {
        if (origin != null) {
            unreadable.headers().set(HttpHeaderNames.ORIGIN, origin);
        }
    }

    /** Notes a line of the head if it names an origin; anything that could not be one is passed over. */
    private void noteOrigin(ByteBuf in, int lineStart, int lineFeed) {
        int length = lineFeed - lineStart;
        if (length > ORIGIN.length() && length < 300) {
            String line = in.toString(lineStart, length, US_ASCII).trim();
            if (line.regionMatches(true, 0, ORIGIN, 0, ORIGIN.length())) {
                String value = line.substring(ORIGIN.length()).trim();
                origin = value.chars().allMatch(c -> c > ' ' && c < 0x7f) ? value : null;
            }
        }
    }

    /** Passes over the empty lines before a request; returns whether its first line has not come as a whole, and may still be short enough. */
    private boolean isFirstLineToCome(ByteBuf in) {
        int at = in.readerIndex();
        while (at + 1 < in.writerIndex() && in.getByte(at) == '\r' && in.getByte(at + 1) == '\n') {
            at += 2;
        }
        in.readerIndex(at);
        return in.readableBytes() <= maxLine && in.indexOf(at, in.writerIndex(), (byte) '\n') < 0;
    }

    /** Whether the first line of the head is no request line, or another begins with white space or a control character. */
    private boolean isUnclear(ByteBuf in) {
        int lineStart = in.readerIndex();
        boolean first = !lineBegun;
        boolean unclear = false;
        while (lineStart < in.writerIndex()) {
            byte b = in.getByte(lineStart);
            int lineFeed = in.indexOf(lineStart, in.writerIndex(), (byte) '\n');
            boolean ends = !first && b == '\r' && (lineFeed < 0 || lineFeed == lineStart + 1);
            unclear = unclear || (!first && !ends && b <= ' ' && b >= 0);
            if (lineFeed < 0 || ends) {
                return unclear; // the rest is still to come, or the head has ended
            }
            if (first) {
                unclear = lineFeed - lineStart <= maxLine && !isRequestLine(in, lineStart, lineFeed);
            } else if (b == 'O' || b == 'o') {
                noteOrigin(in, lineStart, lineFeed);
            }
            first = false;
            lineStart = lineFeed + 1;
        }
        return unclear;
    }

    /** Whether a line has two spaces, no other white space or control character, and a version as it is written (RFC 9112 section 3). */
    private static boolean isRequestLine(ByteBuf in, int lineStart, int lineFeed) {
        int spaces = 0;
        int lastSpace = lineStart;
        for (int i = lineStart; i < lineFeed - 1; i++) {
            byte b = in.getByte(i);
            if (b == ' ') {
                spaces++;
                lastSpace = i;
            } else if ((b >= 0 && b < ' ') || b == 0x7f || (b < 0 && spaces == 0)) {
                return false;
            }
        }
        return spaces == 2
                && lineFeed - lastSpace > VERSION.length()
                && in.toString(lastSpace + 1, VERSION.length(), US_ASCII).equals(VERSION);
    }
}
