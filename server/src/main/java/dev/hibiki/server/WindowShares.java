// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.StreamByteDistributor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides whose bytes a connection of HTTP/2 sends next: those of its streams in turn, and of no stream so many that its
 * neighbours get none.
 *
 * <p>All streams of a connection share its window. If a page does not read one of them, that stream's bytes fill the window
 * until nothing is left for the others, and the protocol knows no remedy. So the unread bytes of a stream are bounded, by a
 * quarter of the connection's window. The bound is never less than half of the stream's own window, though: clients report
 * what they have read only once it is half a window, and a stream that is given less would never go on. Whatever exceeds the
 * bound waits in the stream's channel, which soon is not writable; its reader falls behind in the log, like one with a slow
 * socket.
 *
 * <p>How much is unread follows from the windows: for each stream what was sent and not given back, but never more than the
 * whole connection has outstanding. Belongs to the connection's loop.
 */
final class WindowShares implements StreamByteDistributor {

    /** The least that a stream sends at its turn if it has that much: each frame costs a header and a turn. */
    private static final int LEAST = 1024;

    private final Http2Connection connection;
    private final Http2Connection.PropertyKey key;
    private final ArrayDeque<Share> line = new ArrayDeque<>(4);
    private final List<Share> held = new ArrayList<>(0);

    /** The connection's window when nothing was outstanding, as far as was seen. */
    private int window;

    WindowShares(Http2Connection connection) {
        this.connection = connection;
        this.key = connection.newKey();
        connection.connectionStream().setProperty(key, new Share(connection.connectionStream()));
        connection.addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamAdded(Http2Stream stream) {
                stream.setProperty(key, new Share(stream));
            }

            @Override
            public void onStreamClosed(Http2Stream stream) {
                Share share = share(stream);
                share.bytes = 0;
                if (share.inLine) {
                    share.inLine = false;
                    line.remove(share);
                }
            }
        });
    }

    /** What is known of one stream. */
    private static final class Share {
        final Http2Stream stream;

        /** What it could send now as far as its own window goes. */
        int bytes;

        int streamWindow;

        /** How much larger its window was made than new ones are. */
        int extra;

        boolean inLine;
        boolean writing;

        Share(Http2Stream stream) {
            this.stream = stream;
        }
    }

    private Share share(Http2Stream stream) {
        Share share = stream.getProperty(key);
        if (share == null) {
            throw new IllegalStateException(
                    "stream " + stream.id() + ": is not known (expected: to be told when added)");
        }
        return share;
    }

    private Http2RemoteFlowController flow() {
        return connection.remote().flowController();
    }

    @Override
    public void updateStreamableBytes(StreamState state) {
        Share share = share(state.stream());
        share.bytes = (int) Math.max(0, Math.min(state.pendingBytes(), state.windowSize()));
        share.streamWindow = state.windowSize();
        share.extra = Math.max(share.extra, share.streamWindow - flow().initialWindowSize());
        // An empty frame, such as the one that ends a stream, needs no window, but is tried once only while it has
        // none.
        if (state.hasFrame() && (share.streamWindow > 0 || (share.streamWindow == 0 && !share.writing))) {
            enter(share);
        }
    }

    private void enter(Share share) {
        if (!share.inLine) {
            share.inLine = true;
            line.addLast(share);
        }
    }

    @Override
    public void updateDependencyTree(int child, int parent, short weight, boolean exclusive) {
        // All streams are equal here; RFC 9113 has given these priorities up.
    }

    @Override
    public boolean distribute(int maxBytes, Writer writer) throws Http2Exception {
        int free = flow().windowSize(connection.connectionStream());
        window = Math.max(window, free);
        int outstanding = window - free;
        int left = maxBytes;
        int fair = Math.max(LEAST, maxBytes / Math.max(1, line.size()));
        boolean wrote = false;
        @Nullable Share share;
        while ((share = line.pollFirst()) != null) {
            share.inLine = false;
            if (share.streamWindow < 0) {
                continue;
            }
            if (left == 0 && share.bytes > 0) {
                share.inLine = true;
                line.addFirst(share);
                break;
            }
            int room = allowed(share) - Math.min(unread(share), outstanding);
            if (share.bytes > 0 && room <= 0) {
                held.add(share);
                continue;
            }
            int part = Math.max(0, Math.min(Math.min(fair, left), Math.min(share.bytes, room)));
            left -= part;
            outstanding += part;
            wrote |= part > 0;
            write(share, part, writer);
        }
        held.forEach(this::enter); // to be looked at again when something was given back
        held.clear();
        return wrote && !line.isEmpty();
    }

    private static void write(Share share, int bytes, Writer writer) {
        share.writing = true;
        try {
            writer.write(share.stream, bytes);
        } finally {
            share.writing = false;
        }
    }

    private int unread(Share share) {
        return flow().initialWindowSize() + share.extra - share.streamWindow;
    }

    private int allowed(Share share) {
        int own = Math.min(flow().initialWindowSize() + share.extra, window);
        return Math.max(window / 4, own / 2 + 1);
    }
}
