// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.app.Publications.Event;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Every event once in memory, however many streams have seen it; and two streams that saw different events under one id are noticed
 * there and then. On one thread.
 */
final class Sightings {

    private final Map<String, Event> byId = new HashMap<>();

    Event seen(String id, String type, String data) {
        Event event = new Event(id, type, data);
        Event before = Objects.requireNonNullElse(byId.putIfAbsent(id, event), event);
        if (!before.equals(event)) {
            throw new AssertionError("under one id " + before + " and " + event);
        }
        return before;
    }

    void forget() {
        byId.clear();
    }
}
