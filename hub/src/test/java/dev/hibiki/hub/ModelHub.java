// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.event.EventParser;
import dev.hibiki.hub.StreamRequest.From;
import dev.hibiki.hub.StreamRequest.From.After;
import dev.hibiki.hub.StreamRequest.From.Newest;
import dev.hibiki.hub.StreamRequest.From.Since;
import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a hub should do, told without cleverness: the whole order of the log, what of it is gone, and for each stream where it is by what
 * it received. From these follows for every next event whether it may come.
 */
final class ModelHub {

    /** An entry as the model sees it. */
    record Event(EventId id, String channel, @Nullable String type, String data) {
        boolean isSubscribe() {
            return "hibiki.subscribe".equals(type);
        }

        boolean isControl() {
            return isSubscribe() || "hibiki.unsubscribe".equals(type);
        }
    }

    /** How often each reason for a gap was told, so that a test can tell that it tried it. */
    final Map<String, Integer> gaps = new TreeMap<>();

    private final List<Event> log = new ArrayList<>();
    private final EventId birth;
    private final int kept;

    ModelHub(EventId birth, int kept) {
        this.birth = birth;
        this.kept = kept;
    }

    /** The log's tail. */
    void committed(List<LogEntry> entries) {
        for (LogEntry entry : entries) {
            var data = new String[1];
            new EventParser((type, text, id) -> data[0] = text, EventParser.Limits.USUAL, "")
                    .feed(entry.frame(), 0, entry.frame().length);
            log.add(new Event(entry.id(), entry.channel(), entry.type(), data[0]));
        }
    }

    int size() {
        return log.size();
    }

    EventId idAt(int index) {
        return log.get(index).id();
    }

    /** How many of the oldest entries the log has removed. */
    int removed() {
        return Math.max(0, log.size() - kept);
    }

