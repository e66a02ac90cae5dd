// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decides who is believed about where a request comes from.
 *
 * <p>Anybody can send {@code X-Forwarded-For}. It is read only if the peer is a proxy that was named, and then from its end: each proxy
 * appends the address it has seen, so the last address that is no proxy's is the client's, and everything before it is what that client
 * claims. A proxy that sends {@code X-Real-IP} alone is believed too. If both are there and differ, the proxy has set one of them and
 * passed the other on from the client; as it does not say which, neither counts, and the request is taken for the proxy's own.
 */
final class TrustedProxies {

    static final String RULE = "an address, such as 10.0.0.1 or ::1, or a range, such as 10.0.0.0/8 or fd00::/8";

    private static final String FORWARDED_FOR = "x-forwarded-for";
    private static final String REAL_IP = "x-real-ip";

    private record Range(InetAddress from, int bits) {

        boolean contains(byte[] other) {
            byte[] address = from.getAddress();
            if (other.length != address.length) {
                return false;
            }
            for (int i = 0; i < bits; i++) {
                int mask = 0x80 >> (i & 7);
                if (((address[i >> 3] ^ other[i >> 3]) & mask) != 0) {
                    return false;
                }
            }
            return true;
        }
    }

    private final List<Range> ranges = new ArrayList<>();

    /**
     * Takes what was given.
     *
     * @throws IllegalArgumentException naming the first that cannot be
     */
    TrustedProxies(List<String> given) {
        for (String text : given) {
            int slash = text.indexOf('/');
            InetAddress address = parsed(slash < 0 ? text : text.substring(0, slash));
            int most = address == null ? 0 : address.getAddress().length * 8;
            int bits = slash < 0 ? most : number(text.substring(slash + 1));
            if (address == null || bits < 0 || bits > most) {
                throw new IllegalArgumentException("trusted-proxy: " + text + " (expected: " + RULE + ")");
            }
            ranges.add(new Range(address, bits));
        }
    }

    private static int number(String text) {
        return text.matches("[0-9]{1,3}") ? Integer.parseInt(text) : -1;
    }

    /** Whether an address is a proxy's. */
    boolean trusts(InetAddress address) {
        byte[] bytes = address.getAddress();
        return ranges.stream().anyMatch(range -> range.contains(bytes));
    }

    /** Where a request comes from, as far as it can be believed. */
    InetAddress client(InetAddress peer, HttpHeaders headers) {
        if (ranges.isEmpty() || !trusts(peer)) {
            return peer;
        }
        List<String> chain = headers.getAll(FORWARDED_FOR);
        String real = headers.get(REAL_IP);
        InetAddress forwarded = chain.isEmpty() ? null : last(peer, String.join(",", chain));
        InetAddress named = real == null ? null : parsed(real.trim());
        if (forwarded == null) {
            return named == null ? peer : named;
        }
        // A proxy behind another proxy names that one: then the list says more.
        return named == null || named.equals(forwarded) || trusts(named) ? forwarded : peer;
    }

    /** The last address of a list that is no proxy's; whatever stands before something that is not an address is ignored. */
    private InetAddress last(InetAddress peer, String list) {
        InetAddress client = peer;
        String[] hops = list.split(",", -1);
        for (int i = hops.length - 1; i >= 0 && trusts(client); i--) {
            InetAddress hop = parsed(hops[i].trim());
            if (hop == null) {
                break;
            }
            client = hop;
        }
        return client;
    }

    /** Reads an address, perhaps with a port, without resolving names; null if it is none. */
    private static @Nullable InetAddress parsed(String text) {
        String host = text;
        if (host.startsWith("[")) {
            int end = host.indexOf(']');
            host = end < 0 ? "" : host.substring(1, end);
        } else if (host.indexOf(':') >= 0 && host.indexOf(':') == host.lastIndexOf(':')) {
            host = host.substring(0, host.indexOf(':'));
        }
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
        try {
            return bytes == null ? null : InetAddress.getByAddress(bytes);
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
