// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Lets a test that was written for a client of HTTP/1.1 talk to the server over HTTP/2: a port of its own that makes a stream of each request,
 * and of what comes on the stream an answer, as it comes. A body whose length is not told goes as chunks, one for each frame.
 */
final class OverHttp2 implements AutoCloseable {

    private static final Set<String> OF_THE_CONNECTION = Set.of("host", "connection", "transfer-encoding");

    private final int port;
    private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final List<Socket> clients = new ArrayList<>();

    /** @param port the server's */
    OverHttp2(int port) throws IOException {
        this.port = port;
        start("over-http2", this::accept);
    }

    int port() {
        return socket.getLocalPort();
    }

    private interface Work {
        void run() throws Exception;
    }

    private static Thread start(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (Exception end) {
                        // One side has gone; the other one is told by being closed.
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = socket.accept();
            synchronized (clients) {
                clients.add(client);
            }
            start("over-http2-client", () -> serve(client));
        }
    }

    private void serve(Socket client) throws Exception {
        try (client;
                RawHttp2 server = RawHttp2.connect(port)) {
            var in = new PushbackInputStream(client.getInputStream());
            while (request(client, in, server)) {
                // one after the other
            }
        }
    }

    /** Passes one request on, and its answer; false if the connection ends with it. */
    private static boolean request(Socket client, PushbackInputStream in, RawHttp2 server) throws Exception {
        String[] first = line(in).split(" ", -1);
        var headers = new ArrayList<String>();
        int length = 0;
        boolean chunked = false;
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            String name = line.substring(0, line.indexOf(':')).toLowerCase(java.util.Locale.ROOT);
            String value = line.substring(line.indexOf(':') + 1).trim();
            length = name.equals("content-length") ? Integer.parseInt(value) : length;
            chunked |= name.equals("transfer-encoding");
            if (!OF_THE_CONNECTION.contains(name)) {
                headers.add(name);
                headers.add(value);
            }
        }
        boolean empty = length == 0 && !chunked;
        int stream = server.open(first[0], first[1], empty ? RawHttp2.END_STREAM : 0, headers.toArray(new String[0]));
        RawHttp2.Answer answer = server.answer(stream);
        boolean[] last = new boolean[1];
        Thread answering = start("over-http2-answer", () -> last[0] = answer(client.getOutputStream(), server, answer));
        if (chunked) {
            for (int size = Integer.parseInt(line(in), 16); size > 0; size = Integer.parseInt(line(in), 16)) {
                send(server, stream, in.readNBytes(size), 0);
                line(in);
            }
            line(in);
        } else {
            for (int left = length; left > 0; ) {
                byte[] part = in.readNBytes(Math.min(left, 8000));
                left -= part.length;
                send(server, stream, part, 0);
            }
        }
        if (!empty) {
            send(server, stream, new byte[0], RawHttp2.END_STREAM);
        }
        // A client that goes while it is answered is seen here only.
        while (answering.isAlive()) {
            if (gone(client, in)) {
                return false;
            }
            answering.join(5);
        }
        return !last[0];
    }

    private static boolean gone(Socket client, PushbackInputStream in) throws IOException {
        client.setSoTimeout(20);
        try {
            int read = in.read();
            if (read >= 0) {
                in.unread(read);
            }
            return read < 0;
        } catch (java.net.SocketTimeoutException stillThere) {
            return false;
        } finally {
            client.setSoTimeout(0);
        }
    }

    private static void send(RawHttp2 server, int stream, byte[] bytes, int flags) throws Exception {
        server.answer(0).take(bytes.length);
        server.answer(stream).take(bytes.length);
        server.frame(RawHttp2.DATA, flags, stream, bytes);
    }

    private static boolean answer(OutputStream out, RawHttp2 server, RawHttp2.Answer answer) throws Exception {
        answer.awaitMore(() -> !answer.head.isEmpty() || server.closed);
        String[] fields = answer.head.split("\n", -1);
        int status = Integer.parseInt(fields[0].substring(":status: ".length()));
        boolean whole = RawHttp2.header(answer, "content-length") != null || status == 204 || status == 304;
        var head = new StringBuilder("HTTP/1.1 " + HttpResponseStatus.valueOf(status) + "\r\n");
        for (int i = 1; i < fields.length - 1; i++) {
            head.append(fields[i]).append("\r\n");
        }
        head.append(whole ? "\r\n" : "transfer-encoding: chunked\r\n\r\n");
        out.write(head.toString().getBytes(UTF_8));
        while (true) {
            answer.awaitMore(() -> answer.hasParts() || answer.ended || answer.reset >= 0 || server.closed);
            boolean ended = answer.ended;
            for (byte[] part = answer.part(); part != null; part = answer.part()) {
                if (!whole) {
                    out.write((Integer.toHexString(part.length) + "\r\n").getBytes(UTF_8));
                }
                out.write(part);
                if (!whole) {
                    out.write("\r\n".getBytes(UTF_8));
                }
            }
            if (ended) {
                out.write(whole ? new byte[0] : "0\r\n\r\n".getBytes(UTF_8));
                return "text/event-stream".equals(RawHttp2.header(answer, "content-type"));
            }
            if (answer.reset >= 0 || server.closed) {
                throw new EOFException("the stream was not ended");
            }
        }
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException();
            }
            line.append((char) b);
        }
        return new String(line.toString().getBytes(ISO_8859_1), UTF_8).stripTrailing();
    }

    @Override
    public void close() throws IOException {
        socket.close();
        synchronized (clients) {
            for (Socket client : clients) {
                client.close();
            }
        }
    }
}
