// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.net.Inet6Address;
import java.net.InetAddress;

/**
 * An address as limits count it: an IPv4 address is one client; of an IPv6 address the first 64 bits are, because whoever
 * has one such address has all that share these bits.
 *
 * @param six whether it is an IPv6 address
 * @param bits the address, or the first half of it
 */
record Network(boolean six, long bits) {

    static Network of(InetAddress address) {
        boolean six = address instanceof Inet6Address;
        long bits = 0;
        byte[] bytes = address.getAddress();
        for (int i = 0; i < (six ? 8 : 4); i++) {
            bits = bits << 8 | (bytes[i] & 0xff);
        }
        return new Network(six, bits);
    }
}
