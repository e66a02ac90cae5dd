// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decides who may talk to a server without a key: everybody on this machine, but no page from elsewhere.
 *
 * <p>Such a server trusts everybody who reaches it, and a browser on this machine reaches it on behalf of any page that it shows. So
 * two things are refused with 403. A request for a foreign {@code Host}: its page has pointed a name of its own at this address (DNS
 * rebinding) and would be same-origin. And a request that may change something and comes from a foreign {@code Origin}, or, as the
 * browser says, from another site: a form can be sent without a preflight. Pages of loopback origins, on any port, are this
 * machine's own, so that the development server of a front end works; {@link Cors} lets them read the answers. So are pages of
 * origins that were named.
 *
 * <p>A server that was bound beyond loopback on purpose has names that it cannot know, so {@code Host} is not checked, and a
 * page counts as its own if its {@code Origin} matches {@code Host}.
 */
final class DevelopmentGate {

    private static final Pattern PORT = Pattern.compile(":[0-9]{1,5}$");
    private static final Pattern LOOPBACK_V4 = Pattern.compile("127(\\.(25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})){3}");

    private final boolean beyondLoopback;
    private final Origins named;

    /** @param named the origins whose pages count as this machine's own */
    DevelopmentGate(boolean beyondLoopback, Origins named) {
        this.beyondLoopback = beyondLoopback;
        this.named = named;
    }

    /**
     * Lets a request in.
     *
     * @throws HttpProblem 403
     */
    void check(RequestHead head) {
        String host = head.host();
        if (!beyondLoopback && host != null && !isLoopback(host)) {
            throw forbidden(
                    "host: is not this machine (expected: localhost, *.localhost, 127.0.0.0/8 or [::1], because the"
                            + " server is in development mode)");
        }
        if (!head.isUnsafe()) {
            return;
        }
        String origin = head.header(HttpHeaderNames.ORIGIN);
        if (origin != null) {
            if (!named.names(origin) && !isOwnPage(origin, host)) {
                throw forbidden(
                        "origin: is foreign (expected: a page of this machine or one that cors.origin names, because the"
                                + " server is in development mode)");
            }
        } else if ("cross-site".equalsIgnoreCase(head.header("sec-fetch-site"))) {
            throw forbidden("sec-fetch-site: is cross-site (expected: a page of this machine, because the server is in"
                    + " development mode)");
        }
    }

    /** Whether an origin is that of a page of this machine, or of the server itself where it is known by a foreign name. */
    boolean isOwnPage(String origin, @Nullable String host) {
        int scheme = origin.indexOf("://");
        if (scheme < 0) {
            return false;
        }
        String name = origin.substring(0, scheme).toLowerCase(Locale.ROOT);
        String authority = origin.substring(scheme + 3);
        return (name.equals("http") || name.equals("https"))
                && (isLoopback(authority) || (beyondLoopback && authority.equalsIgnoreCase(host)));
    }

    /** Whether an authority, with or without a port, names this machine. */
    static boolean isLoopback(String authority) {
        String host = PORT.matcher(authority.toLowerCase(Locale.ROOT)).replaceFirst("");
        return host.equals("localhost")
                || (host.endsWith(".localhost") && host.matches("[a-z0-9.-]+"))
                || host.equals("[::1]")
                || LOOPBACK_V4.matcher(host).matches();
    }

    private static HttpProblem forbidden(String detail) {
        return new HttpProblem(403, "Forbidden", detail);
    }
}
