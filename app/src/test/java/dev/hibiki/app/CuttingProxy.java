// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/** A bad network: each connection breaks after some thousand bytes, wherever that is; the cuts can be ended. */
final class CuttingProxy implements AutoCloseable {

    private static final int MAX_BYTES = 10_000;

    private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final URI server;
    private final Random random;
    private final int mostCuts;
    private final AtomicInteger cuts = new AtomicInteger();

    CuttingProxy(URI server, int mostCuts, long seed) throws IOException {
        this.server = server;
        this.mostCuts = mostCuts;
        this.random = new Random(seed);
        daemon(this::accept);
    }

    private static void daemon(Runnable task) {
        var thread = new Thread(task, "cutting-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    URI uri() {
        return URI.create("http://localhost:" + listening.getLocalPort());
    }

    /** How many connections it has cut. */
    int cuts() {
        return cuts.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listening.accept();
                int bytes = cuts.get() < mostCuts ? random.nextInt(MAX_BYTES) : Integer.MAX_VALUE;
                daemon(() -> connect(client, bytes));
            }
        } catch (IOException closed) {
            // it is over
        }
    }

    private void connect(Socket client, int bytes) {
        try (client;
                var upstream = new Socket(InetAddress.getLoopbackAddress(), server.getPort())) {
            daemon(() -> copyQuietly(client, upstream));
            if (copy(upstream.getInputStream(), client.getOutputStream(), bytes)) {
                cuts.incrementAndGet();
            }
        } catch (IOException gone) {
            // one side has left
        }
    }

    private static void copyQuietly(Socket from, Socket to) {
        try {
            copy(from.getInputStream(), to.getOutputStream(), Integer.MAX_VALUE);
        } catch (IOException gone) {
            // one side has left
        }
    }

    /** Whether there was more than that. */
    private static boolean copy(InputStream in, OutputStream out, int most) throws IOException {
        byte[] part = new byte[8192];
        int left = most;
        while (left > 0) {
            int read = in.read(part, 0, Math.min(part.length, left));
            if (read < 0) {
                return false;
            }
            out.write(part, 0, read);
            left -= read;
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
