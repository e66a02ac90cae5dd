// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import dev.hibiki.event.EventParser;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
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
     * @param uri {@code http://} or {@code https://}, a host, and whatever path and query the stream has
     * @throws IllegalArgumentException if it is anything else, has a port beyond 65535, or names a user
     */
    public static Builder builder(URI uri) {
        return new Builder(uri);
    }

    /** Whether a header can carry it unchanged: the JDK writes headers as ASCII, with a question mark for everything else. */
    static boolean isPrintable(String text) {
        return text.chars().allMatch(c -> c >= ' ' && c <= '~');
    }

    /** The time, but no more than timers take: 2<sup>31</sup>-1 ms, which is some 24 days. */
    static Duration atMostDays(Duration time) {
        Duration most = Duration.ofMillis(Integer.MAX_VALUE);
        return time.compareTo(most) < 0 ? time : most;
    }

    /**
     * The settings, each with its default. A value that cannot work is refused at once, with an
     * {@link IllegalArgumentException}. Times longer than 24 days count as 24 days. Not thread-safe.
     */
    public static final class Builder {

        private static final URI ANYWHERE = URI.create("http://localhost/");

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
            if (uri.getPort() == 0 || uri.getPort() > 65_535) {
                throw new IllegalArgumentException("uri: port " + uri.getPort() + " (expected: 1 to 65535)");
            }
            if (uri.getRawUserInfo() != null) {
                throw new IllegalArgumentException("uri: names a user (expected: a header Authorization instead)");
            }
            this.uri = uri;
        }

        /**
         * The request's method, such as POST, and its body, sent as UTF-8, or null for none; a body usually wants a header
         * {@code Content-Type}. Sent again with each attempt. Default: GET without a body.
         */
        public Builder request(String newMethod, @Nullable String newBody) {
            try {
                HttpRequest.newBuilder(ANYWHERE).method(newMethod, HttpRequest.BodyPublishers.noBody());
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "method: " + newMethod + " (expected: a method of HTTP other than CONNECT)", e);
            }
            method = newMethod;
            body = newBody;
            return this;
        }

        /**
         * A header of each request; it replaces one of the same name, {@code Accept} included. Not one that belongs to the
         * connection ({@code Host}, {@code Connection}, {@code Content-Length} …). {@code Authorization} and {@code Cookie}
         * stay with their origin when a redirect leads to another.
         */
        public Builder header(String name, String value) {
            try {
                HttpRequest.newBuilder(ANYWHERE).setHeader(name, value);
            } catch (IllegalArgumentException e) {
                // Its message would have the value, which may be a secret.
                throw new IllegalArgumentException(
                        "header " + name + ": cannot be set (expected: a name that is free, a value of one line)");
            }
            if (!isPrintable(value.replace('\t', ' '))) {
                throw new IllegalArgumentException("header " + name + ": has other characters (expected: ASCII)");
            }
            headers.put(name, value);
            return this;
        }

        /**
         * Asked before each request for what to send as {@code Authorization: Bearer}, or null for nothing; on the source's
         * thread, so it may block; closing the source interrupts it. It is asked once more at once after a 401, and once
         * before its token expires on a Hibiki hub. When it throws, that is a failure like any other, and it is asked again.
         */
        public Builder token(Supplier<@Nullable String> supplier) {
            token = Objects.requireNonNull(supplier);
            return this;
        }

        /** The id after which the first connection resumes. Default: empty, to begin where the server begins. */
        public Builder lastEventId(String id) {
            if (id.chars().anyMatch(c -> c == '\n' || c == '\r' || c == 0)) {
                throw new IllegalArgumentException("lastEventId: has a line break or NUL (expected: one line)");
            }
            lastEventId = id;
            return this;
        }

        /**
         * How long to wait after the end of a stream, until the server says otherwise by {@code retry:}; zero for the least, which is
         * 100 ms. Default: 3 s.
         */
        public Builder reconnectionTime(Duration time) {
            reconnectionTime = atLeastZero("reconnectionTime", time);
            return this;
        }

        /**
         * The longest wait to which failures to connect, one after the other, can lead. What the server asks for may be
         * longer. Default: 30 s.
         */
        public Builder mostBackoff(Duration time) {
            mostBackoff = positive("mostBackoff", time);
            return this;
        }

        /**
         * How many failures in a row are tried again; the next one is the end. Each failure to connect and each end of a
         * stream counts; an event starts the count again. 0: nothing is tried again. Default: no limit.
         */
        public Builder maxRetries(int retries) {
            if (retries < 0) {
                throw new IllegalArgumentException("maxRetries: " + retries + " (expected: 0 or more)");
            }
            maxRetries = retries;
            return this;
        }

        /** How long the head of an answer may take, connecting included; counted again for each redirect. Default: 10 s. */
        public Builder connectTimeout(Duration time) {
            connectTimeout = positive("connectTimeout", time);
            return this;
        }

        /**
         * How long an open stream may send nothing, not even a comment, before it is taken for dead; zero: for ever. Time in
         * which the listener is busy does not count. Default: 45 s, three times the usual keep-alive.
         */
        public Builder idleTimeout(Duration time) {
            idleTimeout = atLeastZero("idleTimeout", time);
            return this;
        }

        /** How much a line and an event may hold, in bytes; more is the end of the source. Default: 4 MiB each. */
        public Builder limits(EventParser.Limits newLimits) {
            limits = Objects.requireNonNull(newLimits);
            return this;
        }

        /**
         * The HTTP client to use, with a proxy or keys of its own. It should not follow redirects, because the source does.
         * The source does not close it. Default: one that all sources share, which lives as long as the program.
         */
        public Builder httpClient(HttpClient client) {
            httpClient = Objects.requireNonNull(client);
            return this;
        }

        /** What was set so far; the builder may be used again. */
        public EventSourceConfig build() {
            return new EventSourceConfig(this);
        }

        private static Duration positive(String name, Duration value) {
            if (value.isNegative() || value.isZero()) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: more than zero)");
            }
            return atMostDays(value);
        }

        private static Duration atLeastZero(String name, Duration value) {
            if (value.isNegative()) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: zero or more)");
            }
            return atMostDays(value);
        }
    }
}
