// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The loops, the port, and the connections that came over it.
 *
 * <p>Little waits in a socket: 64 KB in the kernel, whose own tuning would allow 4 MB, and 16 KB here. So a slow reader's place is in the
 * log, where what waits is shared.
 */
final class Listener {

    /**
     * Room for two of the largest segments. With 32 KB one segment of a loopback connection (to a proxy on this machine, say) fills the
     * buffer, and each waits for the peer's delayed acknowledgement: 2 MB a second, where this gives hundreds.
     */
    private static final int SEND_BUFFER = 64 * 1024;

    static final WriteBufferWaterMark WATER_MARKS = new WriteBufferWaterMark(8 * 1024, 16 * 1024);
    private static final int BACKLOG = 8192;

    private final Transport transport;
    private final MultiThreadIoEventLoopGroup group;
    private final Set<Channel> connections = ConcurrentHashMap.newKeySet();

    private final List<Channel> ports = new ArrayList<>();

    Listener(List<Transport> allowed) {
        Transport.Loops started = Transport.start(allowed, Runtime.getRuntime().availableProcessors());
        transport = started.transport();
        group = started.group();
    }

    Transport transport() {
        return transport;
    }

    List<EventExecutor> loops() {
        var loops = new ArrayList<EventExecutor>();
        group.forEach(loops::add);
        return loops;
    }

    /**
     * Begins to accept connections on one more port.
     *
     * @param setting what the port is called where it is set
     * @param tls what proves who we are, or null to be spoken to without TLS
     * @throws ServerStartException if the port cannot be had
     */
    int listen(String setting, InetSocketAddress address, Site site, @Nullable TlsKeys tls)
            throws InterruptedException {
        var bootstrap = new ServerBootstrap()
                .group(group)
                .channel(transport.channel())
                .handler(OneReadATurn.HANDLER)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.SO_SNDBUF, SEND_BUFFER)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARKS)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, received())
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        if (!site.edge().connections().enter(channel)) {
                            var unused = channel.close();
                            return;
                        }
                        connections.add(channel);
                        channel.closeFuture().addListener(closed -> connections.remove(channel));
                        ProtocolChoice.begin(channel, site, tls);
                    }
                });
        ChannelFuture bound = bootstrap.bind(address).await();
        if (!bound.isSuccess()) {
            throw new ServerStartException(List.of(setting + ": " + address.getPort() + " on " + address.getHostString()
                    + " is in use or not to be had (expected: a free port; 0 takes any)"));
        }
        ports.add(bound.channel());
        return ((InetSocketAddress) bound.channel().localAddress()).getPort();
    }

    /** One read in each turn of the loop: a peer that sends without end takes no more of it than any other. */
    private static RecvByteBufAllocator received() {
        return new AdaptiveRecvByteBufAllocator(512, 2048, 65_536).maxMessagesPerRead(1);
    }

    /** Accepts no more connections. */
    void stopAccepting() throws InterruptedException {
        for (Channel port : ports) {
            port.close().await();
        }
    }

    /** Tells each connection, soon. */
    void tell(Stopping event) {
        for (Channel connection : connections) {
            connection.eventLoop().execute(() -> connection.pipeline().fireUserEventTriggered(event));
        }
    }

    /** How many connections there are. */
    int connections() {
        return connections.size();
    }

    /** Ends every connection: streams with their last chunk, requests with their answer; what is left after a while is closed. */
    void endConnections(long millis) throws InterruptedException {
        tell(Stopping.NOW);
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        for (Channel connection : connections) {
            connection.closeFuture().await(Math.max(1, (until - System.nanoTime()) / 1_000_000), TimeUnit.MILLISECONDS);
        }
        for (Channel connection : connections) {
            connection.close().await(millis, TimeUnit.MILLISECONDS);
        }
    }

    /** Ends the loops; nothing runs on them afterwards. */
    void close() throws InterruptedException {
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).await();
    }

    /** Ends the loops before anything ran on them; does not wait. */
    void abandon() {
        var unused = group.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }

    /** Goes through each connection's pipeline when the server stops. */
    enum Stopping {
        /** No more is taken; what was taken is answered. */
        DRAINING,
        /** The connection ends with what it owes. */
        NOW
    }
}
