// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Locale;

/**
 * One connection of a publisher that knows exactly what it has sent and what it was answered: nothing is retried, pooled or read ahead, so
 * that when it breaks the publisher knows which publications are in doubt. One thread.
 */
final class PublishConnection implements AutoCloseable {

    /** Longer than any answer may take; a server that is dead is noticed at once. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** An answer of the server: to a request, or to a line. */
    record Answer(int status, String body) {}

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final String host;
    private boolean linesAnswered;
    private int chunkLeft;

    PublishConnection(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout((int) PATIENCE.toMillis());
        in = new BufferedInputStream(socket.getInputStream());
        out = socket.getOutputStream();
        host = "localhost:" + port;
    }

    /** A request with a JSON body, and its answer. */
    Answer post(String path, String json) throws IOException {
        byte[] body = json.getBytes(UTF_8);
        String head = head(path, "application/json") + "Content-Length: " + body.length + "\r\n\r\n";
        out.write(concat(head.getBytes(ISO_8859_1), body));
        Head answer = readHead();
        return new Answer(answer.status, new String(in.readNBytes(answer.length), UTF_8));
    }

    /** Begins a request whose body is lines that come as they come. */
    void beginLines() throws IOException {
        out.write((head("/api/publish", "application/x-ndjson") + "Transfer-Encoding: chunked\r\n\r\n")
                .getBytes(ISO_8859_1));
        linesAnswered = false;
    }

    void line(String json) throws IOException {
        byte[] line = (json + "\n").getBytes(UTF_8);
        String size = Integer.toHexString(line.length) + "\r\n";
        out.write(concat(size.getBytes(ISO_8859_1), line, new byte[] {'\r', '\n'}));
    }

    /** The answer to the first line that has not been answered yet; the server sends several in one chunk, or each in its own. */
    String lineAnswer() throws IOException {
        if (!linesAnswered) {
            Head answer = readHead();
            if (answer.status != 200) {
                throw new IOException("lines were answered with " + answer.status);
            }
            linesAnswered = true;
        }
        if (chunkLeft == 0) {
            chunkLeft = Integer.parseInt(readLine(), 16);
            if (chunkLeft == 0) {
                throw new EOFException("the server answers no more lines, because it drains");
            }
        }
        StringBuilder line = new StringBuilder();
        for (int c = readOfChunk(); c != '\n'; c = readOfChunk()) {
            line.append((char) c);
        }
        return line.toString();
    }

    private int readOfChunk() throws IOException {
        int c = readByte();
        if (--chunkLeft == 0) {
            readLine();
        }
        return c;
    }

    /** Ends the request, all of whose lines have been answered. */
    void endLines() throws IOException {
        out.write("0\r\n\r\n".getBytes(ISO_8859_1));
        if (!readLine().equals("0") || !readLine().isEmpty()) {
            throw new IOException("more answers than lines");
        }
    }

    private String head(String path, String type) {
        return "POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: " + type + "\r\n";
    }

    private record Head(int status, int length) {}

    private Head readHead() throws IOException {
        int status = Integer.parseInt(readLine().substring("HTTP/1.1 ".length()).substring(0, 3));
        int length = 0;
        for (String line = readLine(); !line.isEmpty(); line = readLine()) {
            if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
                length = Integer.parseInt(
                        line.substring("content-length:".length()).trim());
            }
        }
        return new Head(status, length);
    }

    private String readLine() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = readByte(); c != '\n'; c = readByte()) {
            if (c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    private int readByte() throws IOException {
        int c = in.read();
        if (c < 0) {
            throw new EOFException("the server closed the connection");
        }
        return c;
    }

    private static byte[] concat(byte[]... parts) {
        var all = new java.io.ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException gone) {
            linesAnswered = false;
        }
    }
}
