// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whatever bytes come over a connection, what goes back is a row of well-formed answers that does not depend on where the bytes were cut,
 * a refusal is the last of them, nothing fails and no buffer is left.
 *
 * <p>Run as a test it replays the inputs beside it, and with {@code JAZZER_FUZZ=1} it looks for new ones for a minute.
 */
class HttpFuzz {

    private static final Pattern HEAD =
            Pattern.compile("HTTP/1\\.1 (\\d{3}) [A-Za-z -]+\r\n((?:[A-Za-z-]+: [^\r\n]*\r\n)*)\r\n");
    private static final Pattern LENGTH = Pattern.compile("content-length: (\\d+)\r\n");

    /** Takes each part of a body and answers when it is complete. */
    private record Collecting(Exchange exchange) implements Endpoint.BodyReader {

        @Override
        public void part(ByteBuf bytes) {
            exchange.readBody();
        }

        @Override
        public void end() {
            exchange.answer(Response.text("read"));
        }

        @Override
        public void drain() {}

        @Override
        public void writable() {}

        @Override
        public void gone() {}
    }

    private static final Site SITE = site();

    private static Site site() {
        var router = new Router();
        router.add("GET", "/", exchange -> exchange.answer(Response.text("hello")));
        router.add(
                "POST",
                "/",
                exchange -> exchange.answer(new Response(200, "application/octet-stream", Map.of(), exchange.body())));
        router.add("POST", "/r", new Endpoint() {
            @Override
            public void serve(Exchange exchange) {}

            @Override
            public @Nullable BodyReader reader(Exchange exchange) {
                return new Collecting(exchange);
            }
        });
        return new Site(router, TestSite.GATE, TestSite.CORS, TestSite.LIMITS, TestSite.EDGE, new AtomicBoolean());
    }

    @FuzzTest(maxDuration = "60s")
    void answersAreWellFormed_whereverTheBytesAreCut(byte[] bytes) {
        List<Integer> whole = statuses(bytes, bytes.length + 1);
        assertThat(statuses(bytes, 1)).isEqualTo(whole);
        assertThat(statuses(bytes, 1 + (bytes.length == 0 ? 0 : (bytes[0] & 15))))
                .isEqualTo(whole);
    }

    private static List<Integer> statuses(byte[] bytes, int pieces) {
        var channel = new EmbeddedChannel();
        channel.config().setAutoRead(false);
        HttpPipeline.begin(channel, SITE);
        for (int at = 0; at < bytes.length && channel.isOpen(); at += pieces) {
            channel.writeInbound(Unpooled.copiedBuffer(bytes, at, Math.min(pieces, bytes.length - at)));
            channel.runPendingTasks();
        }
        channel.runPendingTasks();
        var sent = new StringBuilder();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            sent.append(part.toString(ISO_8859_1));
            part.release();
        }
        boolean open = channel.isOpen();
        channel.close().syncUninterruptibly();
        channel.checkException();
        assertThat(channel.finishAndReleaseAll()).isFalse();
        return statuses(sent.toString(), open);
    }

    private static List<Integer> statuses(String sent, boolean open) {
        var statuses = new ArrayList<Integer>();
        Matcher head = HEAD.matcher(sent);
        boolean last = false;
        int at = 0;
        while (at < sent.length()) {
            assertThat(last).as("answers after the last: %s", sent).isFalse();
            assertThat(head.region(at, sent.length()).lookingAt()).as(sent).isTrue();
            int status = Integer.parseInt(head.group(1));
            Matcher length = LENGTH.matcher(head.group(2));
            boolean headed = length.find();
            assertThat(headed || status == 204 || status == 100).as(sent).isTrue();
            at = head.end();
            // An answer to HEAD has a length and no body: then what follows is another answer, or nothing.
            boolean bodiless = at == sent.length() || sent.startsWith("HTTP/1.1 ", at);
            at += headed && !bodiless ? Integer.parseInt(length.group(1)) : 0;
            assertThat(at).as(sent).isLessThanOrEqualTo(sent.length());
            last = head.group(2).contains("connection: close\r\n");
            assertThat(status).as(sent).isNotEqualTo(500);
            // A head with several mistakes is refused for what is seen first, and as soon as that is seen, even if the
            // head has no end. Both
            // depend on the cut, so a refusal that ends the connection is not compared.
            if (!last || status < 400) {
                statuses.add(status);
            }
        }
        assertThat(open).as("open after the last answer").isEqualTo(!last);
        return statuses;
    }
}
