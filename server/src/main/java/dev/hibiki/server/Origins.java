// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The origins that the server's operator has named: their pages may read what it answers.
 *
 * <p>An origin is named as a browser writes it, {@code https://app.example}, since it is compared as text.
 * {@code https://*.example.com} names all below a domain, at any depth, but not the domain itself. {@code *} names nobody:
 * it lets every page read what needs no credentials, and trusts none. The origin {@code null}, which any sandboxed frame
 * has, cannot be named.
 */
final class Origins {

    /** What may be given, as the end of a refusal. */
    static final String RULE = "an origin as browsers write it, such as https://app.example or http://localhost:5173,"
            + " without path and without default port; https://*.example.com for all below a domain; or * for every page,"
            + " without credentials";

    private static final String LABELS = "[a-z0-9_-]+(\\.[a-z0-9_-]+)*";
    private static final Pattern ORIGIN = Pattern.compile(
            "[a-z][a-z0-9+.-]{0,30}://(\\*\\.)?(" + LABELS + "|\\[[0-9a-f:.]{2,45}])(:[1-9][0-9]{0,4})?");
    private static final Pattern DEFAULT_PORT = Pattern.compile("http://.*:80|https://.*:443");
    private static final Pattern SUBDOMAINS = Pattern.compile(LABELS);

    /** All origins below a domain: the text before the star, and the text after it. */
    private record Below(String scheme, String domain) {

        boolean names(String origin) {
            return origin.length() > scheme.length() + domain.length()
                    && origin.startsWith(scheme)
                    && origin.endsWith(domain)
                    && SUBDOMAINS
                            .matcher(origin.substring(scheme.length(), origin.length() - domain.length()))
                            .matches();
        }
    }

    private final Set<String> exact = new HashSet<>();
    private final List<Below> below = new ArrayList<>();
    private final boolean every;

    /**
     * Takes what was given.
     *
     * @throws IllegalArgumentException naming the first that cannot be
     */
    Origins(List<String> given) {
        boolean all = false;
        for (String text : given) {
            String origin = text.toLowerCase(Locale.ROOT);
            int star = origin.indexOf('*');
            if (origin.equals("*")) {
                all = true;
            } else if (!ORIGIN.matcher(origin).matches()
                    || DEFAULT_PORT.matcher(origin).matches()) {
                throw new IllegalArgumentException("cors.origin: " + text + " (expected: " + RULE + ")");
            } else if (star >= 0) {
                below.add(new Below(origin.substring(0, star), origin.substring(star + 1)));
            } else {
                exact.add(origin);
            }
        }
        every = all;
    }

    /** Whether an origin was named: its pages may read answers, and send credentials for them. */
    boolean names(String origin) {
        return exact.contains(origin) || below.stream().anyMatch(domain -> domain.names(origin));
    }

    /** Whether every page may read what needs no credentials. */
    boolean every() {
        return every;
    }
}
