// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Comparator;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Very many clients of event streams, in one thread.
 *
 * <p>Streams are opened, read and broken on that thread, and readers are called there, so a reader needs no locks; {@link #run} and
 * {@link #ask} bring other work to it. The first failure of a reader, or of the server to speak HTTP, is kept for {@link #check}.
 */
final class StreamSwarm implements AutoCloseable {

    /** What becomes of a stream. */
    interface Reader {

        /** An event; {@code lastEventId} is the last id of this connection, empty if it has had none. */
        void onEvent(SwarmStream stream, String type, String data, String lastEventId);

        /** The connection has ended, from whichever side. Called once. */
        default void onEnd(SwarmStream stream) {}

        /** Whether {@link SwarmStream#breakAfter} is used; reading is slower then. */
        default boolean leavesAnywhere() {
            return false;
        }
    }

    private record Later(long atNanos, Runnable task) {}

    private final InetSocketAddress server;
    private final String host;
    private final Selector selector = Selector.open();
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final PriorityQueue<Later> later = new PriorityQueue<>(Comparator.comparingLong(Later::atNanos));
    private final Set<SwarmStream> open = ConcurrentHashMap.newKeySet();
    private final ByteBuffer shared = ByteBuffer.allocate(256 << 10);
    private final Thread thread = new Thread(this::loop, "stream-swarm");
    private volatile @Nullable Throwable failure;
    private volatile boolean closing;

    StreamSwarm(URI uri) throws IOException {
        server = new InetSocketAddress(InetAddress.getLoopbackAddress(), uri.getPort());
        host = "localhost:" + uri.getPort();
        thread.setDaemon(true);
        thread.start();
    }

    /** How many sockets are open on this side, those that wait for the server to shut its side included. */
    int sockets() {
        return open.size();
    }

    /** Opens a stream; on the swarm's thread. */
    SwarmStream open(String target, Map<String, String> headers, Reader reader) {
        return open(target, headers, 0, reader);
    }

    /**
     * Opens a stream with a receive buffer of a certain size; on the swarm's thread.
     *
     * @param receiveBuffer in bytes, or 0 for the system's own
     */
    SwarmStream open(String target, Map<String, String> headers, int receiveBuffer, Reader reader) {
        try {
            return connect(target, headers, receiveBuffer, reader);
        } catch (IOException refused) {
            throw new AssertionError(target + ": cannot be opened", refused);
        }
    }

    /** Opens a stream if a server is there now, else returns null; on the swarm's thread. */
    @Nullable
    SwarmStream openIfServed(String target, Map<String, String> headers, Reader reader) {
        try {
            return connect(target, headers, 0, reader);
        } catch (IOException nobodyListens) {
            return null;
        }
    }

    private SwarmStream connect(String target, Map<String, String> headers, int receiveBuffer, Reader reader)
            throws IOException {
        StringBuilder request = new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n");
        headers.forEach(
                (name, value) -> request.append(name).append(": ").append(value).append("\r\n"));
        byte[] bytes = request.append("\r\n").toString().getBytes(US_ASCII);
        SocketChannel channel = SocketChannel.open();
        try {
            if (receiveBuffer > 0) {
                channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBuffer);
            }
            channel.connect(server);
            channel.write(ByteBuffer.wrap(bytes));
            channel.configureBlocking(false);
        } catch (IOException failed) {
            channel.close();
            throw failed;
        }
        SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
        SwarmStream stream = new SwarmStream(this, channel, key, reader);
        key.attach(stream);
        open.add(stream);
        return stream;
    }

    /** Does something on the swarm's thread after some time; on the swarm's thread. */
    void later(long millis, Runnable task) {
        later.add(new Later(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis), task));
    }

    /** Lets every stream leave, in a way by its number; on the swarm's thread. */
    void leaveAll(IntFunction<SwarmStream.Breaking> how) {
        int n = 0;
        for (SwarmStream stream : open) {
            stream.leave(how.apply(n++));
        }
    }

    void closed(SwarmStream stream) {
        open.remove(stream);
    }

    /** Runs something on the swarm's thread and waits for it. */
    void run(Runnable task) {
        ask(() -> {
            task.run();
            return true;
        });
    }

    /** Asks something on the swarm's thread. */
    <T> T ask(Supplier<T> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        tasks.add(() -> {
            try {
                answer.complete(question.get());
            } catch (Throwable failed) {
                answer.completeExceptionally(failed);
            }
        });
        selector.wakeup();
        return answer.join();
    }

    /** Fails if anything has failed on the swarm's thread. */
    void check() {
        Throwable failed = failure;
        if (failed != null) {
            throw new AssertionError("the swarm failed", failed);
        }
    }

    private void loop() {
        while (!closing) {
            try {
                selector.select(millisUntilNext());
                Runnable task;
                while ((task = tasks.poll()) != null) {
                    task.run();
                }
                while (!later.isEmpty() && later.element().atNanos() - System.nanoTime() <= 0) {
                    later.remove().task().run();
                }
                for (SelectionKey key : selector.selectedKeys()) {
                    if (key.isValid() && key.isReadable()) {
                        ((SwarmStream) key.attachment()).read(shared);
                    }
                }
                selector.selectedKeys().clear();
            } catch (Throwable failed) {
                failure = failure == null ? failed : failure;
            }
        }
        open.forEach(SwarmStream::close);
    }

    /** As a selector takes it: 0 is for ever. */
    private long millisUntilNext() {
        return later.isEmpty()
                ? 0
                : Math.max(1, TimeUnit.NANOSECONDS.toMillis(later.element().atNanos() - System.nanoTime()));
    }

    @Override
    public void close() throws IOException {
        closing = true;
        selector.wakeup();
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        selector.close();
    }
}
