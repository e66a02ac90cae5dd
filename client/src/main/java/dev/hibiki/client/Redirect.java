// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import java.net.URI;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where a redirect leads (RFC 9110, section 10.2.2), and what may go there. */
final class Redirect {

    private static final Set<Integer> STATUSES = Set.of(301, 302, 303, 307, 308);

    private Redirect() {}

    static boolean isOne(int status) {
        return STATUSES.contains(status);
    }

    /** The place, or null if it must not be followed: there is none, it is not HTTP, or it would leave TLS. */
    static @Nullable URI place(URI from, @Nullable String location) {
        if (location == null || location.isEmpty()) {
            return null;
        }
        URI place;
        try {
            place = location.startsWith("?") ? withQuery(from, location) : from.resolve(location);
        } catch (IllegalArgumentException noUri) {
            return null;
        }
        boolean http = "http".equalsIgnoreCase(place.getScheme()) || isSecure(place);
        boolean downgrade = isSecure(from) && !isSecure(place);
        return http && !downgrade && place.getHost() != null ? place : null;
    }

    /** The JDK resolves a query alone against the folder, not against the page (RFC 3986, section 5.2.2). */
    private static URI withQuery(URI from, String query) {
        return URI.create(from.getScheme() + "://" + from.getRawAuthority() + from.getRawPath() + query);
    }

    /** Whether what was meant for one place may go to the other too. */
    static boolean isSameOrigin(URI one, URI other) {
        return origin(one).equals(origin(other));
    }

    private static String origin(URI uri) {
        int port = uri.getPort() >= 0 ? uri.getPort() : isSecure(uri) ? 443 : 80;
        return (uri.getScheme() + "://" + uri.getHost() + ":" + port).toLowerCase(Locale.ROOT);
    }

    static boolean isSecure(URI uri) {
        return "https".equalsIgnoreCase(uri.getScheme());
    }
}
