// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.Hub;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * An HTTP request with its whole body. Immutable.
 *
 * <pre>{@code
 * .get("/square", request -> {
 *     double n = request.number("n", 1, -1000, 1000);
 *     return Response.json(Map.of("square", n * n));
 * })
 * }</pre>
 */
public interface Request {

    String method();

    /**
     * {@code https} if the request came over TLS, else {@code http}; a proxy in front of the server may have been asked with the
     * other one.
     */
    String scheme();

    /** The host that the client asked, with its port if it gave one, as it was sent; null only over HTTP/1.0. */
    @Nullable
    String host();

    /** The path, percent-decoded, without the query. */
    String path();

    /**
     * What the path has in place of {@code {name}} or {@code {name...}} of the route, percent-decoded; never empty.
     *
     * @throws IllegalArgumentException if the route has no such parameter
     */
    String path(String name);

    /** A query parameter, or null if it is absent or empty; the first one that is not empty if there are several. */
    @Nullable
    String query(String name);

    /** A query parameter, or {@code absent} if it is absent or empty. */
    default String query(String name, String absent) {
        String value = query(name);
        return value == null ? absent : value;
    }

    /** A query parameter that may be given several times, empty ones left out. */
    List<String> queryAll(String name);

    /**
     * A query parameter as a decimal number.
     *
     * @param absent the value of an absent or empty parameter; not checked against the range
     * @throws HttpProblem 400, naming the parameter and the range, if it is not a number from {@code min} to {@code max}
     */
    double number(String name, double absent, double min, double max);

    /** A header, or null if it is absent; the name's case does not matter. */
    @Nullable
    String header(String name);

    /**
     * Who makes the request. A program guards its own paths: the server demands a token only for the hub's own interface.
     *
     * @throws HttpProblem 401 if the request came with a token that is not valid
     */
    Caller caller();

    /** The body; empty for none. Not to be changed. */
    byte[] body();

    /**
     * The body as JSON, read strictly: UTF-8, no key twice, nothing after the value. No body counts as an object without members.
     *
     * @throws HttpProblem 400 if it is not JSON, 415 if its content type says that it is something else
     */
    JsonNode json();

    /** The hub of the server that got this request. */
    Hub hub();
}
