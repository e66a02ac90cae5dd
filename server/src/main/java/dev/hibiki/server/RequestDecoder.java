// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/**
 * Netty's decoder, with every leniency off that has been used to smuggle a request past a proxy: two lengths, a length beside chunks, bare
 * line feeds, folded headers.
 *
 * <p>Folded headers it would unfold, so heads are looked through for a line that begins with white space before it sees them. That is one
 * pass over the bytes that have come and are not decoded yet, which a head's limit bounds.
 */
final class RequestDecoder extends HttpRequestDecoder {

    private boolean inHead = true;
    private boolean lineBegun;
    private boolean broken;

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
            if (decoded instanceof HttpMessage) {
                inHead = false;
            }
            if (decoded instanceof LastHttpContent) {
                inHead = true;
                lineBegun = false;
            }
        }
    }

    /** Whether a line of the head, after its first, begins with white space. */
    private boolean isFolded(ByteBuf in) {
        int lineStart = in.readerIndex();
        boolean first = !lineBegun;
        while (lineStart < in.writerIndex()) {
            byte b = in.getByte(lineStart);
            if (!first && (b == ' ' || b == '\t')) {
                return true;
            }
            if (!first && b == '\r') {
                return false; // the head's end
            }
            int lineFeed = in.indexOf(lineStart, in.writerIndex(), (byte) '\n');
            if (lineFeed < 0) {
                return false;
            }
            first = first && (b == '\r' || b == '\n'); // empty lines before a request are passed over
            lineStart = lineFeed + 1;
        }
        return false;
    }
}
