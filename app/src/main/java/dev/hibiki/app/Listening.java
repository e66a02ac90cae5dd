// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tries whether the address could be listened on, for a start that is refused anyway: so somebody with a wrong setting and a
 * port in use learns of both at once, in the server's words. A start that nothing else prevents does not try first; it
 * listens.
 */
final class Listening {

    private Listening() {}

    /** What would be refused, one line each. */
    static List<String> problems(String bind, int port, boolean mayLeaveLoopback) {
        InetAddress address;
        try {
            address = InetAddress.getByName(bind);
        } catch (UnknownHostException unknown) {
            return List.of("bind: " + bind + " (expected: an address or a name of this machine)");
        }
        var problems = new ArrayList<String>();
        if (!address.isLoopbackAddress() && !mayLeaveLoopback) {
            problems.add("bind: " + bind
                    + " (expected: a loopback address, or insecure, as long as no key protects the server)");
        }
        String ofPort = problem("port", bind, port);
        if (ofPort != null) {
            problems.add(ofPort);
        }
        return problems;
    }

    /** Why a port cannot be taken, or null if it can; an address that does not exist is reported elsewhere. */
    static @Nullable String problem(String key, String bind, int port) {
        var address = new InetSocketAddress(bind, port);
        if (address.isUnresolved()) {
            return null;
        }
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(address);
            return null;
        } catch (IOException taken) {
            return key + ": " + port + " on " + bind
                    + " is in use or not to be had (expected: a free port; 0 takes any)";
        }
    }
}
