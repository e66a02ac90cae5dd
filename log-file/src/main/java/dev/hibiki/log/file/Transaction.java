// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.log.EventId;
import dev.hibiki.log.KeyConflictException;
import dev.hibiki.log.LastingEntries;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.Publication;
import dev.hibiki.log.TooManyLastingException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rows that one transaction adds, batch by batch, and what is to become of them in memory once they are committed.
 * Nothing outside of it changes before that, so a transaction that fails leaves nothing behind but the places that it used
 * up.
 */
final class Transaction {

    /** A row that was added. */
    record Added(LogEntry entry, long place, Channel channel, Publication.@Nullable Lasting lasting) {}

    private final Store store;
    private final ChannelTable channels;
    private final LastingEntries lasting;
    private final Openings openings;
    private final long incarnation;
    private final long floor;
    private final long nowMillis;
    private final boolean setBack;

    private final List<Added> added = new ArrayList<>();
    private final Map<String, Channel> newChannels = new HashMap<>();
    private final Map<Publication.Key, LogEntry> keyed = new HashMap<>();
    private final Set<Channel> touched = new HashSet<>();
    private final Set<LastingEntries.Slot> slots = new HashSet<>(0);
    private long place;
    private long number;
    private final long totalBefore;
    private long totalBytes;

    /** Begins where the log stands; {@code lastPlace} is the last that was given, even if to something that failed. */
    Transaction(
            Store store,
            ChannelTable channels,
            Kept kept,
            LastingEntries lasting,
            Openings openings,
            long incarnation,
            long nowMillis,
            long lastPlace) {
        this.store = store;
        this.channels = channels;
        this.lasting = lasting;
        this.openings = openings;
        this.incarnation = incarnation;
        this.floor = kept.floor();
        this.nowMillis = nowMillis;
        this.setBack = kept.isSetBack(nowMillis);
        this.place = lastPlace;
        this.number = kept.endNumber();
        this.totalBytes = kept.endBytes();
        this.totalBefore = totalBytes;
    }

    /**
     * Adds a batch.
     *
     * @return its ids
     * @throws KeyConflictException if a key stands for another event; then nothing of the batch was added
     * @throws TooManyLastingException if the log keeps as many beyond its retention as it may; then nothing was added either
     */
    List<EventId> add(List<Publication> batch) throws SQLException {
        List<@Nullable LogEntry> before = publishedBefore(batch);
        requireRoom(LastingEntries.slots(batch));
        var ids = new ArrayList<EventId>(batch.size());
        for (int i = 0; i < batch.size(); i++) {
            Publication publication = batch.get(i);
            LogEntry entry = before.get(i);
            if (entry == null && publication.key() != null) {
                entry = keyed.get(publication.key()); // from this batch
            }
            ids.add(entry == null ? add(publication) : entry.id());
        }
        return Collections.unmodifiableList(ids);
    }

    private void requireRoom(Set<LastingEntries.Slot> more) {
        if (!more.isEmpty()) {
            more.addAll(slots);
            lasting.requireRoomFor(more, nowMillis);
            slots.addAll(more);
        }
    }

    private EventId add(Publication publication) throws SQLException {
        place = Place.next(place, nowMillis);
        LogEntry entry = LogEntry.of(Place.toId(place, incarnation), nowMillis, publication);
        number++;
        totalBytes += entry.weight();
        Channel channel = channel(publication.channel());
        if (added.isEmpty()) {
            noteFirst();
        }
        store.add(place, entry, channel, number, totalBytes, publication.key());
        if (publication.key() != null) {
            keyed.put(publication.key(), entry);
        }
        if (publication.lasting() != null) {
            store.add(place, entry, publication.lasting());
        }
        touched.add(channel);
        added.add(new Added(entry, place, channel, publication.lasting()));
        return entry.id();
    }

    private void noteFirst() throws SQLException {
        if (setBack) {
            store.addSetBack(place, nowMillis);
        }
        if (!openings.isWritten()) {
            store.addOpening(openings.found(), place);
        }
    }

    private Channel channel(String name) throws SQLException {
        Channel channel = channels.find(name);
        channel = channel == null ? newChannels.get(name) : channel;
        if (channel == null) {
            channel = channels.create(name);
            store.add(channel);
            newChannels.put(name, channel);
        }
        return channel;
    }

    /** For each publication the entry that was published under its key before this batch, or null. */
    private List<@Nullable LogEntry> publishedBefore(List<Publication> batch) throws SQLException {
        var before = new ArrayList<@Nullable LogEntry>(batch.size());
        var inThisBatch = new HashMap<Publication.Key, Publication>(0);
        for (Publication publication : batch) {
            Publication.Key key = publication.key();
            LogEntry entry = key == null ? null : find(key);
            if (key != null) {
                Publication same = inThisBatch.putIfAbsent(key, publication);
                boolean conflict =
                        entry != null ? !entry.isFrom(publication) : same != null && !same.isSameEvent(publication);
                if (conflict) {
                    throw new KeyConflictException(key);
                }
            }
            before.add(entry);
        }
        return before;
    }

    private @Nullable LogEntry find(Publication.Key key) throws SQLException {
        LogEntry entry = keyed.get(key);
        if (entry == null) {
            entry = store.find(key);
            if (entry != null && Place.of(entry.id()) <= floor) {
                store.dropKey(Place.of(entry.id()));
                entry = null;
            }
        }
        return entry;
    }

    /** What was added, in order. */
    List<Added> added() {
        return added;
    }

    /** The channels that have an entry in it. */
    Set<Channel> channels() {
        return touched;
    }

    /** About how many bytes it adds to the write-ahead log: each frame and a page or two. */
    long bytes() {
        return totalBytes - totalBefore + (1 + added.size()) * 4096L;
    }

    /** The last place that was given. */
    long place() {
        return place;
    }
}
