// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.benchmarks;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Many event streams read by one thread that does as little as it can: it counts what ends an event, and of some streams it reads the
 * time at which the event was published. Every stream's count is kept, because a fast run that lost events is a failed run.
 */
final class StreamReaders implements AutoCloseable {

    /** What stands before the publisher's {@link System#nanoTime} in an event's data, 19 digits. */
    static final String TIME_MARK = "at=";

    private static final byte[] MARK = TIME_MARK.getBytes(ISO_8859_1);

    /** Of every so many streams, one measures latency. */
    private static final int SAMPLED = 20;

    private final Selector selector = Selector.open();
    private final List<Reader> readers = new ArrayList<>();
    private final Thread thread = new Thread(this::run, "stream-readers");
    private final Histogram latencyMicros = new Histogram(3);
    private volatile boolean running = true;
    private volatile boolean measuring;

    private static final class Reader {
        volatile long events;
        int lineFeeds;
        boolean sampled;
    }

    StreamReaders(int port, String path, int streams) throws IOException {
        this(port, path, streams, "");
    }

    /**
     * Streams that come back.
     *
     * @param lastEventId what each says that it has had; empty for streams that are new
     */
    StreamReaders(int port, String path, int streams, String lastEventId) throws IOException {
        byte[] request = ("GET " + path + " HTTP/1.1\r\nHost: localhost:" + port + "\r\nAccept: text/event-stream\r\n"
                        + (lastEventId.isEmpty() ? "" : "Last-Event-ID: " + lastEventId + "\r\n") + "\r\n")
                .getBytes(ISO_8859_1);
        for (int i = 0; i < streams; i++) {
            SocketChannel channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            channel.write(ByteBuffer.wrap(request));
            channel.configureBlocking(false);
            var reader = new Reader();
            reader.sampled = i % SAMPLED == 0;
            readers.add(reader);
            channel.register(selector, SelectionKey.OP_READ, reader);
        }
        thread.start();
    }

    long[] counts() {
        return readers.stream().mapToLong(reader -> reader.events).toArray();
    }

    long total() {
        long total = 0;
        for (Reader reader : readers) {
            total += reader.events;
        }
        return total;
    }

    /** Waits until nothing has come for half a second. */
    void awaitQuiet() throws InterruptedException {
        long last = -1;
        while (last != total()) {
            last = total();
            TimeUnit.MILLISECONDS.sleep(500);
        }
    }

    /** Waits until each stream has had so many events. */
    void awaitEach(long events) throws InterruptedException {
        while (readers.stream().anyMatch(reader -> reader.events < events)) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    void measure(boolean on) {
        measuring = on;
    }

    /** Latency from publish to receipt, of what was measured; take it when nothing is measured any more. */
    Histogram latencyMicros() {
        return latencyMicros;
    }

    private void run() {
        ByteBuffer buffer = ByteBuffer.allocateDirect(256 << 10);
        byte[] bytes = new byte[buffer.capacity()];
        try {
            while (running) {
                selector.select(key -> read(key, buffer, bytes), 100);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void read(SelectionKey key, ByteBuffer buffer, byte[] bytes) {
        buffer.clear();
        int length;
        try {
            length = ((SocketChannel) key.channel()).read(buffer);
        } catch (IOException broken) {
            length = -1;
        }
        if (length < 0) {
            key.cancel();
            return;
        }
        buffer.flip().get(bytes, 0, length);
        var reader = (Reader) key.attachment();
        long events = reader.events;
        int lineFeeds = reader.lineFeeds;
        for (int i = 0; i < length; i++) {
            if (bytes[i] == '\n') {
                if (++lineFeeds == 2) {
                    events++;
                    lineFeeds = 0;
                }
            } else {
                lineFeeds = 0;
            }
        }
        reader.lineFeeds = lineFeeds;
        reader.events = events;
        if (reader.sampled && measuring) {
            sample(bytes, length);
        }
    }

    private void sample(byte[] bytes, int length) {
        long now = System.nanoTime();
        for (int i = 0; i + MARK.length + 19 <= length; i++) {
            if (bytes[i] == MARK[0] && bytes[i + 1] == MARK[1] && bytes[i + 2] == MARK[2]) {
                long sent = 0;
                for (int digit = i + 3; digit < i + 22; digit++) {
                    sent = sent * 10 + (bytes[digit] - '0');
                }
                latencyMicros.recordValue(Math.max(0, (now - sent) / 1000));
                i += 22;
            }
        }
    }

    @Override
    public void close() throws IOException {
        running = false;
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        for (SelectionKey key : selector.keys()) {
            key.channel().close();
        }
        selector.close();
    }
}
