// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jwt.SignedJWT;
import dev.hibiki.hub.Revocations;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Finds out who makes a request, by its token: where that may be, and whether it is valid.
 *
 * <p>It stands in {@code Authorization: Bearer}, else, where an event stream is asked for, in the query's {@code token},
 * because a browser's {@code EventSource} can send no header; else in a cookie. A token in any other query is ignored,
 * because it would end up in histories and logs. A browser sends the cookie even for a page from elsewhere, so with the
 * cookie nothing is changed unless the page's {@code Origin} is one that we trust.
 *
 * <p>Checking costs a loop some microseconds to some hundred, once for each token: valid ones are remembered, and each time
 * checked only against the clock and the revocations. Only if a key has to be fetched does the answer come later. Any
 * thread.
 */
final class Tokens {

    private static final int MOST_REMEMBERED = 10_000;

    /** Whether a page's origin is trusted to act for its user. */
    interface TrustedOrigins {
        boolean isTrusted(String origin, @Nullable String host);
    }

    private final TokenSettings settings;
    private final TokenVerifier verifier;
    private final List<JWK> keys;
    private final @Nullable RemoteKeys remote;
    private final TrustedOrigins origins;
    private final Revocations revocations;
    private final Identity withoutToken;
    private final ConcurrentHashMap<String, Caller> believed = new ConcurrentHashMap<>();

    /** @param workers runs a task soon, or returns false */
    Tokens(
            TokenSettings settings,
            Clock clock,
            Predicate<Runnable> workers,
            TrustedOrigins origins,
            Revocations revocations) {
        this.settings = settings;
        this.keys = settings.keys();
        this.origins = origins;
        this.revocations = revocations;
        this.withoutToken = Identity.of(Caller.withoutToken(settings.publicChannels()));
        this.verifier = new TokenVerifier(
                settings.allowed(),
                settings.issuer(),
                settings.audience(),
                settings.skew(),
                settings.publicChannels(),
                clock);
        this.remote = settings.keysUrl() == null
                ? null
                : new RemoteKeys(settings.keysUrl(), settings.pace(), workers, believed::clear);
    }

    TokenSettings settings() {
        return settings;
    }

    /** Fetches keys that are getting old; to be called now and then. */
    void refreshKeys() {
        if (remote != null) {
            remote.refreshAhead();
        }
    }

    /**
     * Finds out who makes a request; complete at once unless a key has to be fetched.
     *
     * @param isStream whether an event stream is asked for
     */
    CompletableFuture<Identity> identify(RequestHead head, boolean isStream) {
        String token = bearer(head);
        if (token == null && isStream && head.method().equals("GET")) {
            token = head.target().query("token");
        }
        if (token == null) {
            token = cookie(head);
            if (token != null && head.isUnsafe() && !isFromTrustedPage(head)) {
                return done(Identity.refused(new HttpProblem(
                        403,
                        "Forbidden",
                        "origin: is foreign or absent (expected: an own page's, because the token came in a cookie)")));
            }
        }
        return token == null ? done(withoutToken) : identify(token);
    }

    private static CompletableFuture<Identity> done(Identity identity) {
        return CompletableFuture.completedFuture(identity);
    }

    private static @Nullable String bearer(RequestHead head) {
        String header = head.header(HttpHeaderNames.AUTHORIZATION);
        if (header == null || !header.regionMatches(true, 0, "Bearer ", 0, 7)) {
            return null;
        }
        return header.substring(7).strip();
    }

    private @Nullable String cookie(RequestHead head) {
        for (String header : head.headers().getAll(HttpHeaderNames.COOKIE)) {
            for (String pair : header.split(";", -1)) {
                String one = pair.strip();
                int equals = one.indexOf('=');
                if (equals > 0 && one.substring(0, equals).equals(settings.cookie()) && equals + 1 < one.length()) {
                    return one.substring(equals + 1);
                }
            }
        }
        return null;
    }

    private boolean isFromTrustedPage(RequestHead head) {
        String origin = head.header(HttpHeaderNames.ORIGIN);
        return origin != null && origins.isTrusted(origin, head.host());
    }

    private CompletableFuture<Identity> identify(String token) {
        Caller known = believed.get(token);
        if (known != null && !verifier.isOver(known.expiresAt())) {
            return done(judged(known));
        }
        try {
            SignedJWT parsed = verifier.parse(token);
            Identity identity = check(token, parsed);
            if (identity.known() != null || remote == null || !isOfAnotherKey(parsed)) {
                return done(identity);
            }
            CompletableFuture<Void> fetched = remote.fetch();
            return fetched.isDone() ? done(identity) : fetched.thenApply(keysAreHere -> check(token, parsed));
        } catch (TokenVerifier.Refusal refused) {
            return done(Identity.refused(invalid(refused.getMessage())));
        }
    }

    /** Whether a key that we do not know may have signed a token that was refused. */
    private boolean isOfAnotherKey(SignedJWT token) {
        String kid = token.getHeader().getKeyID();
        return kid == null
                || with(remote == null ? null : remote.known()).stream().noneMatch(key -> kid.equals(key.getKeyID()));
    }

    private Identity check(String token, SignedJWT parsed) {
        List<JWK> fetched = remote == null ? null : remote.known();
        try {
            Caller caller = verifier.verify(parsed, TokenVerifier.candidates(parsed, with(fetched)));
            if (believed.size() >= MOST_REMEMBERED) {
                believed.clear();
            }
            believed.put(token, caller);
            if (remote != null && remote.known() != fetched) {
                believed.remove(token); // its key may have been withdrawn meanwhile
            }
            return judged(caller);
        } catch (TokenVerifier.Refusal refused) {
            return Identity.refused(
                    remote != null && remote.known() == null && keys.isEmpty()
                            ? Problems.unavailable("the keys of tokens cannot be fetched now")
                            : invalid(refused.getMessage()));
        }
    }

    private List<JWK> with(@Nullable List<JWK> fetched) {
        if (fetched == null) {
            return keys;
        }
        var all = new ArrayList<>(keys);
        all.addAll(fetched);
        return all;
    }

    private Identity judged(Caller caller) {
        HttpProblem refusal = refusal(caller);
        return refusal == null ? Identity.of(caller, this::refusal) : Identity.refused(refusal);
    }

    /** Why a token that was valid no longer is, or null if it still is. */
    private @Nullable HttpProblem refusal(Caller caller) {
        if (caller.isRevokedBy(revocations)) {
            return invalid("was revoked");
        }
        return verifier.isOver(caller.expiresAt()) ? invalid("has expired") : null;
    }

    private static HttpProblem invalid(@Nullable String why) {
        return new HttpProblem(401, "Invalid token", "the token " + why)
                .withHeader("WWW-Authenticate", "Bearer error=\"invalid_token\"");
    }
}
