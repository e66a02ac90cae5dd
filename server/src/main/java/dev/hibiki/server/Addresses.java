// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a server listens, and whether it may: other machines can reach it only if a key protects it or its operator has allowed that.
 *
 * @param told the address to listen on, or null for the default
 * @param metricsPort the port for monitoring, or null for none
 * @param isProtected whether a key says who may do what
 */
record Addresses(
        int port,
        @Nullable String told,
        @Nullable Integer metricsPort,
        String metricsBind,
        boolean insecure,
        boolean isProtected) {

    /** The address to listen on. */
    String bind() {
        return told != null ? told : isProtected ? "0.0.0.0" : "127.0.0.1";
    }

    boolean beyondLoopback() {
        return isBeyondLoopback(bind());
    }

    InetSocketAddress clients() {
        return new InetSocketAddress(bind(), port);
    }

    /** Where monitoring is served, or null for nowhere. */
    @Nullable
    InetSocketAddress metrics() {
        return metricsPort == null ? null : new InetSocketAddress(metricsBind, metricsPort);
    }

    /** What cannot work, one line each. */
    List<String> problems() {
        var problems = new ArrayList<String>();
        checkPort(problems, "port", port);
        if (metricsPort != null) {
            checkPort(problems, "metrics.port", metricsPort);
        }
        boolean safe = insecure || isProtected;
        try {
            if (!InetAddress.getByName(bind()).isLoopbackAddress() && !safe) {
                problems.add(beyondLoopback("bind", bind()));
            }
        } catch (UnknownHostException unknown) {
            problems.add("bind: " + bind() + " (expected: an address or a name of this machine)");
        }
        if (metricsPort != null && isBeyondLoopback(metricsBind) && !safe) {
            problems.add(beyondLoopback("metrics.bind", metricsBind));
        }
        return problems;
    }

    private static void checkPort(List<String> problems, String name, int port) {
        if (port < 0 || port > 65_535) {
            problems.add(name + ": " + port + " (expected: 0 to 65535)");
        }
    }

    private static String beyondLoopback(String name, String address) {
        return name + ": " + address
                + " (expected: a loopback address, or insecure, as long as no key protects the server)";
    }

    /** True for a name that is unknown too: it is refused elsewhere, and until then taken for one that everybody can reach. */
    private static boolean isBeyondLoopback(String address) {
        try {
            return !InetAddress.getByName(address).isLoopbackAddress();
        } catch (UnknownHostException unknown) {
            return true;
        }
    }
}
