// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The clients and their ids: which of them has a stream now, and which channels were added to it live.
 *
 * <p>A client that chose its id is remembered for a minute after its stream has ended, so that it comes back as the same client with
 * the same channels. These are entries of the log, so in the first minute of a hub on an older log an unknown client is looked for
 * there: it may have had a stream of the hub that was stopped. Thread-safe; not on the path of an event.
 */
final class Clients {

    /** How long a client with an id of its own choice is remembered. */
    static final long REMEMBERED_MILLIS = 60_000;

    private static final Pattern CHOSEN = Pattern.compile("[A-Za-z0-9_-]{22,64}");

    private final ConcurrentHashMap<String, Client> clients = new ConcurrentHashMap<>();
    private final SecureRandom random = new SecureRandom();

    /** Whether a client may have had a stream of another hub on this log a moment ago, before that was stopped and this one started. */
    private volatile boolean isRecalling;

    /** @param recalls whether there was a hub on this log before */
    Clients(boolean recalls) {
        isRecalling = recalls;
    }

    /** From now on another hub would have forgotten its clients too. */
    void stopRecalling() {
        isRecalling = false;
    }

    /**
     * Checks a client's own choice of its id.
     *
     * @throws IllegalArgumentException naming the rule
     */
    static void checkChosen(String clientId) {
        if (!CHOSEN.matcher(clientId).matches()) {
            throw ChannelName.refused("clientId", clientId, "22 to 64 characters of A-Z a-z 0-9 _ -");
        }
    }

    /** An id of 128 random bits. */
    String newId() {
        byte[] bits = new byte[16];
        random.nextBytes(bits);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
    }

    /**
     * The client of that id, known from before or new, about to have a stream. A request with the id of another user's
     * client gets an id of its own, as if it had brought none.
     *
     * @param chosen the client's own choice, or null to be given an id
     * @param owner the user whose client it is and nobody else's, or null
     */
    Client arrive(@Nullable String chosen, @Nullable String owner) {
        Client client = clients.compute(chosen == null ? newId() : chosen, (id, known) -> {
            if (known == null) {
                return new Client(this, id, owner, chosen != null, chosen != null && isRecalling);
            }
            if (Objects.equals(known.owner, owner)) {
                known.goneSinceMillis = Long.MAX_VALUE;
            }
            return known;
        });
        return Objects.equals(client.owner, owner) ? client : arrive(null, owner);
    }

    /** Whether a request with this id and owner is of a client that has a stream. */
    boolean hasStream(@Nullable String chosen, @Nullable String owner) {
        Client known = chosen == null ? null : clients.get(chosen);
        return known != null && Objects.equals(known.owner, owner) && known.stream() != null;
    }

    /** The client, if it has a stream or is remembered. */
    @Nullable
    Client find(String clientId) {
        return clients.get(clientId);
    }

    /** Forgets clients that have been gone for too long. */
    void forgetGone(long nowMillis) {
        for (String id : clients.keySet()) {
            clients.computeIfPresent(
                    id, (key, client) -> nowMillis - REMEMBERED_MILLIS > client.goneSinceMillis ? null : client);
        }
    }

    /** A control entry was committed; called in log order, before any stream can start behind it. */
    void remember(LogEntry control) {
        if (!ControlEvents.changesInterest(control)) {
            return;
        }
        Client client = clients.get(ChannelName.clientOf(control.channel()));
        if (client != null && client.chosen && client.channel().equals(control.channel())) {
            client.remember(control);
        }
    }

    int size() {
        return clients.size();
    }

    /**
     * One client: its stream, and what was added to it live and taken away.
     *
     * <p>What counts is what the log has committed, not what a stream has obeyed: the client may come back without a cursor, at the
     * log's end, while its old stream has not got that far. The newest changes are kept one by one, because a cursor may lie between
     * them; of older ones only the last of each name is kept, so that a client which toggles for ever costs no more than a few
     * hundred entries.
     */
    static final class Client {

        private static final int MOST_RECENT = 256;
        private static final int MOST_SETTLED = 1024;

        private final Clients all;
        private final String id;
        private final @Nullable String owner;
        private final boolean chosen;
        private final ArrayDeque<LogEntry> recent = new ArrayDeque<>(0);
        private final LinkedHashMap<String, LogEntry> settled = new LinkedHashMap<>(0);
        private @Nullable HubStream stream;

        /** Whether what was added to it live by way of another hub is still only in the log. */
        private boolean needsRecall;

        private volatile long goneSinceMillis = Long.MAX_VALUE;

        private Client(Clients all, String id, @Nullable String owner, boolean chosen, boolean needsRecall) {
            this.all = all;
            this.id = id;
            this.owner = owner;
            this.chosen = chosen;
            this.needsRecall = needsRecall;
        }

        String id() {
            return id;
        }

        /** The channel of what is sent to it. */
        String channel() {
            return ChannelName.ofClient(id, owner);
        }

        /** Its open stream. */
        synchronized @Nullable HubStream stream() {
            return stream;
        }

        /**
         * Makes a stream the client's own.
         *
         * @return the stream that it had until now, which is to be ended, or null
         */
        synchronized @Nullable HubStream take(HubStream opened) {
            HubStream before = stream;
            stream = opened;
            goneSinceMillis = Long.MAX_VALUE; // the old stream may have left after the new one arrived
            return before;
        }

        /** A stream of this client has ended. */
        void left(HubStream ended) {
            synchronized (this) {
                if (stream != ended) {
                    return; // another one has taken over
                }
                stream = null;
            }
            all.clients.computeIfPresent(id, (key, client) -> {
                if (client != this || stream() != null) {
                    return client;
                }
                goneSinceMillis = System.currentTimeMillis();
                return chosen ? client : null;
            });
        }

        synchronized boolean needsRecall() {
            return needsRecall;
        }

        /**
         * Takes what the log knows of this client.
         *
         * @param past all its control entries up to a place that the log had reached after the client arrived here
         */
        synchronized void recall(List<LogEntry> past) {
            if (needsRecall) {
                needsRecall = false;
                var since = new ArrayList<>(settled.values());
                since.addAll(recent);
                settled.clear();
                recent.clear();
                for (LogEntry control : past) {
                    if (since.isEmpty() || control.id().isBefore(since.get(0).id())) {
                        remember(control);
                    }
                }
                since.forEach(this::remember);
            }
        }

        private synchronized void remember(LogEntry control) {
            recent.add(control);
            if (recent.size() > MOST_RECENT) {
                settle(recent.remove());
            }
        }

        private void settle(LogEntry control) {
            String readable = ControlEvents.readableOf(control);
            settled.remove(readable); // to stand last again
            settled.put(readable, control);
            if (settled.size() > MOST_SETTLED) {
                Iterator<LogEntry> eldest = settled.values().iterator();
                eldest.next();
                eldest.remove();
            }
        }

        /** The interest of a stream that comes back: what its URL asks for, and what was added live up to where it was. */
        synchronized Interest interestAt(Interest ofUrl, EventId cursor) {
            Interest interest = ofUrl;
            for (LogEntry control : settled.values()) {
                interest = ControlEvents.apply(control, interest);
            }
            for (LogEntry control : recent) {
                if (!control.id().isAfter(cursor)) {
                    interest = ControlEvents.apply(control, interest);
                }
            }
            return interest;
        }

        /** How many changes are kept. */
        synchronized int changes() {
            return recent.size() + settled.size();
        }
    }
}
