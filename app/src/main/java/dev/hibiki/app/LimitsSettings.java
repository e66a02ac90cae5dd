// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.time.Duration;
import java.util.List;

/** The part of {@link ServeSettings} that bounds how much the server takes, from all and from each: {@code limits.*}. */
final class LimitsSettings {

    private LimitsSettings() {}

    static final Setting<Integer> STREAMS = Setting.one(
            "limits.streams",
            Kind.number("COUNT", 0, 10_000_000),
            100_000,
            "The most open streams, to fit the machine's memory; one more is refused softly and comes back later.");

    static final Setting<Integer> STREAMS_PER_USER = Setting.one(
            "limits.streams-per-user",
            Kind.number("COUNT", 0, 10_000_000),
            1000,
            "The most open streams of one user, 0 for no limit; one more is refused softly. More where many devices share"
                    + " one user.");

    static final Setting<Integer> STREAMS_PER_ADDRESS = Setting.one(
            "limits.streams-per-address",
            Kind.number("COUNT", 0, 10_000_000),
            10_000,
            "The most open streams from one address (IPv6: from one network of 64 bits), 0 for no limit; one more is"
                    + " refused softly. 127.0.0.1, ::1 and trusted proxies speak for others and are not counted. Less where no"
                    + " large network shares an address.");

    static final Setting<Integer> CONNECTIONS = Setting.optional(
            "limits.connections",
            Kind.number("COUNT", 1, 10_000_000),
            "nine tenths of the files that the process may open",
            "The most connections; one more is closed at once.");

    static final Setting<Integer> CONNECTIONS_PER_ADDRESS = Setting.one(
            "limits.connections-per-address",
            Kind.number("COUNT", 0, 10_000_000),
            10_000,
            "The most connections from one address, counted as streams are, 0 for no limit; one more is closed at once.");

    static final Setting<Integer> PUBLISHES = Setting.one(
            "limits.publishes",
            Kind.number("COUNT", 0, 1_000_000),
            0,
            "How many events a second one publisher may publish, 0 for no limit; beyond it 429, and a stream of"
                    + " publishes is read more slowly. For hubs to which strangers publish.");

    static final Setting<Long> EVENT = Setting.one(
            "limits.event",
            Kind.bytes(1, 64 << 20),
            1L << 20,
            "The largest data of an event that is published over HTTP; less where the clients are small devices.");

    static final Setting<Long> BODIES = Setting.one(
            "limits.bodies",
            Kind.bytes(64 << 10),
            64L << 20,
            "How many bytes of bodies may wait in memory, of all requests together; beyond it 503. More where very many"
                    + " publish large bodies at once.");

    static final Setting<Long> BODY = Setting.one(
            "limits.body",
            Kind.bytes(1, 64 << 20),
            1L << 20,
            "The largest body of a request, or line of a stream of publishes; more lets one publisher take more memory.");

    static final Setting<Long> REQUEST_LINE = Setting.one(
            "limits.request-line",
            Kind.bytes(128, 1 << 20),
            8L << 10,
            "The longest request line, for clients that name very many channels in one URL.");

    static final Setting<Long> HEADERS = Setting.one(
            "limits.headers",
            Kind.bytes(256, 1 << 20),
            16L << 10,
            "The largest headers of a request, for clients with very large cookies.");

    static final Setting<Duration> REQUEST_TIME = Setting.one(
            "limits.request-time",
            Kind.duration(Duration.ofMillis(50), Duration.ofHours(1)),
            Duration.ofSeconds(10),
            "How long a request may take to arrive; longer is kinder to bad networks and to those who send slowly on"
                    + " purpose.");

    static final Setting<Duration> IDLE_TIME = Setting.one(
            "limits.idle-time",
            Kind.duration(Duration.ofMillis(50), Duration.ofHours(1)),
            Duration.ofSeconds(60),
            "How long a connection is kept without a request; longer saves handshakes and costs sockets.");

    static final Setting<Integer> WORKERS = Setting.one(
            "limits.workers",
            Kind.number("COUNT", 1, 1024),
            32,
            "The threads that run handlers of a program; more where those wait for others.");

    static final Setting<Integer> QUEUE = Setting.one(
            "limits.queue",
            Kind.number("COUNT", 1, 1_000_000),
            1024,
            "How many requests may wait for those threads before they are refused; more rides out bursts, and makes"
                    + " callers wait longer in vain.");

    /** All of them, in the order of help and reference. */
    static final List<Setting<?>> ALL = List.of(
            STREAMS,
            STREAMS_PER_USER,
            STREAMS_PER_ADDRESS,
            CONNECTIONS,
            CONNECTIONS_PER_ADDRESS,
            PUBLISHES,
            EVENT,
            BODY,
            BODIES,
            REQUEST_LINE,
            HEADERS,
            REQUEST_TIME,
            IDLE_TIME,
            WORKERS,
            QUEUE);
}
