// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
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
 * line feeds, folded headers.
 *
 * <p>Folded headers it would unfold, so heads are looked through for a line that begins with white space before it sees them. That is one
 * pass over the bytes that have come and are not decoded yet, which a head's limit bounds. On the way it notes the origin that a head names,
 * so that the page that sent what cannot be read is told so.
 */
final class RequestDecoder extends HttpRequestDecoder {

    private static final String ORIGIN = "origin:";

    private boolean inHead = true;
    private boolean lineBegun;
    private boolean broken;
    private @Nullable String origin;

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
    }

    @Override
    protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
        throw new IllegalArgumentException(
                HttpHeaderNames.CONTENT_LENGTH + " beside " + HttpHeaderNames.TRANSFER_ENCODING);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
        if (broken) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (inHead && isFolded(in)) {
            broken = true;
            HttpMessage refused = createInvalidMessage();
            setOrigin(refused);
            refused.setDecoderResult(DecoderResult.failure(new IllegalArgumentException("a folded header")));
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
            }
        }
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

    /** Whether a line of the head, after its first, begins with white space. */
    private boolean isFolded(ByteBuf in) {
        int lineStart = in.readerIndex();
        boolean first = !lineBegun;
        boolean folded = false;
        while (lineStart < in.writerIndex()) {
            byte b = in.getByte(lineStart);
            folded = folded || (!first && (b == ' ' || b == '\t'));
            int lineFeed = in.indexOf(lineStart, in.writerIndex(), (byte) '\n');
            if (lineFeed < 0 || (!first && b == '\r')) {
                return folded; // the rest is still to come, or the head has ended
            }
            if (!first && (b == 'O' || b == 'o')) {
                noteOrigin(in, lineStart, lineFeed);
            }
            first = first && (b == '\r' || b == '\n'); // empty lines before a request are passed over
            lineStart = lineFeed + 1;
        }
        return folded;
    }
}
