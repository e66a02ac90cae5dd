// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import java.util.ArrayList;
import java.util.List;

/** Keeps what a stream said, in its order. */
final class Recorder implements EventParser.Listener {

    record Event(String type, String data, String lastEventId) {}

    record Comment(String text) {}

    record Retry(long millis) {}

    private final List<Object> said = new ArrayList<>();

    List<Object> said() {
        return said;
    }

    List<Event> events() {
        return said.stream()
                .filter(Event.class::isInstance)
                .map(Event.class::cast)
                .toList();
    }

    @Override
    public void onEvent(String type, String data, String lastEventId) {
        said.add(new Event(type, data, lastEventId));
    }

    @Override
    public void onComment(String text) {
        said.add(new Comment(text));
    }

    @Override
    public void onRetry(long millis) {
        said.add(new Retry(millis));
    }
}
