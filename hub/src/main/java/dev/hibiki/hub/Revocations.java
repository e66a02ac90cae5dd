// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.log.EventId;
import dev.hibiki.log.LastingEntries;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.Publication;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which tokens are no longer valid although they have not ended, on all hubs of one log.
 *
 * <p><b>A revocation is an entry of the log</b>, on a channel of the hub's own: so it is as durable as an event, comes to
 * every hub in the order of the log, and is there again when a hub starts. But retention removes events, and a revoked token
 * must not become valid again because a week is over; so the entry is one that lasts (see {@link Publication.Lasting}),
 * under the name of the token or the user, until the token's end if that is known, else for ever. This class is the fold of
 * those entries. A revocation holds from the moment when its entry is committed; one that the log refuses has not happened.
 *
 * <p>Any thread. {@link #isRevoked} is asked by each request with a token, and costs two look-ups in a table.
 */
public final class Revocations {

    /** Where the entries stand. */
    static final String CHANNEL = "hibiki/revocations";

    /** The longest id of a token or user, in characters: bounds what is kept together with their number. */
    private static final int MOST_CHARACTERS = 500;

    private final Function<Publication, CompletableFuture<EventId>> append;
    private final Map<String, Revocation> tokens = new ConcurrentHashMap<>();
    private final Map<String, Revocation> users = new ConcurrentHashMap<>();
    private final AtomicLong changes = new AtomicLong();

    Revocations(Function<Publication, CompletableFuture<EventId>> append) {
        this.append = append;
    }

    /**
     * Revokes from now on, durably.
     *
     * @return complete once it is as durable as the log promises, and obeyed here; a failure if the log cannot take it, and then nothing is revoked
     * @throws IllegalArgumentException if the id is empty or longer than 500 characters
     */
    public CompletableFuture<EventId> revoke(Revocation revocation) {
        int length = revocation.id().length();
        if (length == 0 || length > MOST_CHARACTERS) {
            throw new IllegalArgumentException((revocation.isOfUser() ? "userId: " : "tokenId: ") + length
                    + " characters long (expected: 1 to " + MOST_CHARACTERS + ")");
        }
        Revocation known = revocation.isOfUser() ? users.get(revocation.id()) : null;
        return append.apply(ControlEvents.revoke(known == null ? revocation : revocation.atLeast(known)));
    }

    /** Takes note of an entry that is committed, in the order of the log. */
    void remember(LogEntry entry) {
        Revocation revocation = ControlEvents.revocationOf(entry);
        if (revocation != null) {
            Map<String, Revocation> table = revocation.isOfUser() ? users : tokens;
            table.put(revocation.id(), revocation);
            changes.incrementAndGet();
            if (tokens.size() + users.size() > LastingEntries.MOST) {
                forgetOver(entry.appendedAtMillis());
            }
        }
    }

    /** Forgets revocations whose time is over, as the log does to make room. */
    private void forgetOver(long nowMillis) {
        tokens.values().removeIf(one -> one.endMillis() <= nowMillis);
        users.values().removeIf(one -> one.endMillis() <= nowMillis);
    }

    /**
     * Whether a token was revoked.
     *
     * @param tokenId its id, or null if it has none
     * @param userId the user whom it names, or null
     * @param issuedAtSeconds when it was issued, seconds since 1970, or {@link Long#MIN_VALUE} where it does not say
     */
    public boolean isRevoked(@Nullable String tokenId, @Nullable String userId, long issuedAtSeconds) {
        if (tokenId != null && tokens.containsKey(tokenId)) {
            return true;
        }
        Revocation ofUser = userId == null ? null : users.get(userId);
        return ofUser != null && ofUser.concerns(null, userId, issuedAtSeconds);
    }

    /** How many revocations this hub has taken note of; changes whenever somebody may have been revoked, here or by another hub. */
    public long changes() {
        return changes.get();
    }
}
