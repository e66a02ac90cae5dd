// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How much of an answer's body is asked for: what is asked for and not taken is what a slow reader costs. */
class BodyTest {

    private final AtomicLong requested = new AtomicLong();
    private final BlockingQueue<String> taken = new LinkedBlockingQueue<>();
    private final Body body = new Body();

    private static ByteBuffer piece(String text) {
        return ByteBuffer.wrap(text.getBytes(US_ASCII));
    }

    private void begin() {
        body.onSubscribe(new Flow.Subscription() {
            @Override
            public void request(long n) {
                requested.addAndGet(n);
            }

            @Override
            public void cancel() {}
        });
    }

    /** Takes pieces on a thread of its own. */
    private Thread take(int count) {
        var reader = new Thread(() -> {
            try {
                for (int i = 0; i < count; i++) {
                    ByteBuffer next = body.next(Duration.ZERO);
                    taken.add(next == null ? "end" : US_ASCII.decode(next).toString());
                }
            } catch (IOException | InterruptedException unexpected) {
                taken.add(unexpected.toString());
            }
        });
        reader.setDaemon(true);
        reader.start();
        return reader;
    }

    /** Waits until the reader waits for a piece, and has asked for so many in all. */
    private void assertThatItWaits(Thread reader, int pieces) {
        await().until(() -> reader.getState() == Thread.State.WAITING);
        assertThat(requested).hasValue(pieces);
    }

    /** As a thread may wake for no reason. */
    private void wake(Thread reader, int pieces) {
        synchronized (body) {
            body.notifyAll();
        }
        assertThatItWaits(reader, pieces);
    }

    @Test
    void nothingIsAskedForUntilAPieceIsWanted_andThenOneAtATime() throws Exception {
        begin();
        assertThat(requested).hasValue(0);
        Thread reader = take(2);
        for (int piece = 1; piece <= 2; piece++) {
            assertThatItWaits(reader, piece);
            wake(reader, piece);
            body.onNext(List.of(piece("piece " + piece)));
            assertThat(taken.poll(60, TimeUnit.SECONDS)).isEqualTo("piece " + piece);
        }
        reader.join();
        assertThat(requested).as("nobody wants a third").hasValue(2);
    }

    @Test
    void whatHasComeIsTakenBeforeMoreIsAskedFor() throws Exception {
        begin();
        Thread reader = take(3);
        assertThatItWaits(reader, 1);
        body.onNext(List.of(piece("a"), piece("b"), piece("c")));
        reader.join();
        assertThat(taken).containsExactly("a", "b", "c");
        assertThat(requested).hasValue(1);
        Thread last = take(1);
        assertThatItWaits(last, 2);
        body.onComplete();
        last.join();
        assertThat(taken).endsWith("end");
        assertThat(requested).hasValue(2);
    }

    @Test
    void whoWaitsBeforeThereIsABodyAsksOnceWhenThereIs() throws Exception {
        Thread reader = take(1);
        assertThatItWaits(reader, 0);
        begin();
        assertThatItWaits(reader, 1);
        wake(reader, 1);
        body.onNext(List.of(piece("a")));
        reader.join();
        assertThat(requested).hasValue(1);
    }
}
