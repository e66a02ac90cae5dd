// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.hibiki.log.EventId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Publishes that come as lines of one request, each answered by one line, in order, while more are coming.
 *
 * <p>A line that is refused is answered as such and does not end the rest. No more is read while many lines are unanswered or the
 * client does not take its answers, so what waits here is bounded: by {@value #MAX_UNANSWERED} answers, by one part of the body beyond
 * them, and by one line. A publisher that is too fast is read more slowly. Between lines the request may pause for as long as it likes:
 * it may be the output of some program.
 *
 * <p>On the connection's loop; answers come from the log's thread and hop.
 */
final class PublishLines implements Endpoint.BodyReader {

    static final String TYPE = "application/x-ndjson";

    private static final int MAX_UNANSWERED = 256;

    /** Publishes the event of a line, number {@code number} of the request, from 0; may throw what the hub throws. */
    interface LinePublisher {
        CompletableFuture<EventId> publish(byte[] line, long number);

        /** How long to wait before more is read, in nanoseconds; 0 or less if not at all. */
        default long pauseNanos() {
            return 0;
        }
    }

    private final Exchange exchange;
    private final int maxLine;
    private final LinePublisher publisher;
    private final ArrayDeque<CompletableFuture<byte[]>> unanswered = new ArrayDeque<>();
    private final AtomicBoolean answeringIsDue = new AtomicBoolean();

    private ByteArrayOutputStream line = new ByteArrayOutputStream(256);
    private final Bodies.Part held;
    private @Nullable HttpProblem refusal;
    private boolean waiting;
    private long number;
    private boolean begun;
    private boolean ended;
    private boolean paused;
    private boolean done;
    private long answeredBytes;

    PublishLines(Exchange exchange, int maxLine, LinePublisher publisher) {
        this.exchange = exchange;
        this.maxLine = maxLine;
        this.publisher = publisher;
        this.held = exchange.connection().site().edge().bodies().part();
    }

    @Override
    public void part(ByteBuf bytes) {
        if (ended) {
            return;
        }
        begin();
        while (bytes.isReadable()) {
            int length = bytes.bytesBefore((byte) '\n');
            append(bytes, length < 0 ? bytes.readableBytes() : length);
            if (length >= 0) {
                bytes.skipBytes(1);
                lineEnded();
            }
        }
        paused = true;
        goOn();
    }

    @Override
    public void end() {
        if (ended) {
            return;
        }
        begin();
        ended = true;
        lineEnded();
        answerReady();
    }

    /** What was published is answered, and then one line says that nothing after that was. */
    @Override
    public void drain() {
        if (ended) {
            return;
        }
        begin();
        ended = true;
        held.giveBack();
        unanswered.add(CompletableFuture.completedFuture(failed(Problems.stopping())));
        answerReady();
    }

    @Override
    public void writable() {
        goOn();
    }

    @Override
    public void gone() {
        done = true;
        held.giveBack();
        unanswered.clear();
    }

    private void begin() {
        if (!begun) {
            begun = true;
            exchange.connection().answers().begin(exchange, TYPE);
        }
    }

    private void append(ByteBuf bytes, int length) {
        if (refusal == null && line.size() + length > maxLine) {
            exchange.refused(Refusals.Limit.BODY);
            refusal = new HttpProblem(
                    413, "Content too large", "line: is too long (expected: at most " + maxLine + " bytes)");
        } else if (refusal == null && !held.take(length)) {
            refusal = Bodies.full();
        }
        if (refusal != null) {
            bytes.skipBytes(length);
            return;
        }
        byte[] part = new byte[length];
        bytes.readBytes(part);
        line.writeBytes(part);
    }

    private void lineEnded() {
        byte[] whole = line.toByteArray();
        HttpProblem refused = refusal;
        line = new ByteArrayOutputStream(256);
        held.giveBack();
        refusal = null;
        if (refused == null && isBlank(whole)) {
            return;
        }
        long ofLine = number++;
        if (refused != null) {
            unanswered.add(CompletableFuture.completedFuture(failed(refused)));
        } else {
            unanswered.add(publish(whole, ofLine));
        }
        answeringDue();
    }

    private static boolean isBlank(byte[] text) {
        for (byte b : text) {
            if (b != ' ' && b != '\t' && b != '\r') {
                return false;
            }
        }
        return true;
    }

    private CompletableFuture<byte[]> publish(byte[] whole, long ofLine) {
        CompletableFuture<byte[]> answer;
        try {
            answer = publisher
                    .publish(whole, ofLine)
                    .handle((id, failure) -> failure == null
                            ? Json.write(Json.success("id", id.toString()))
                            : failed(Problems.ofHub(failure, exchange.toString())));
        } catch (RuntimeException refused) {
            return CompletableFuture.completedFuture(failed(Problems.ofHub(refused, exchange.toString())));
        }
        var unused = answer.thenRun(this::answeringDue);
        return answer;
    }

    private static byte[] failed(HttpProblem problem) {
        Map<String, Object> fields = Json.success("error", problem.title());
        fields.put("success", false);
        fields.put("status", problem.status());
        fields.put("detail", problem.detail());
        return Json.write(fields);
    }

    /** Answers what is ready, in one task for all that becomes ready meanwhile. Any thread. */
    private void answeringDue() {
        if (answeringIsDue.compareAndSet(false, true)) {
            exchange.channel().eventLoop().execute(() -> {
                answeringIsDue.set(false);
                answerReady();
            });
        }
    }

    private void answerReady() {
        if (done) {
            return;
        }
        var lines = new StringBuilder();
        CompletableFuture<byte[]> first;
        while ((first = unanswered.peek()) != null && first.isDone()) {
            unanswered.remove();
            lines.append(new String(first.join(), UTF_8)).append('\n');
        }
        if (lines.length() > 0) {
            ByteBuf answer = Unpooled.copiedBuffer(lines, UTF_8);
            answeredBytes += answer.readableBytes();
            exchange.connection().answers().more(answer);
        }
        if (ended && unanswered.isEmpty()) {
            done = true;
            exchange.connection().answers().end(exchange, answeredBytes);
        } else {
            goOn();
        }
    }

    private void goOn() {
        if (paused
                && !ended
                && !done
                && unanswered.size() < MAX_UNANSWERED
                && exchange.channel().isWritable()) {
            long pause = publisher.pauseNanos();
            if (pause <= 0) {
                paused = false;
                exchange.readBody();
            } else if (!waiting) {
                waiting = true;
                var unused = exchange.channel().eventLoop().schedule(this::waited, pause, TimeUnit.NANOSECONDS);
            }
        }
    }

    private void waited() {
        waiting = false;
        goOn();
    }
}
