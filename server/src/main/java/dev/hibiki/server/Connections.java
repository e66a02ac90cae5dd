// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many connections there are, in all and from each address. One too many is closed before anything is read from it: to a
 * client that looks like a network failure, so it tries again, even an {@code EventSource}. Any answer would keep the
 * connection open for a while.
 *
 * <p>An address that speaks for others is not counted: a trusted proxy's, or one of this machine. Any thread.
 */
final class Connections {

    private final int most;
    private final TrustedProxies proxies;
    private final Refusals refusals;
    private final AtomicInteger open = new AtomicInteger();
    private final Tally<Network> byAddress;

    Connections(Shares shares, TrustedProxies proxies, Refusals refusals) {
        this.most = shares.connections();
        this.byAddress = new Tally<>(shares.connectionsPerAddress());
        this.proxies = proxies;
        this.refusals = refusals;
    }

    /** Counts a connection until it closes, or returns false if there is no place for it. */
    boolean enter(Channel connection) {
        if (open.incrementAndGet() > most) {
            open.decrementAndGet();
            refusals.add(Refusals.Limit.CONNECTIONS);
            return false;
        }
        InetAddress address = address(connection);
        if (isCounted(address, proxies)) {
            Network network = Network.of(address);
            if (!byAddress.enter(network)) {
                open.decrementAndGet();
                refusals.add(Refusals.Limit.CONNECTIONS_PER_ADDRESS);
                return false;
            }
            connection.closeFuture().addListener(closed -> byAddress.leave(network));
        }
        connection.closeFuture().addListener(closed -> open.decrementAndGet());
        return true;
    }

    /** Whether an address stands for one client. */
    static boolean isCounted(InetAddress address, TrustedProxies proxies) {
        byte[] bytes = address.getAddress();
        boolean here = address.isLoopbackAddress() && bytes[bytes.length - 1] == 1 && bytes[1] == 0;
        return !here && !proxies.trusts(address);
    }

    /** The address at the other end. */
    static InetAddress address(Channel connection) {
        return connection.remoteAddress() instanceof InetSocketAddress socket && socket.getAddress() != null
                ? socket.getAddress()
                : InetAddress.getLoopbackAddress();
    }

    /** How many addresses have a connection, of those that are counted. */
    int addresses() {
        return byAddress.size();
    }
}
