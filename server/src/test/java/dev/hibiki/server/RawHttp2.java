// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.IntPredicate;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * A client of HTTP/2 that sends the frames that it is told to send, and keeps what comes by stream, so that a test sees what is on the
 * wire. What comes is given back to the server's windows at once, but on streams that are told to stall.
 */
final class RawHttp2 implements AutoCloseable {

    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int PING = 6;
    static final int GOAWAY = 7;
    static final int WINDOW_UPDATE = 8;
    static final int CONTINUATION = 9;

    static final int END_STREAM = 1;
    static final int ACK = 1;
    static final int END_HEADERS = 4;

    /** What has come on one stream. */
    static final class Answer {
        volatile String head = "";
        volatile boolean ended;
        volatile int reset = -1;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();
        private final ArrayDeque<byte[]> parts = new ArrayDeque<>();
        private int unread;
        private int window = 65_535;

        synchronized String body() {
            return body.toString(UTF_8);
        }

        synchronized int size() {
            return body.size();
        }

        /** Takes from the window that the server gives for what is sent to it, once it is that large. */
        synchronized void take(int bytes) throws InterruptedException {
            awaitMore(() -> window >= bytes);
            window -= bytes;
        }

        private synchronized void give(int bytes) {
            window += bytes;
        }

        synchronized boolean hasParts() {
            return !parts.isEmpty();
        }

        /** The next frame's bytes, or null. */
        synchronized byte @Nullable [] part() {
            return parts.poll();
        }

        /** Waits until something has come that was waited for. */
        synchronized void awaitMore(BooleanSupplier come) throws InterruptedException {
            while (!come.getAsBoolean()) {
                wait(10_000);
            }
        }

        private synchronized void tell() {
            notifyAll();
        }

        private synchronized void add(byte[] bytes) {
            body.writeBytes(bytes);
            if (bytes.length > 0) {
                parts.add(bytes);
            }
        }
    }

    private final Socket socket;
    private final OutputStream out;
    private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    private final Map<Integer, Answer> answers = new ConcurrentHashMap<>();
    private final Thread reader;
    private int nextStream = 1;
    private @Nullable ByteArrayOutputStream held;

    volatile IntPredicate stalls = stream -> false;
    volatile int goAway = -1;
    final AtomicInteger pongs = new AtomicInteger();
    volatile boolean closed;

