// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.event.EventParser;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;

/** One connection of a {@link StreamSwarm}; everything here is done on the swarm's thread. */
final class SwarmStream {

    /** How a client leaves. */
    enum Breaking {
        /** Its side is shut, and it waits until the server shuts its own. */
        FIN,
        /** The connection is reset. */
        RST,
        /** It only stops listening, as one whose network has gone. */
        SILENCE
    }

    private final StreamSwarm swarm;
    private final StreamSwarm.Reader reader;
    private final SocketChannel channel;
    private final SelectionKey key;
    private final StreamBody response = new StreamBody();
    private final EventParser parser;

    private boolean left;
    private Breaking breaking = Breaking.FIN;
    private int bytesUntilBreak = -1;

    SwarmStream(StreamSwarm swarm, SocketChannel channel, SelectionKey key, StreamSwarm.Reader reader) {
        this.swarm = swarm;
        this.channel = channel;
        this.key = key;
        this.reader = reader;
        this.parser =
                new EventParser((type, data, id) -> reader.onEvent(this, type, data, id), EventParser.Limits.USUAL, "");
    }

    /** Leaves after so many more bytes of the body, wherever in an event that is; with 0 at once. */
    void breakAfter(int bytes, Breaking how) {
        breaking = how;
        bytesUntilBreak = bytes;
    }

    /** Reads no more until {@link #resume}: the server's bytes stay in the kernel's buffers. */
    void stall() {
        key.interestOps(0);
    }

    void resume() {
        key.interestOps(SelectionKey.OP_READ);
    }

    void leave(Breaking how) {
        if (!left) {
            left = true;
            try {
                switch (how) {
                    case FIN -> channel.shutdownOutput();
                    case RST -> {
                        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
                        close();
                    }
                    case SILENCE -> {}
                }
            } catch (IOException gone) {
                close();
            }
            reader.onEnd(this);
        }
    }

    /** What has come, into a buffer that all streams share. */
    void read(ByteBuffer shared) {
        shared.clear();
        try {
            if (channel.read(shared) < 0) {
                gone();
                return;
            }
        } catch (IOException reset) {
            gone();
            return;
        }
        shared.flip();
        ByteBuffer body;
        while (!left && (body = response.next(shared)) != null) {
            take(body);
        }
    }

    /** Byte by byte where the reader may want to leave in the middle. */
    private void take(ByteBuffer body) {
        if (!reader.leavesAnywhere()) {
            parser.feed(body);
            return;
        }
        ByteBuffer one = body.duplicate();
        while (body.hasRemaining() && !left) {
            if (bytesUntilBreak > 0) {
                bytesUntilBreak--;
            }
            int at = body.position();
            body.position(at + 1);
            one.limit(at + 1).position(at);
            parser.feed(one);
            if (bytesUntilBreak == 0) {
                leave(breaking);
            }
        }
    }

    private void gone() {
        close();
        if (!left) {
            left = true;
            reader.onEnd(this);
        }
    }

    void close() {
        key.cancel();
        try {
            channel.close();
        } catch (IOException alreadyGone) {
            left = true;
        }
        swarm.closed(this);
    }
}
