// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import org.jspecify.annotations.Nullable;

/**
 * Says that a token is no longer valid, or none that a user was issued up to a moment.
 *
 * <p>A token that was issued to the user after that moment is valid: the user may log in again. Tokens say in whole seconds
 * when they were issued, so one of the same second is not valid, and one that does not say is never valid.
 *
 * @param isOfUser whether it is a user's tokens, not one token
 * @param id the user's id, or the token's
 * @param issuedUpToSeconds the moment, seconds since 1970; of a token 0
 * @param endMillis when what it revokes ends anyway, milliseconds since 1970, or {@link Long#MAX_VALUE} if that is not known
 */
public record Revocation(boolean isOfUser, String id, long issuedUpToSeconds, long endMillis) {

    /** Revokes one token by its id. */
    public static Revocation ofToken(String tokenId, long endMillis) {
        return new Revocation(false, tokenId, 0, endMillis);
    }

    /** Revokes what a user was issued up to a moment. */
    public static Revocation ofUser(String userId, long issuedUpToSeconds, long endMillis) {
        return new Revocation(true, userId, issuedUpToSeconds, endMillis);
    }

    /** This one, but revoking no less than another: a clock may have been set back. */
    Revocation atLeast(Revocation other) {
        return new Revocation(isOfUser, id, Math.max(issuedUpToSeconds, other.issuedUpToSeconds), endMillis);
    }

    /** Whether it revokes a token; see {@link Revocations#isRevoked}. */
    public boolean concerns(@Nullable String tokenId, @Nullable String userId, long issuedAtSeconds) {
        return isOfUser ? id.equals(userId) && issuedAtSeconds <= issuedUpToSeconds : id.equals(tokenId);
    }
}
