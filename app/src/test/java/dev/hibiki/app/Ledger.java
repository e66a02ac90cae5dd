// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.app.Publications.Event;
import dev.hibiki.log.EventId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What publishers sent and what they were answered, to be held against what the log holds in the end.
 *
 * <p>An answer with an id is a promise: the event stands at that place, for ever. An answer with an error is one too: it stands nowhere.
 * No answer, because the server was killed, promises nothing: it may be there, at any place after all that was acknowledged before
 * it was sent, but only once, and of a batch all or nothing. Thread-safe.
 */
final class Ledger {

    /** One event as it was sent; its data is like no other's. */
    record Letter(
            String channel,
            String type,
            String data,
            @Nullable String key) {}

    /** What is sent as one thing: one event, or a batch. */
    static final class Parcel {
        final int publisher;
        final List<Letter> letters;

        /** The newest id that anyone had been told when this was first sent. */
        private final EventId after;

        private volatile List<String> ids = List.of();
        private volatile boolean refused;

        private Parcel(int publisher, List<Letter> letters, EventId after) {
            this.publisher = publisher;
            this.letters = letters;
            this.after = after;
        }

        @Override
        public String toString() {
            return (ids.isEmpty() ? refused ? "refused " : "unanswered " : "acknowledged " + ids + " ") + letters;
        }
    }

    private final ConcurrentLinkedQueue<Parcel> parcels = new ConcurrentLinkedQueue<>();
    private long acknowledgements;
    private EventId newest = new EventId(0, 0, 0);

    /** Something is about to be sent for the first time. */
    synchronized Parcel sending(int publisher, List<Letter> letters) {
        Parcel parcel = new Parcel(publisher, letters, newest);
        parcels.add(parcel);
        return parcel;
    }

    /** The server has promised to keep it. */
    synchronized void acknowledged(Parcel parcel, List<String> ids) {
        if (!parcel.ids.isEmpty() && !parcel.ids.equals(ids)) {
            throw new AssertionError(parcel + " was sent again and is now " + ids);
        }
        parcel.ids = ids;
        acknowledgements++;
        notifyAll();
        EventId last = place(ids.get(ids.size() - 1));
        newest = last.isAfter(newest) ? last : newest;
    }

    /** Waits for the next promise, for a second at most. */
    synchronized void awaitPromise() throws InterruptedException {
        long before = acknowledgements;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
        while (acknowledgements == before && System.nanoTime() < deadline) {
            wait(50);
        }
    }

    /** The server has said that it does not take it. */
    void refused(Parcel parcel) {
        parcel.refused = true;
    }

    long acknowledged() {
        return parcels.stream().filter(parcel -> !parcel.ids.isEmpty()).count();
    }

    long inDoubt() {
        return parcels.stream()
                .filter(parcel -> parcel.ids.isEmpty() && !parcel.refused)
                .count();
    }

    /** To which channel something was sent, by its data. */
    Map<String, String> channels() {
        Map<String, String> channels = new HashMap<>();
        parcels.forEach(parcel -> parcel.letters.forEach(letter -> channels.put(letter.data(), letter.channel())));
        return channels;
    }

    /** Begins anew, when everything so far has been checked. */
    void turnPage() {
        parcels.clear();
    }

    /** Holds all that was sent against all that the log has got since the page was turned. */
    void check(List<Event> log) {
        checkIdsRise(log);
        Map<String, Integer> positions = new HashMap<>();
        for (int i = 0; i < log.size(); i++) {
            Integer before = positions.put(log.get(i).data(), i);
            assertThat(before).as("the log has this twice: %s", log.get(i)).isNull();
        }
        Map<Integer, Integer> lastOfPublisher = new HashMap<>();
        for (Parcel parcel : parcels) {
            List<@Nullable Integer> at = new ArrayList<>();
            parcel.letters.forEach(letter -> at.add(positions.remove(letter.data())));
            checkPlaces(parcel, at, log, lastOfPublisher);
        }
        assertThat(positions.keySet()).as("in the log, but nobody sent it").isEmpty();
    }

    private static void checkPlaces(
            Parcel parcel, List<@Nullable Integer> at, List<Event> log, Map<Integer, Integer> lastOfPublisher) {
        Integer first = at.get(0);
        if (first == null) {
            assertThat(parcel.ids).as("lost: %s", parcel).isEmpty();
            assertThat(at).as("a part of a batch: %s", parcel).containsOnlyNulls();
            return;
        }
        assertThat(parcel.refused).as("refused, but in the log: %s", parcel).isFalse();
        for (int i = 0; i < at.size(); i++) {
            assertThat(at.get(i)).as("a part of a batch: %s", parcel).isEqualTo(first + i);
            Event event = log.get(first + i);
            assertThat(event.type())
                    .as("%s", parcel)
                    .isEqualTo(parcel.letters.get(i).type());
            assertThat(parcel.ids.isEmpty() || parcel.ids.get(i).equals(event.id()))
                    .as("at another place, %s: %s", event, parcel)
                    .isTrue();
        }
        assertThat(log.get(first).place())
                .as("before what was acknowledged before it was sent: %s", parcel)
                .isGreaterThan(parcel.after);
        Integer before = lastOfPublisher.put(parcel.publisher, first);
        assertThat(before == null || before < first)
                .as("before what its publisher sent before: %s", parcel)
                .isTrue();
    }

    private static void checkIdsRise(List<Event> log) {
        for (int i = 1; i < log.size(); i++) {
            assertThat(log.get(i).place()).isGreaterThan(log.get(i - 1).place());
        }
    }

    private static EventId place(String id) {
        EventId place = EventId.parse(id);
        if (place == null) {
            throw new AssertionError("id of an answer: " + id);
        }
        return place;
    }
}
