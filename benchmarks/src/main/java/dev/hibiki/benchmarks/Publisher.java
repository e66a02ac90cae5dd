// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.benchmarks;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** One publisher on one connection, which waits for each answer: as fast as it is answered, or at a rate. */
final class Publisher implements AutoCloseable {

    private final Contender contender;
    private final Socket socket;
    private final InputStream in;
    private final String filler;
    private final AtomicLong published = new AtomicLong();
    private String answer = "";

    /**
     * Connects.
     *
     * @param eventBytes how long each event's data is
     */
    Publisher(Contender contender, int eventBytes) throws IOException {
        this.contender = contender;
        this.socket = new Socket(InetAddress.getLoopbackAddress(), contender.port);
        socket.setTcpNoDelay(true);
        this.in = new BufferedInputStream(socket.getInputStream());
        this.filler = "x".repeat(Math.max(0, eventBytes - StreamReaders.TIME_MARK.length() - 20));
    }

    /** How many were published; any thread. */
    long published() {
        return published.get();
    }

    /** Publishes until a time, at a rate of events per second, or as fast as it is answered for 0. */
    void publishUntil(long deadlineNanos, int perSecond) throws IOException {
        long interval = perSecond == 0 ? 0 : 1_000_000_000L / perSecond;
        long next = System.nanoTime();
        while (System.nanoTime() < deadlineNanos) {
            if (interval > 0) {
                next += interval;
                while (System.nanoTime() < next) {
                    LockSupport.parkNanos(next - System.nanoTime());
                }
            }
            publish();
        }
    }

    void publish() throws IOException {
        String data = StreamReaders.TIME_MARK + String.format("%019d", System.nanoTime()) + "," + filler;
        socket.getOutputStream().write(contender.publishRequest(data));
        int status = 0;
        int length = 0;
        for (String line = readLine(); !line.isEmpty(); line = readLine()) {
            String lower = line.toLowerCase(Locale.ROOT);
            if (lower.startsWith("http/1.1 ")) {
                status = Integer.parseInt(line.substring(9, 12));
            } else if (lower.startsWith("content-length:")) {
                length = Integer.parseInt(line.substring(15).trim());
            }
        }
        answer = new String(in.readNBytes(length), ISO_8859_1);
        if (status / 100 != 2) {
            throw new IOException(contender.name + " answered a publish with " + status);
        }
        published.incrementAndGet();
    }

    /** The id of the last event, from an answer as Hibiki gives it. */
    String lastId() {
        return answer.replaceAll(".*\"id\":\"([^\"]*)\".*", "$1");
    }

    private String readLine() throws IOException {
        var line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new IOException(contender.name + " closed the publisher's connection");
            }
            if (c != '\r') {
                line.append((char) (c & 0xFF));
            }
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
