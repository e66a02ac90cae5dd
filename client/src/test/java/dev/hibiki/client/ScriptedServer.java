// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A server that answers each request as its script says, byte by byte if need be, and remembers what it was asked. When the script is at
 * its end, the last step is repeated.
 */
final class ScriptedServer implements AutoCloseable {

    static final String STREAM = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

    /** A request, its header names in lower case. */
    record Asked(String line, Map<String, String> headers, String body, long atNanos) {}

    /** What becomes of one connection. */
    @FunctionalInterface
    interface Step {
        void answer(Asked asked, OutputStream out) throws IOException, InterruptedException;
    }

    final BlockingQueue<Asked> asked = new LinkedBlockingQueue<>();
    private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final ConcurrentLinkedDeque<Socket> sockets = new ConcurrentLinkedDeque<>();
    private final List<Step> script;
    private int step;

    ScriptedServer(Step... script) throws IOException {
        this.script = List.of(script);
        Thread accepting = new Thread(this::accept, "scripted-server");
        accepting.setDaemon(true);
        accepting.start();
    }

    static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(UTF_8));
        out.flush();
    }

    /** A step that writes, and closes. */
    static Step says(String... parts) {
        return (asked, out) -> {
            for (String part : parts) {
                out.write(part.getBytes(UTF_8));
                out.flush();
            }
        };
    }

    /** A step that writes, and leaves the connection as it is until the server is closed. */
    static Step saysAndStays(String text) {
        return (asked, out) -> {
            out.write(text.getBytes(UTF_8));
            out.flush();
            TimeUnit.DAYS.sleep(1);
        };
    }

    static Step status(int status, String... headers) {
        return says("HTTP/1.1 " + status + " Scripted\r\nContent-Length: 0\r\nConnection: close\r\n"
                + String.join("", List.of(headers)) + "\r\n");
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + listening.getLocalPort() + "/stream");
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listening.accept();
                sockets.add(socket);
                Step next = script.get(Math.min(step++, script.size() - 1));
                Thread serving = new Thread(() -> serve(socket, next), "scripted-connection");
                serving.setDaemon(true);
                serving.start();
            }
        } catch (IOException closed) {
            // it is over
        }
    }

    private void serve(Socket socket, Step next) {
        try (socket) {
            var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), ISO_8859_1));
            String line = in.readLine();
            if (line == null) {
                return;
            }
            Map<String, String> headers = new TreeMap<>();
            for (String header = in.readLine(); header != null && !header.isEmpty(); header = in.readLine()) {
                String[] parts = header.split(": ?", 2);
                headers.put(parts[0].toLowerCase(Locale.ROOT), parts[1]);
            }
            char[] body = new char[Integer.parseInt(headers.getOrDefault("content-length", "0"))];
            int read = 0;
            while (read < body.length) {
                read += in.read(body, read, body.length - read);
            }
            var request = new Asked(line, headers, new String(body), System.nanoTime());
            asked.add(request);
            next.answer(request, socket.getOutputStream());
        } catch (IOException | InterruptedException gone) {
            // the client has left
        }
    }

    /** How many connections are left that neither side has closed. */
    int connections() throws IOException {
        int open = 0;
        for (Socket socket : sockets) {
            try {
                socket.setSoTimeout(1);
                if (socket.getInputStream().read() >= 0) {
                    throw new AssertionError("more than a request came");
                }
            } catch (SocketTimeoutException quiet) {
                open++;
            } catch (SocketException gone) {
                // closed, or reset
            }
        }
        return open;
    }

    /** Resets all connections that there are, without a farewell. */
    void reset() throws IOException {
        for (Socket socket : sockets) {
            if (!socket.isClosed()) {
                socket.setSoLinger(true, 0);
                socket.close();
            }
        }
    }

    Asked nextAsked() throws InterruptedException {
        Asked next = asked.poll(60, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("no request came");
        }
        return next;
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
