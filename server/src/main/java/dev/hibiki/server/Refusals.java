// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counts what was refused because of a limit. Any thread. */
final class Refusals {

    /** The limits, each by the word that its meter shows. */
    enum Limit {
        CONNECTIONS,
        CONNECTIONS_PER_ADDRESS,
        STREAMS,
        STREAMS_PER_USER,
        STREAMS_PER_ADDRESS,
        CHANNELS,
        REQUEST_LINE,
        HEADERS,
        REQUEST_TIME,
        BODY,
        BODIES,
        EVENT,
        PUBLISHES,
        QUEUE;

        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    private final Map<Limit, LongAdder> counts = new EnumMap<>(Limit.class);

    Refusals() {
        for (Limit limit : Limit.values()) {
            counts.put(limit, new LongAdder());
        }
    }

    void add(Limit limit) {
        LongAdder count = counts.get(limit);
        if (count != null) {
            count.increment();
        }
    }

    /** How often something was refused because of that limit; only grows. */
    long count(Limit limit) {
        LongAdder count = counts.get(limit);
        return count == null ? 0 : count.sum();
    }
}
