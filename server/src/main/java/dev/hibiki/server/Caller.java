// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.Grant;
import dev.hibiki.hub.Revocation;
import dev.hibiki.hub.Revocations;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who makes a request, and what they may do: known by a verified token, or without a token, or, on a server without a key,
 * everybody. Immutable.
 *
 * <pre>{@code
 * .get("/orders", request -> Response.json(orders.of(request.caller().requireUser())))
 * }</pre>
 */
public final class Caller {

    /** Any caller of a server without a key: may do everything. */
    static final Caller EVERYBODY =
            new Caller(null, null, null, null, Long.MIN_VALUE, Grant.NOTHING, Grant.NOTHING, true, true);

    private final @Nullable String userId;
    private final @Nullable String username;
    private final @Nullable String tokenId;
    private final @Nullable Instant expiresAt;
    private final long issuedAtSeconds;
    private final Grant subscribe;
    private final Grant publish;
    private final boolean admin;
    private final boolean unbounded;

    private Caller(
            @Nullable String userId,
            @Nullable String username,
            @Nullable String tokenId,
            @Nullable Instant expiresAt,
            long issuedAtSeconds,
            Grant subscribe,
            Grant publish,
            boolean admin,
            boolean unbounded) {
        this.userId = userId;
        this.username = username;
        this.tokenId = tokenId;
        this.expiresAt = expiresAt;
        this.issuedAtSeconds = issuedAtSeconds;
        this.subscribe = subscribe;
        this.publish = publish;
        this.admin = admin;
        this.unbounded = unbounded;
    }

    /** A caller with a verified token.
     *
     * @param issuedAtSeconds seconds since 1970, or {@link Long#MIN_VALUE} where the token does not say
     */
    static Caller withToken(
            @Nullable String userId,
            @Nullable String username,
            @Nullable String tokenId,
            @Nullable Instant expiresAt,
            long issuedAtSeconds,
            Grant subscribe,
            Grant publish,
            boolean admin) {
        return new Caller(
                userId,
                username,
                tokenId == null ? "" : tokenId,
                expiresAt,
                issuedAtSeconds,
                subscribe,
                publish,
                admin,
                false);
    }

    /** A caller without a token, on a server that has a key. */
    static Caller withoutToken(List<String> publicChannels) {
        return new Caller(
                null, null, null, null, Long.MIN_VALUE, new Grant(publicChannels), Grant.NOTHING, false, false);
    }

    /** The user that the token names, or null. */
    public @Nullable String userId() {
        return userId;
    }

    /** What to call the user, as the token says, or null. */
    public @Nullable String username() {
        return username;
    }

    /** The id of the token, or null if it has none. */
    public @Nullable String tokenId() {
        return tokenId == null || tokenId.isEmpty() ? null : tokenId;
    }

    /** When the token ends, or null if it does not. */
    public @Nullable Instant expiresAt() {
        return expiresAt;
    }

    /** Whether the token was revoked. */
    boolean isRevokedBy(Revocations revocations) {
        return revocations.isRevoked(tokenId(), userId, issuedAtSeconds);
    }

    /** Whether the token is one of those that this revokes. */
    boolean isConcernedBy(Revocation revocation) {
        return revocation.concerns(tokenId(), userId, issuedAtSeconds);
    }

    /** Whether the request came with a token. */
    public boolean hasToken() {
        return tokenId != null;
    }

    /** Whether the caller may do everything, because the server has no key. */
    public boolean isUnbounded() {
        return unbounded;
    }

    /** Whether the caller may look at the server and revoke tokens. */
    public boolean isAdmin() {
        return admin;
    }

    /** Whether the caller may read all of a channel or pattern. */
    public boolean mayRead(String channel) {
        return unbounded || isOwn(channel) || channel.equals("broadcast") || subscribe.covers(channel);
    }

    private boolean isOwn(String channel) {
        return userId != null && channel.equals(Grant.userChannel(userId));
    }

    /**
     * Whether the caller may publish to a channel.
     *
     * @param channel a channel, or {@code broadcast}, {@code user/{userId}} as {@link Grant#userChannel} writes it,
     *     {@code client/{clientId}}
     */
    public boolean mayPublish(String channel) {
        return unbounded || publish.covers(channel);
    }

    /** What the caller was granted to read, or null for anything. */
    @Nullable
    Grant subscribe() {
        return unbounded ? null : subscribe;
    }

    /**
     * The user.
     *
     * @throws HttpProblem 401 without a token, 403 if it names no user
     */
    public String requireUser() {
        if (userId == null) {
            throw refused("the token names no user (expected: a claim sub or userId)");
        }
        return userId;
    }

    /** Demands a token, whatever it grants, on a server that has a key. */
    void requireToken() {
        if (!hasToken() && !unbounded) {
            throw unauthorized();
        }
    }

    /** Demands a token, unless public channels may be read without one. */
    void requireReader() {
        if (!mayRead("public/any")) {
            requireToken();
        }
    }

    /**
     * Demands an admin.
     *
     * @throws HttpProblem 401 without a token, 403 if its claim {@code hibiki} does not have {@code "admin":true}
     */
    public void requireAdmin() {
        if (!admin) {
            throw refused("this is for admins (expected: a token with \"admin\":true)");
        }
    }

    /**
     * Demands that the caller may read a channel or pattern.
     *
     * @throws HttpProblem 401 without a token, 403 if it does not grant that
     */
    public void requireRead(String channel) {
        if (!mayRead(channel)) {
            throw refused("channel: is not granted (expected: one that the token's hibiki.subscribe covers)");
        }
    }

    /**
     * Demands that the caller may publish to a channel; see {@link #mayPublish}.
     *
     * @throws HttpProblem 401 without a token, 403 if it does not grant that
     */
    public void requirePublish(String channel) {
        if (!mayPublish(channel)) {
            throw refused("channel: is not granted (expected: one that the token's hibiki.publish covers)");
        }
    }

    /** The refusal of a caller who may not do this: a token is needed, or this one is not enough. */
    HttpProblem refused(String detail) {
        return hasToken() ? new HttpProblem(403, "Forbidden", detail) : unauthorized();
    }

    static HttpProblem unauthorized() {
        return new HttpProblem(401, "Unauthorized", "there is no token (expected: Authorization: Bearer TOKEN)")
                .withHeader("WWW-Authenticate", "Bearer");
    }
}
