// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import dev.hibiki.event.EventParser;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a stream is asked for, and how patiently. Immutable. */
public final class EventSourceConfig {

    final URI uri;
    final String method;
    final @Nullable String body;
    final Map<String, String> headers;
    final @Nullable Supplier<@Nullable String> token;
    final String lastEventId;
    final Duration reconnectionTime;
    final Duration mostBackoff;
    final int maxRetries;
    final Duration connectTimeout;
    final Duration idleTimeout;
    final EventParser.Limits limits;
    final @Nullable HttpClient httpClient;

    private EventSourceConfig(Builder builder) {
        uri = builder.uri;
        method = builder.method;
        body = builder.body;
        headers = Map.copyOf(builder.headers);
        token = builder.token;
        lastEventId = builder.lastEventId;
        reconnectionTime = builder.reconnectionTime;
        mostBackoff = builder.mostBackoff;
        maxRetries = builder.maxRetries;
        connectTimeout = builder.connectTimeout;
        idleTimeout = builder.idleTimeout;
        limits = builder.limits;
        httpClient = builder.httpClient;
    }

    /** A GET of that address, with the defaults of each setting. */
    public static EventSourceConfig of(URI uri) {
        return builder(uri).build();
    }

    /**
     * Begins a configuration.
     *
     * @throws IllegalArgumentException if the address is not http or https
     */
    public static Builder builder(URI uri) {
        return new Builder(uri);
    }

    /** The settings, each with its default. A value that cannot work is refused at once, by an {@link IllegalArgumentException}. */
    public static final class Builder {

        private final URI uri;
        private String method = "GET";
        private @Nullable String body;
        private final Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        private @Nullable Supplier<@Nullable String> token;
        private String lastEventId = "";
        private Duration reconnectionTime = Duration.ofSeconds(3);
        private Duration mostBackoff = Duration.ofSeconds(30);
        private int maxRetries = Integer.MAX_VALUE;
        private Duration connectTimeout = Duration.ofSeconds(10);
        private Duration idleTimeout = Duration.ofSeconds(45);
        private EventParser.Limits limits = EventParser.Limits.USUAL;
        private @Nullable HttpClient httpClient;

        private Builder(URI uri) {
            String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
            if (!(scheme.equals("http") || scheme.equals("https")) || uri.getHost() == null) {
                throw new IllegalArgumentException("uri: " + scheme + ":… (expected: http:// or https:// and a host)");
            }
            this.uri = uri;
        }

        /** The request's method and its body, sent as UTF-8, or null for none. Default: GET without a body. */
        public Builder request(String newMethod, @Nullable String newBody) {
            method = Objects.requireNonNull(newMethod);
            body = newBody;
            return this;
        }

        /** A header of each request, instead of one of that name. */
        public Builder header(String name, String value) {
            headers.put(name, value);
            return this;
        }

        /**
         * Asked before each request for what to send as {@code Authorization: Bearer}, or null for nothing; on the source's thread,
         * so it may block. After a 401 it is asked once more at once, and so before its token expires on a hub of ours.
         */
        public Builder token(Supplier<@Nullable String> supplier) {
            token = supplier;
            return this;
        }

        /** The id after which the first connection resumes. Default: empty, to begin where the server begins. */
        public Builder lastEventId(String id) {
            lastEventId = Objects.requireNonNull(id);
            return this;
        }

        /** How long to wait after the end of a stream, until the server says otherwise. Default: 3 s. */
        public Builder reconnectionTime(Duration time) {
            reconnectionTime = positive("reconnectionTime", time);
            return this;
        }

        /** The most that failures to connect may make of that. Default: 30 s. */
        public Builder mostBackoff(Duration time) {
            mostBackoff = positive("mostBackoff", time);
            return this;
        }

        /** How many failures in a row, without an event in between, are tried again; the next one is the end. Default: without end. */
        public Builder maxRetries(int retries) {
            if (retries < 0) {
                throw new IllegalArgumentException("maxRetries: " + retries + " (expected: 0 or more)");
            }
            maxRetries = retries;
            return this;
        }

        /** How long the head of an answer may take. Default: 10 s. */
        public Builder connectTimeout(Duration time) {
            connectTimeout = positive("connectTimeout", time);
            return this;
        }

        /**
         * How long an open stream may be silent, comments included, before it is taken for dead; zero for ever. Default: 45 s, three
         * times the usual keep-alive.
         */
        public Builder idleTimeout(Duration time) {
            idleTimeout = time.isZero() ? time : positive("idleTimeout", time);
            return this;
        }

        /** How much a line and an event may hold. Default: 4 MiB each. */
        public Builder limits(EventParser.Limits newLimits) {
            limits = Objects.requireNonNull(newLimits);
            return this;
        }

        /** The HTTP client to use, with a proxy or keys of its own. It should not follow redirects. Default: one that all share. */
        public Builder httpClient(HttpClient client) {
            httpClient = client;
            return this;
        }

        public EventSourceConfig build() {
            return new EventSourceConfig(this);
        }

        private static Duration positive(String name, Duration value) {
            if (value.isNegative() || value.isZero()) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: more than zero)");
            }
            return value;
        }
    }
}
