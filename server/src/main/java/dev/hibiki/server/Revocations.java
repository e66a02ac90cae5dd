// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which tokens do not count any more although they have not ended: one by its id, or all that a user was issued up to a moment.
 *
 * <p>A token that was issued to the user after that moment counts: the user may log in again. Tokens tell that moment in whole seconds, so
 * one of the same second does not count, and one that does not tell it never does. Kept in memory until the server stops, and bounded by a
 * number; a token's end is no reason to forget it earlier, because it is not known from its id. Any thread.
 */
final class Revocations {

    static final int MOST = 100_000;

    private final Map<String, Boolean> tokens = new ConcurrentHashMap<>();
    private final Map<String, Long> users = new ConcurrentHashMap<>();

    /** Whether there is room for one more. */
    boolean isFull() {
        return tokens.size() + users.size() >= MOST;
    }

    void revokeToken(String tokenId) {
        tokens.put(tokenId, true);
    }

    /** @param seconds the moment, seconds since 1970 */
    void revokeUser(String userId, long seconds) {
        users.merge(userId, seconds, Math::max);
    }

    boolean isRevoked(Caller caller) {
        String tokenId = caller.tokenId();
        if (tokenId != null && tokens.containsKey(tokenId)) {
            return true;
        }
        Long since = caller.userId() == null ? null : users.get(caller.userId());
        return since != null && caller.issuedAtSeconds() <= since;
    }
}
