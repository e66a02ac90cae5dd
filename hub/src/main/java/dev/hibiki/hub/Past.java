// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.hub.StreamRequest.Member;
import dev.hibiki.log.ChannelFilter;
import dev.hibiki.log.EventId;
import dev.hibiki.log.EventLog;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.LogSlice;
import dev.hibiki.log.ReadBudget;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What a hub reads first when its log is older than itself, to go on where another hub stopped: the newest entries, a
 * bounded number of them. Everything here may block on a disk or a network, so it runs where the hub is started, or on a
 * reader thread.
 */
final class Past {

    /** How many entries are read first for the window, then twice as many each time: a few large events may fill it. */
    private static final int FIRST_LOOK = 64;

    /** How many entries of a client, or of all channels with presence, are looked at. */
    private static final int ENTRIES = 10_000;

    private static final ReadBudget PAGE = new ReadBudget(1024, 1 << 20);

    private static final ChannelFilter ALL = Interest.EVERYTHING;

    private Past() {}

    /**
     * A window that holds the newest entries of the log already, so that streams which come back to a hub that was restarted are caught up
     * from memory, like those of one that was not.
     *
     * <p>If retention removes entries meanwhile, a hole can only be before the place up to which it removed, and no stream
     * before that place is served from the window (see {@link CatchUp}).
     *
     * @param end where reading ends: the next entry is for {@link Window#put}
     */
    static Window window(EventLog log, EventId end, HubSettings settings) throws IOException {
        var chunks = new ArrayDeque<List<LogEntry>>();
        long bytes = 0;
        EventId start = end;
        for (int count = FIRST_LOOK; ; count = Math.min(2 * count, settings.windowEntries())) {
            EventId older = log.beforeNewest(ALL, count);
            if (older.isBefore(start)) {
                var chunk = new ArrayList<LogEntry>();
                read(log, older, start, ALL, chunk::add);
                chunks.addFirst(chunk);
                bytes += chunk.stream().mapToLong(LogEntry::weight).sum();
                start = older;
            }
            boolean isFull = bytes >= settings.windowBytes() || count >= settings.windowEntries();
            if (isFull || !older.isAfter(log.floor())) {
                break;
            }
        }
        var window = new Window(settings.windowEntries(), settings.windowBytes(), start);
        chunks.forEach(chunk -> chunk.forEach(window::put));
        return window;
    }

    /** The newest of a client's entries that changed what it reads, oldest first. */
    static List<LogEntry> controls(EventLog log, EventId end, String clientChannel) throws IOException {
        var controls = new ArrayList<LogEntry>();
        newest(log, end, Interest.in(List.of(clientChannel)), ENTRIES, entry -> {
            if (ControlEvents.isControl(entry)) {
                controls.add(entry);
            }
        });
        return controls;
    }

    /**
     * Who was present, by channel and by user, when the last hub on this log stopped: everybody who was told of as joined and not as
     * left.
     *
     * <p>Of a crowd only the count was told; whoever joined it is not among these, and whoever left it still is, until the grace is
     * over.
     */
    static Map<String, Map<String, Member>> present(EventLog log, EventId end, HubSettings settings)
            throws IOException {
        var rooms = new LinkedHashMap<String, Map<String, Member>>();
        if (!settings.presence().isEmpty()) {
            newest(log, end, Interest.in(settings.presence()), ENTRIES, entry -> {
                Member member = ControlEvents.memberOf(entry);
                if (member != null) {
                    var users = rooms.computeIfAbsent(entry.channel(), key -> new LinkedHashMap<>());
                    if (ControlEvents.USER_JOINED.equals(entry.type())) {
                        users.put(member.userId(), member);
                    } else {
                        users.remove(member.userId());
                    }
                }
            });
        }
        return rooms;
    }

    /** Hands over the newest entries up to a place, oldest first. */
    private static void newest(EventLog log, EventId end, ChannelFilter filter, int count, Consumer<LogEntry> each)
            throws IOException {
        read(log, log.beforeNewest(filter, count), end, filter, each);
    }

    private static void read(EventLog log, EventId after, EventId end, ChannelFilter filter, Consumer<LogEntry> each)
            throws IOException {
        EventId place = after;
        while (place.isBefore(end)) {
            LogSlice slice = log.read(place, end, filter, PAGE);
            slice.entries().forEach(each);
            if (!slice.scannedTo().isAfter(place)) {
                return; // the log has lost its end, and says so to whoever reads on
            }
            place = slice.scannedTo();
        }
    }
}
