// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.log.EventId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PublishLinesTest {

    private final List<String> published = new ArrayList<>();
    private final List<Long> numbers = new ArrayList<>();
    private final List<CompletableFuture<EventId>> answers = new ArrayList<>();
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final EmbeddedChannel channel = new EmbeddedChannel();

    PublishLinesTest() {
        var router = new Router();
        router.add("POST", "/p", new Endpoint() {
            @Override
            public void serve(Exchange exchange) {}

            @Override
            public @Nullable BodyReader reader(Exchange exchange) {
                return new PublishLines(exchange, 20, (line, number) -> {
                    String text = new String(line, UTF_8);
                    if (text.startsWith("bad")) {
                        throw new IllegalArgumentException("channel: bad (expected: good)");
                    }
                    published.add(text);
                    numbers.add(number);
                    answers.add(new CompletableFuture<>());
                    return answers.get(answers.size() - 1);
                });
            }
        });
        var site = new Site(router, TestSite.GATE, TestSite.CORS, Limits.DEFAULT, TestSite.EDGE, stopping);
        channel.config().setAutoRead(false);
        HttpPipeline.begin(channel, site);
        send("POST /p HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    }

    private void send(String text) {
        channel.writeInbound(Unpooled.copiedBuffer(text, UTF_8));
    }

    private void chunk(String text) {
        send(Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
    }

    private String sent() {
        channel.runPendingTasks();
        var all = new StringBuilder();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.append(part.toString(UTF_8));
            part.release();
        }
        return all.toString();
    }

    private static String answer(long n) {
        return "{\"success\":true,\"id\":\"1-" + n + "-0\"}\n";
    }

    private void complete(int n) {
        answers.get(n).complete(new EventId(1, n, 0));
    }

    @Test
    void linesAreAnsweredInOrder_whileTheRequestGoesOn() {
        chunk("one\ntw");
        assertThat(published).containsExactly("one");
        assertThat(sent())
                .startsWith("HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n")
                .endsWith("\r\n\r\n");
        chunk("o\n\n \r\nthree\n");
        assertThat(published).containsExactly("one", "two", "three");
        complete(1);
        assertThat(sent()).isEmpty();
        complete(0);
        assertThat(sent()).isEqualTo("3c\r\n" + answer(0) + answer(1) + "\r\n");
        send("0\r\n\r\n");
        assertThat(sent()).isEmpty();
        complete(2);
        assertThat(sent()).isEqualTo("1e\r\n" + answer(2) + "\r\n0\r\n\r\n");
        send("POST /nope HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
        assertThat(sent()).startsWith("HTTP/1.1 404 Not Found\r\n");
    }

    @Test
    void aBadLineIsAnsweredAsSuch_andTheRestGoesOn() {
        String bad =
                "{\"success\":false,\"error\":\"Bad request\",\"status\":400,\"detail\":\"channel: bad (expected: good)\"}\n";
        String tooLong = "{\"success\":false,\"error\":\"Content too large\",\"status\":413,"
                + "\"detail\":\"line: is too long (expected: at most 20 bytes)\"}\n";
        chunk("bad\n\n" + "x".repeat(15));
        chunk("y".repeat(15) + "\n \nlast");
        send("0\r\n\r\n");
        assertThat(published).containsExactly("last");
        assertThat(numbers).as("refused lines count, blank ones do not").containsExactly(2L);
        complete(0);
        assertThat(sent()).contains("\r\n" + bad).contains(tooLong).endsWith(answer(0) + "\r\n0\r\n\r\n");
    }

    @Test
    void noMoreIsReadWhileManyAreUnanswered() {
        String lines = "x\n".repeat(256);
        chunk(lines);
        chunk("later\n");
        assertThat(published).hasSize(256);
        for (int i = 0; i < 255; i++) {
            complete(i);
        }
        sent();
        assertThat(published).hasSize(257).endsWith("later");
        channel.finishAndReleaseAll();
    }

    private static final String STOPPING = "{\"success\":false,\"error\":\"Service unavailable\",\"status\":503,"
            + "\"detail\":\"the server is stopping\"}\n";

    private void drain() {
        stopping.set(true);
        channel.pipeline().fireUserEventTriggered(Listener.Stopping.DRAINING);
    }

    @Test
    void drainingAnswersWhatWasPublished_thenSaysThatNoMoreIs_andEnds() {
        chunk("one\ntwo\nhalf a li");
        complete(0);
        assertThat(sent()).endsWith("1e\r\n" + answer(0) + "\r\n");
        drain();
        chunk("ne\nthree\n");
        assertThat(sent()).isEmpty();
        complete(1);
        String last = answer(1) + STOPPING;
        assertThat(sent()).isEqualTo(Integer.toHexString(last.length()) + "\r\n" + last + "\r\n0\r\n\r\n");
        assertThat(published).containsExactly("one", "two");
        channel.finishAndReleaseAll();
    }

    @Test
    void drainingAfterTheRequestHasEndedAnswersAllOfIt() {
        chunk("one\n");
        send("0\r\n\r\n");
        drain();
        complete(0);
        assertThat(sent()).endsWith(answer(0) + "\r\n0\r\n\r\n").doesNotContain("503");
        channel.finishAndReleaseAll();
    }

    @Test
    void aClientThatGoesIsForgotten() {
        chunk("one\n");
        channel.finishAndReleaseAll();
        complete(0);
        channel.runPendingTasks();
        channel.releaseOutbound();
    }
}