    /** How many entries are at or before a place. */
    private int upTo(EventId place) {
        int low = 0;
        int high = log.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (log.get(middle).id().isAfter(place)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private static final Map<String, Map<String, Boolean>> MATCHES = new ConcurrentHashMap<>();

    /** A pattern or name by the letter of the rules, as a regular expression. */
    static boolean matches(String readable, String channel) {
        return MATCHES.computeIfAbsent(readable, key -> new ConcurrentHashMap<>())
                .computeIfAbsent(channel, key -> matchesByRegex(readable, channel));
    }

    private static boolean matchesByRegex(String readable, String channel) {
        String first = channel.split("/", -1)[0];
        boolean reserved = Set.of("broadcast", "user", "client", "hibiki").contains(first);
        if (reserved && !readable.split("/", -1)[0].equals(first)) {
            return false;
        }
        var regex = new StringBuilder();
        for (String segment : readable.split("/", -1)) {
            String part =
                    segment.equals("**") ? "[^/]+(/[^/]+)*" : segment.equals("*") ? "[^/]+" : Pattern.quote(segment);
            regex.append(regex.length() == 0 ? "" : "/").append(part);
        }
        return channel.matches(regex.toString());
    }

    /** One stream and what may come on it. */
    final class Reader {

        final TestHub.Opened opened;
        private final StreamRequest request;
        private final IntSupplier knownFrom;
        private int knownTo;
        private final String clientId;
        private final Set<String> own = new HashSet<>();
        private final Set<String> readable = new HashSet<>();
        private final From from;
        private final @Nullable String asked;
        private final EventId endAtOpen;
        private final int removedAtOpen;

        /** How many entries are done with: written, or passed over because they are not for it. */
        private int done;

        private int seen;
        boolean greeted;
        private boolean gapIsDue;
        boolean closed;

        /** @param knownFrom from which entry on the hub knows, as the stream begins, what was added live to a client with an id of its own */
        Reader(TestHub.Opened opened, StreamRequest request, EventId endAtOpen, IntSupplier knownFrom) {
            this.opened = opened;
            this.request = request;
            this.knownFrom = knownFrom;
            this.clientId = opened.stream().clientId();
            this.from = request.from();
            this.removedAtOpen = removed();
            this.asked = request.from() instanceof After after ? after.lastEventId() : null;
            this.endAtOpen = endAtOpen;
            readable.addAll(request.channels());
            readable.add("broadcast");
            own.add("client/" + clientId);
            if (request.userId() != null) {
                own.add("user/" + request.userId());
            }
            EventId place = asked == null ? endAtOpen : EventId.parse(asked);
            if (from instanceof Since since) {
                int before = 0;
                while (before < upTo(endAtOpen) && log.get(before).id().millis() < since.millis()) {
                    before++;
                }
                place = before == 0 ? birth : log.get(before - 1).id();
            }
            boolean ours = place != null && place.sameIncarnation(birth);
            if (place == null) {
                done = upTo(endAtOpen); // an id that is none of ours
            } else {
                done = ours && !place.isAfter(endAtOpen) ? upTo(place) : 0;
            }
            if (request.clientId() != null) {
                boolean beyondAll = place != null && place.compareTo(endAtOpen) > 0;
                int before = beyondAll ? log.size() : done;
                knownTo = before;
            }
        }

        private void obey(Event event) {
            if (event.isControl() && event.channel().equals("client/" + clientId)) {
                if (event.isSubscribe()) {
                    readable.add(event.data());
                } else {
                    readable.remove(event.data());
                }
            }
        }

        private boolean reads(Event event) {
            return !event.isControl()
                    && (own.contains(event.channel())
                            || readable.stream().anyMatch(name -> matches(name, event.channel())));
        }

        /** Looks at what has come since the last time. */
        void check() {
            for (RecordedOutlet.Received event : opened.outlet().eventsFrom(seen)) {
                seen++;
                if (!greeted) {
                    greeted(event);
                } else if (event.type().equals("hibiki.gap")) {
                    gap(event);
                } else if (gapIsDue) {
                    throw wrong("no gap was told before", event);
                } else if (event.type().equals("hibiki.cursor") || event.id().contains(".")) {
                    passTo(upTo(idOf(event.id())), event);
                } else {
                    event(event);
                }
            }
        }

        private void greeted(RecordedOutlet.Received event) {
            greeted = true;
            log.subList(Math.min(knownFrom.getAsInt(), knownTo), knownTo).forEach(this::obey);
            if (!event.data().startsWith("{\"type\":\"connected\"")) {
                throw wrong("not connected first", event);
            }
            EventId place = asked == null ? endAtOpen : EventId.parse(asked);
            if (event.id().isEmpty()) {
                gapIsDue = true;
            } else if (from instanceof Since || from instanceof Newest) {
                startsAt(idOf(event.id()), event);
            } else if (!event.id().equals(String.valueOf(place))) {
                throw wrong("connected with another place than " + place, event);
            }
        }

        /** A stream that named no place tells where it starts: there must be what it asked for after it. */
        private void startsAt(EventId place, Object why) {
            int index = upTo(place);
            if (place.isAfter(endAtOpen)) {
                throw wrong("starts after the end", why);
            }
            if (from instanceof Newest newest) {
                done = index;
                int count = newest.count();
                boolean isFirstKept = removedAtOpen <= index && index <= removed();
                if (matching(upTo(endAtOpen)) > count || (matching(log.size()) < count && !isFirstKept)) {
                    throw wrong("starts where not the newest " + count + " follow", why);
                }
            } else if (index != done) {
                throw wrong("starts at " + index + ", not at its time, which is at " + done, why);
            }
        }

        /** How many entries from where it starts are on its channels. */
        private int matching(int end) {
            int count = 0;
            for (Event event : log.subList(Math.min(done, end), end)) {
                boolean mine = own.contains(event.channel());
                count += mine || readable.stream().anyMatch(name -> matches(name, event.channel())) ? 1 : 0;
            }
            return count;
        }

        /** The id to come back with. */
        @Nullable
        String lastId() {
            String id = "";
            for (RecordedOutlet.Received event : opened.outlet().events()) {
                id = event.id();
            }
            return id.isEmpty() ? asked : id;
        }

        StreamRequest again() {
            var channels = new ArrayList<>(request.channels());
            return new StreamRequest(
                    channels, request.greeting(), request.clientId(), request.userId(), null, From.after(lastId()));
        }

        private void event(RecordedOutlet.Received event) {
            int index = upTo(idOf(event.id())) - 1;
            passTo(index, event);
            Event expected = log.get(index);
            String type = expected.type() == null ? "message" : expected.type();
            if (done != index
                    || !reads(expected)
                    || !expected.id().toString().equals(event.id())
                    || !expected.data().equals(event.data())
                    || !type.equals(event.type())) {
                throw wrong("not its event, but " + expected + " at " + index + " of " + done, event);
            }
            done = index + 1;
        }

        /** Nothing for this stream stands between where it is and there. */
        private void passTo(int index, Object why) {
            if (index < done) {
                throw wrong("goes back from " + done + " to " + index, why);
            }
            for (; done < index; done++) {
                if (reads(log.get(done))) {
                    throw wrong("lost " + log.get(done) + " at " + done, why);
                }
                obey(log.get(done));
            }
        }

        private void gap(RecordedOutlet.Received event) {
            String reason = part(event.data(), "reason");
            String after = part(event.data(), "after");
            int resumed = upTo(idOf(part(event.data(), "resumedAt")));
            if (!event.id().equals(part(event.data(), "resumedAt"))) {
                throw wrong("the gap's id is not where it resumes", event);
            }
            EventId place = EventId.parse(after);
            if (gapIsDue && place != null && (from instanceof Since || from instanceof Newest)) {
                startsAt(place, event);
            }
            boolean lost;
            switch (reason) {
                case "unknown-id" -> lost = gapIsDue && place == null && resumed == done;
                case "log-reset" -> {
                    lost = gapIsDue && place != null && (!place.sameIncarnation(birth) || place.isAfter(endAtOpen));
                    skip(resumed, event);
                }
                default -> {
                    passTo(place == null ? -1 : upTo(place), event);
                    lost = skip(resumed, event);
                }
            }
            if (!lost) {
                throw wrong("a gap although nothing is missing", event);
            }
            gaps.merge(gapIsDue ? reason : reason + " in mid-stream", 1, Integer::sum);
            gapIsDue = false;
        }

        /** Goes over what is gone, and nothing else; true if something of it was for this stream. */
        private boolean skip(int index, Object why) {
            boolean lost = false;
            for (int i = done; i < removed(); i++) {
                Event gone = log.get(i);
                lost |= reads(gone) || (gone.isControl() && own.contains(gone.channel()));
            }
            for (; done < index; done++) {
                if (reads(log.get(done)) && done >= removed()) {
                    throw wrong("skipped, though not gone: " + log.get(done), why);
                }
            }
            return lost;
        }

        /** Everything has come. */
        void checkComplete() {
            check();
            if (!greeted || gapIsDue) {
                throw wrong("no beginning", opened.outlet().text());
            }
            passTo(log.size(), "at the end, in state " + opened.stream().state);
        }

        private AssertionError wrong(String what, Object event) {
            return new AssertionError(what + ": " + event + " (stream from " + from + ", end at open " + endAtOpen
                    + ", reads " + readable + " and " + own + ", removed " + removed() + ", done " + done + ")");
        }

        private static String part(String json, String name) {
            int start = json.indexOf("\"" + name + "\":\"") + name.length() + 4;
            return json.substring(start, json.indexOf('"', start));
        }

        private static EventId idOf(String text) {
            EventId id = EventId.parse(text);
            if (id == null) {
                throw new AssertionError("no id: " + text);
            }
            return id;
        }
    }
}
