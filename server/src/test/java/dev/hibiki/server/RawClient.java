// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A client that knows nothing: it sends the bytes that it is told to send and shows the bytes that come, so that a test sees what is on
 * the wire. Each read waits for at most ten seconds.
 */
public final class RawClient implements AutoCloseable {

    /** An event's id that stands in the log, as a regular expression. */
    static final String EVENT_ID = "\\d+-\\d+-[0-9a-z]+";

    private static final int PATIENCE_MILLIS = 60_000;

    private static final Pattern CLIENT_ID = Pattern.compile("\"clientId\":\"([^\"]+)\"");
    private static final Pattern LENGTH = Pattern.compile("(?im)^content-length: *(\\d+)");

    private final Socket socket = new Socket();
    private final InputStream in;

    private RawClient(@Nullable String from, int port, int receiveBuffer) throws IOException {
        if (from != null) {
            socket.bind(new InetSocketAddress(from, 0));
        }
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = socket.getInputStream();
    }

    public static RawClient connect(int port) throws IOException {
        return new RawClient(null, port, 0);
    }

    /** A client with another address of this machine, such as 127.0.0.2. */
    public static RawClient connectFrom(String address, int port) throws IOException {
        return new RawClient(address, port, 0);
    }

    /** A client whose kernel takes little before the server has to wait. */
    public static RawClient connectSmall(int port) throws IOException {
        return new RawClient(null, port, 4096);
    }

    /** Lines, each ended with CRLF. */
    public static String lines(String... lines) {
        return String.join("\r\n", lines) + "\r\n";
    }

    /** Sends text as it stands, one byte for each character up to U+00FF, else in UTF-8. */
    public RawClient send(String text) throws IOException {
        boolean latin = text.chars().allMatch(c -> c < 256);
        socket.getOutputStream().write(text.getBytes(latin ? ISO_8859_1 : UTF_8));
        return this;
    }

    /** Sends a GET in HTTP/1.1 with the headers, each of which ends with CRLF. */
    public RawClient get(String target, String headers) throws IOException {
        return send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
    }

    public RawClient get(String target) throws IOException {
        return get(target, "");
    }

    /** Sends a POST of JSON. */
    public RawClient post(String target, String json) throws IOException {
        return post(target, "Content-Type: application/json\r\n", json);
    }

    public RawClient post(String target, String headers, String body) throws IOException {
        byte[] bytes = body.getBytes(UTF_8);
        send("POST " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "Content-Length: " + bytes.length
                + "\r\n\r\n");
        socket.getOutputStream().write(bytes);
        return this;
    }

    /** Reads a head, up to and with its empty line. */
    public String head() throws IOException {
        var head = new StringBuilder();
        while (head.length() < 4 || !head.substring(head.length() - 4).equals("\r\n\r\n")) {
            head.append((char) oneByte());
        }
        return head.toString();
    }

    /** Reads an answer with a length; returns its status. */
    public Answer answer() throws IOException {
        String head = head();
        Matcher length = LENGTH.matcher(head);
        byte[] body = in.readNBytes(length.find() ? Integer.parseInt(length.group(1)) : 0);
        return new Answer(Integer.parseInt(head.substring(9, 12)), head, new String(body, UTF_8));
    }

    /** Reads one chunk; null is never returned, the last chunk is empty. */
    public String chunk() throws IOException {
        int size = Integer.parseInt(line(), 16);
        String data = new String(in.readNBytes(size), UTF_8);
        String end = line();
        if (!end.isEmpty()) {
            throw new IOException("chunk: does not end with CRLF but with " + end);
        }
        return data;
    }

    /** Reads chunks until what they hold together ends with a text. */
    public String chunksUntil(String end) throws IOException {
        var all = new StringBuilder();
        while (!all.toString().endsWith(end)) {
            String chunk = chunk();
            if (chunk.isEmpty()) {
                throw new EOFException("the stream ended after: " + all);
            }
            all.append(chunk);
        }
        return all.toString();
    }

    /** Reads chunks up to the event that begins a stream of the hub, and returns the client's id from it. */
    String clientId() throws IOException {
        var all = new StringBuilder();
        Matcher id = CLIENT_ID.matcher(all);
        while (!all.toString().endsWith("\n\n") || !id.reset(all).find()) {
            all.append(chunk());
        }
        return id.group(1);
    }

    /** Reads the rest of the chunks up to the last one. */
    public String chunksToEnd() throws IOException {
        var all = new StringBuilder();
        for (String chunk = chunk(); !chunk.isEmpty(); chunk = chunk()) {
            all.append(chunk);
        }
        return all.toString();
    }

    /** Reads bytes until they end with a text. */
    public String until(String end) throws IOException {
        var bytes = new ByteArrayOutputStream();
        byte[] wanted = end.getBytes(UTF_8);
        while (!endsWith(bytes, wanted)) {
            bytes.write(oneByte());
        }
        return bytes.toString(UTF_8);
    }

    private static boolean endsWith(ByteArrayOutputStream bytes, byte[] end) {
        byte[] all = bytes.size() < end.length ? new byte[0] : bytes.toByteArray();
        if (all.length < end.length) {
            return false;
        }
        for (int i = 0; i < end.length; i++) {
            if (all[all.length - end.length + i] != end[i]) {
                return false;
            }
        }
        return true;
    }

    /** Reads all that comes until the server shuts its side; fails if it resets the connection. */
    public String toEnd() throws IOException {
        return new String(in.readAllBytes(), UTF_8);
    }

    /** Whether a request is answered, on a connection that may be closed at once. */
    boolean isServed() throws IOException {
        try {
            return get("/healthz").answer().status() == 200;
        } catch (SocketException | EOFException closed) {
            return false;
        }
    }

    /** Whether nothing comes for a while. */
    public boolean isQuiet(int millis) throws IOException {
        socket.setSoTimeout(millis);
        try {
            return in.read() < -1;
        } catch (SocketTimeoutException quiet) {
            return true;
        } finally {
            socket.setSoTimeout(PATIENCE_MILLIS);
        }
    }

    /** Says that no more comes from here, and goes on reading. */
    public RawClient shutOutput() throws IOException {
        socket.shutdownOutput();
        return this;
    }

    /** Goes with a reset instead of an orderly end. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    private String line() throws IOException {
        var line = new StringBuilder();
        while (line.length() < 2 || !line.substring(line.length() - 2).equals("\r\n")) {
            line.append((char) oneByte());
        }
        return line.substring(0, line.length() - 2);
    }

    private int oneByte() throws IOException {
        int b = in.read();
        if (b < 0) {
            throw new EOFException("the server has shut its side");
        }
        return b;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    /**
     * An answer with its whole body.
     *
     * @param head the status line and the headers, as they came
     */
    public record Answer(int status, String head, String body) {

        /** The value of a header, or an empty text. */
        public String header(String name) {
            for (String line : head.split("\r\n", -1)) {
                int colon = line.indexOf(':');
                if (colon > 0
                        && line.substring(0, colon).toLowerCase(Locale.ROOT).equals(name.toLowerCase(Locale.ROOT))) {
                    return line.substring(colon + 1).trim();
                }
            }
            return "";
        }
    }
}
