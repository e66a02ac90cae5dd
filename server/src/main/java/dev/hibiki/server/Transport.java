// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoHandlerConfig;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How bytes get from and to the kernel; the first that works is used, in this order. A kernel that has io_uring may still
 * refuse it to this process (a container's filter, a limit on locked memory), so a transport works only once its loops run.
 */
enum Transport {
    IO_URING {
        @Override
        boolean isAvailable() {
            return IoUring.isAvailable();
        }

        @Override
        IoHandlerFactory handlers() {
            // A broadcast completes tens of thousands of writes in one turn; the default rings overflow and fall back
            // to a slow path.
            return IoUringIoHandler.newFactory(
                    new IoUringIoHandlerConfig().setRingSize(4096).setCqSize(65_536));
        }

        @Override
        Class<? extends ServerChannel> channel() {
            return IoUringServerSocketChannel.class;
        }
    },
    EPOLL {
        @Override
        boolean isAvailable() {
            return Epoll.isAvailable();
        }

        @Override
        IoHandlerFactory handlers() {
            return EpollIoHandler.newFactory();
        }

        @Override
        Class<? extends ServerChannel> channel() {
            return EpollServerSocketChannel.class;
        }
    },
    NIO {
        @Override
        boolean isAvailable() {
            return true;
        }

        @Override
        IoHandlerFactory handlers() {
            return NioIoHandler.newFactory();
        }

        @Override
        Class<? extends ServerChannel> channel() {
            return NioServerSocketChannel.class;
        }
    };

    /** Loops that run, and the transport that they run on. */
    record Loops(Transport transport, MultiThreadIoEventLoopGroup group) {}

    private static final Logger LOG = LoggerFactory.getLogger(HibikiServer.class.getPackageName());

    abstract boolean isAvailable();

    abstract IoHandlerFactory handlers();

    abstract Class<? extends ServerChannel> channel();

    /** The word for it in settings and logs. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * The transports that a setting allows, best first.
     *
     * @throws IllegalArgumentException if it does not name a transport
     */
    static List<Transport> of(String setting) {
        if (setting.equals("auto")) {
            return List.of(values());
        }
        return List.of(Arrays.stream(values())
                .filter(transport -> transport.word().equals(setting))
                .findAny()
                .orElseThrow(() -> new IllegalArgumentException(
                        "transport: " + setting + " (expected: auto, io_uring, epoll or nio)")));
    }

    /**
     * Starts loops on the first transport that works.
     *
     * @throws ServerStartException if none does
     */
    static Loops start(List<Transport> allowed, int loops) {
        for (Transport transport : allowed) {
            if (transport.isAvailable()) {
                try {
                    return new Loops(
                            transport, new MultiThreadIoEventLoopGroup(loops, threads(), transport.handlers()));
                } catch (RuntimeException refused) {
                    LOG.warn("{} is there, but refused: {}", transport.word(), refused.toString());
                }
            }
        }
        throw new ServerStartException(
                List.of("transport: " + allowed.get(0).word() + " (expected: one that this machine allows)"));
    }

    private static ThreadFactory threads() {
        var number = new AtomicInteger();
        return task -> new FastThreadLocalThread(task, "hibiki-loop-" + number.incrementAndGet());
    }
}