    private RawHttp2(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        out = socket.getOutputStream();
        out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(UTF_8));
        frame(SETTINGS, 0, 0, new byte[0]);
        reader = new Thread(this::read, "raw-http2");
        reader.setDaemon(true);
        reader.start();
    }

    /** Over a connection without TLS, with prior knowledge. */
    static RawHttp2 connect(int port) throws IOException {
        return new RawHttp2(SocketFactory.getDefault().createSocket(InetAddress.getLoopbackAddress(), port));
    }

    // ---- what goes

    synchronized RawHttp2 frame(int type, int flags, int stream, byte[] payload) throws IOException {
        var frame = ByteBuffer.allocate(9 + payload.length);
        frame.put((byte) (payload.length >> 16)).putShort((short) payload.length);
        frame.put((byte) type).put((byte) flags).putInt(stream).put(payload);
        if (held == null) {
            out.write(frame.array());
        } else {
            held.writeBytes(frame.array());
        }
        return this;
    }

    /** Keeps the frames back that are sent from now on, until {@link #sendHeld}. */
    synchronized void hold() {
        held = new ByteArrayOutputStream();
    }

    /** Sends the frames that were kept back, all at once. */
    synchronized void sendHeld() throws IOException {
        ByteArrayOutputStream together = held;
        held = null;
        if (together != null) {
            out.write(together.toByteArray());
        }
    }

    static byte[] number(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    /** The block of a head; a name and a value in turn. */
    synchronized byte[] block(String... fields) {
        var headers = new DefaultHttp2Headers(false);
        for (int i = 0; i < fields.length; i += 2) {
            headers.add(fields[i], fields[i + 1]);
        }
        ByteBuf block = Unpooled.buffer();
        try {
            encoder.encodeHeaders(1, headers, block);
        } catch (Http2Exception impossible) {
            throw new IllegalStateException(impossible);
        }
        byte[] bytes = new byte[block.readableBytes()];
        block.readBytes(bytes);
        return bytes;
    }

    /** Opens a stream without a body; returns its number. */
    int get(String path, String... headers) throws IOException {
        return open("GET", path, END_STREAM, headers);
    }

    /** Opens a stream; returns its number. */
    synchronized int open(String method, String path, int flags, String... headers) throws IOException {
        String[] fields = new String[8 + headers.length];
        String[] pseudo = {":method", method, ":scheme", "http", ":authority", "localhost", ":path", path};
        System.arraycopy(pseudo, 0, fields, 0, 8);
        System.arraycopy(headers, 0, fields, 8, headers.length);
        int stream = nextStream;
        nextStream += 2;
        frame(HEADERS, flags | END_HEADERS, stream, block(fields));
        return stream;
    }

    /** Opens a stream with a body of JSON. */
    int post(String path, String json) throws IOException {
        int stream = open("POST", path, 0, "content-type", "application/json");
        frame(DATA, END_STREAM, stream, json.getBytes(UTF_8));
        return stream;
    }

    /** Says that what came on a stream was read, and from now on says so at once. */
    void read(int stream) throws IOException {
        Answer answer = answer(stream);
        int unread;
        synchronized (answer) {
            stalls = none -> false;
            unread = answer.unread;
            answer.unread = 0;
        }
        if (unread > 0) {
            frame(WINDOW_UPDATE, 0, stream, number(unread));
            frame(WINDOW_UPDATE, 0, 0, number(unread));
        }
    }

    // ---- what comes

    Answer answer(int stream) {
        return answers.computeIfAbsent(stream, none -> new Answer());
    }

    private void read() {
        var decoder = new DefaultHttp2HeadersDecoder();
        try (var in = new DataInputStream(socket.getInputStream())) {
            while (true) {
                int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
                int type = in.readUnsignedByte();
                int flags = in.readUnsignedByte();
                int stream = in.readInt();
                take(type, flags, stream, in.readNBytes(length), decoder);
            }
        } catch (IOException | Http2Exception end) {
            closed = true;
            answers.values().forEach(Answer::tell);
        }
    }

    private void take(int type, int flags, int stream, byte[] payload, DefaultHttp2HeadersDecoder decoder)
            throws IOException, Http2Exception {
        Answer answer = answer(stream);
        if (type == DATA) {
            synchronized (answer) {
                answer.add(payload);
                if (payload.length > 0 && stalls.test(stream)) {
                    answer.unread += payload.length;
                } else if (payload.length > 0) {
                    frame(WINDOW_UPDATE, 0, 0, number(payload.length));
                    frame(WINDOW_UPDATE, 0, stream, number(payload.length));
                }
            }
        } else if (type == HEADERS) {
            var head = new StringBuilder();
            decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(payload))
                    .forEach(field -> head.append(field.getKey())
                            .append(": ")
                            .append(field.getValue())
                            .append('\n'));
            answer.head = answer.head.concat(head.toString());
        } else if (type == RST_STREAM) {
            answer.reset = ByteBuffer.wrap(payload).getInt();
        } else if (type == SETTINGS && (flags & ACK) == 0) {
            frame(SETTINGS, ACK, 0, new byte[0]);
        } else if (type == PING && new String(payload, ISO_8859_1).equals("hibiki!!")) {
            pongs.incrementAndGet();
        } else if (type == WINDOW_UPDATE) {
            answer.give(ByteBuffer.wrap(payload).getInt());
        } else if (type == GOAWAY) {
            goAway = ByteBuffer.wrap(payload).getInt(4);
        }
        if ((type == DATA || type == HEADERS) && (flags & END_STREAM) != 0) {
            answer.ended = true;
        }
        answer.tell();
    }

    /** The value of a header, or null. */
    static @Nullable String header(Answer answer, String name) {
        for (String line : answer.head.split("\n", -1)) {
            if (line.startsWith(name + ": ")) {
                return line.substring(name.length() + 2);
            }
        }
        return null;
    }

    @Override
    public void close() throws IOException {
        socket.close();
        try {
            reader.join(5000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
