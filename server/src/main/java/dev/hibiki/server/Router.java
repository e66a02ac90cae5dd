// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Finds what serves a path. Filled while the server starts, read by all loops afterwards. */
final class Router {

    /** The endpoint of a path and a method, with the values of the path's parameters. */
    record Found(Endpoint endpoint, Map<String, String> parameters) {}

    private static final class Route {
        final RoutePattern pattern;
        final Map<String, Endpoint> methods = new TreeMap<>();

        Route(RoutePattern pattern) {
            this.pattern = pattern;
        }
    }

    private final TreeMap<RoutePattern, Route> routes = new TreeMap<>();

    /**
     * Adds a route.
     *
     * @throws IllegalArgumentException if it is not a pattern, or is served already
     */
    void add(String method, String path, Endpoint endpoint) {
        Route route = routes.computeIfAbsent(RoutePattern.of(path), Route::new);
        if (route.methods.putIfAbsent(method, endpoint) != null) {
            throw new IllegalArgumentException(
                    "path: " + method + " " + path + " (expected: a path that nothing else serves)");
        }
    }

    /**
     * Finds what serves a request; {@code HEAD} is served by {@code GET}.
     *
     * @throws HttpProblem 404, or 405 with the methods that are allowed
     */
    Found find(String method, List<String> segments) {
        TreeSet<String> allowed = new TreeSet<>();
        for (Route route : routes.values()) {
            Map<String, String> parameters = route.pattern.match(segments);
            if (parameters != null) {
                Endpoint endpoint = route.methods.get(method.equals("HEAD") ? "GET" : method);
                if (endpoint != null) {
                    return new Found(endpoint, parameters);
                }
                allowed.addAll(route.methods.keySet());
            }
        }
        if (allowed.isEmpty()) {
            throw HttpProblem.notFound("nothing is served at this path");
        }
        throw new HttpProblem(405, "Method not allowed", "this path takes " + allow(allowed))
                .withHeader("Allow", allow(allowed));
    }

    /** The methods that a path takes, as {@code Allow} lists them, or null if nothing is served there. */
    @Nullable
    String allowed(List<String> segments) {
        TreeSet<String> allowed = new TreeSet<>();
        for (Route route : routes.values()) {
            if (route.pattern.match(segments) != null) {
                allowed.addAll(route.methods.keySet());
            }
        }
        return allowed.isEmpty() ? null : allow(allowed);
    }

    private static String allow(Set<String> methods) {
        var all = new ArrayList<String>(methods);
        if (methods.contains("GET")) {
            all.add("HEAD");
        }
        all.add("OPTIONS");
        return String.join(", ", all);
    }
}
