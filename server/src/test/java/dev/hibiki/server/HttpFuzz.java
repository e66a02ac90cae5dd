// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
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

    /** Stands for the status of a refusal that ends the connection. */
    private static final int REFUSED_AND_ENDED = -1;

    /** As no input reaches them, and patient: how long the machine takes is not in the bytes. */
    private static final Site WIDE = site(8192, 16_384);

    /** As inputs reach them. A line that is exactly as long as it may be is refused only where it was cut before its line feed. */
    private static final Site NARROW = site(200, 600);

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

    private static Site site(int requestLine, int headers) {
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
        var limits = new Limits(10, 1000, requestLine, headers, Duration.ofDays(1), Duration.ofDays(1), 2, 2);
        return new Site(router, TestSite.GATE, TestSite.CORS, limits, TestSite.EDGE, new AtomicBoolean());
    }

    @FuzzTest(maxDuration = "60s")
    void answersAreWellFormed_whereverTheBytesAreCut(byte[] bytes) {
        Sent whole = sent(WIDE, bytes, bytes.length + 1);
        int few = 1 + (bytes.length == 0 ? 0 : bytes[0] & 15);
        for (int size : new int[] {1, few}) {
            Sent cut = sent(WIDE, bytes, size);
            assertThat(statuses(cut))
                    .as("in parts of %d bytes: %s%nas a whole: %s", size, cut.text, whole.text)
                    .isEqualTo(statuses(whole));
            statuses(sent(NARROW, bytes, size));
        }
        statuses(sent(NARROW, bytes, bytes.length + 1));
    }

    /** All that went back, and whether the connection was still open then. */
    private record Sent(String text, boolean open) {}

    private static Sent sent(Site site, byte[] bytes, int size) {
        var channel = new EmbeddedChannel();
        channel.config().setAutoRead(false);
        HttpPipeline.begin(channel, site);
        for (int at = 0; at < bytes.length && channel.isOpen(); at += size) {
            channel.writeInbound(Unpooled.copiedBuffer(bytes, at, Math.min(size, bytes.length - at)));
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
        return new Sent(sent.toString(), open);
    }

    private static List<Integer> statuses(Sent answers) {
        String sent = answers.text;
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
            // A head with several mistakes is refused for the one that is seen first, which depends on the cut; that it
            // is
            // refused does not.
            statuses.add(last && status >= 400 ? REFUSED_AND_ENDED : status);
        }
        assertThat(answers.open).as("open after the last answer").isEqualTo(!last);
        return statuses;
    }
}
