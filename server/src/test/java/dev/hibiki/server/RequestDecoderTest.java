// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is decoded, and what stays bytes until it is wanted. */
class RequestDecoderTest {

    private final RequestDecoder decoder = new RequestDecoder(TestSite.LIMITS);
    private final EmbeddedChannel channel = new EmbeddedChannel(decoder);

    @AfterEach
    void close() {
        channel.checkException();
        channel.finishAndReleaseAll();
    }

    private void come(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, US_ASCII));
    }

    /** The targets of the requests that were decoded, each with a full stop once it is complete. */
    private String decoded() {
        var all = new StringBuilder();
        for (Object message = channel.readInbound(); message != null; message = channel.readInbound()) {
            if (message instanceof HttpRequest request) {
                all.append(request.uri());
            }
            if (message instanceof LastHttpContent) {
                all.append('.');
            }
            ReferenceCountUtil.release(message);
        }
        return all.toString();
    }

    @Test
    void oneRequestIsDecodedAtATime_howeverManyHaveCome() {
        come("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nPOST /c HTTP/1.1\r\nContent-Length: 2\r\n\r\nabGET /d");
        come(" HTTP/1.1\r\n\r\n");
        List<String> requests = new ArrayList<>();
        requests.add(decoded());
        for (int i = 0; i < 4; i++) {
            assertThat(decoder.next()).isFalse();
            requests.add(decoded());
        }
        assertThat(requests).containsExactly("/a.", "/b.", "/c.", "/d.", "");
    }

    @Test
    void itTellsWhetherAHeadHasBegun() {
        come("GET /a HTTP/1.1\r\n\r\nGE");
        assertThat(decoded()).isEqualTo("/a.");
        assertThat(decoder.next()).isTrue();
        come("T /b HTTP/1.1\r\n\r\nPOST /c HTTP/1.1\r\nContent-Length: 2\r\n\r\na");
        assertThat(decoded()).isEqualTo("/b.");
        assertThat(decoder.next()).isFalse();
        assertThat(decoded()).isEqualTo("/c");
        come("b");
        assertThat(decoded()).isEqualTo(".");
        assertThat(decoder.next()).isFalse();
    }
}
