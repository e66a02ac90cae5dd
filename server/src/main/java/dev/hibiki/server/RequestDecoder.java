// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;

/**
 * Netty's decoder, with every leniency off that has been used to smuggle a request past a proxy: two lengths, a length beside chunks, bare
 * line feeds, folded headers.
 */
final class RequestDecoder extends HttpRequestDecoder {

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
}
