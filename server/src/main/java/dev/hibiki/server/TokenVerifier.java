// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.hibiki.hub.Grant;
import java.security.GeneralSecurityException;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether a token is to be believed, and what it says (RFC 7519, RFC 8725).
 *
 * <p>The configuration says which algorithms there are; the token only picks one of them, and a key is used only for the
 * algorithms of its kind. So neither {@code none} nor a public key taken for a secret gets anybody in. A refusal says why,
 * but quotes nothing of the token.
 */
final class TokenVerifier {

    /** A longer token is refused: it would not fit into the headers of a usual server either. */
    private static final int MAX_LENGTH = 8192;

    private static final Set<String> TYPES = Set.of("jwt", "at+jwt", "application/jwt", "application/at+jwt");

    /** A token that is not valid; the message says why, and quotes nothing of it. */
    static final class Refusal extends Exception {
        private static final long serialVersionUID = 1L;

        Refusal(String why) {
            super(why, null, false, false);
        }
    }

    private final Set<JWSAlgorithm> algorithms;
    private final @Nullable String issuer;
    private final @Nullable String audience;
    private final Duration skew;
    private final List<String> publicChannels;
    private final Clock clock;

    TokenVerifier(
            List<JWSAlgorithm> algorithms,
            @Nullable String issuer,
            @Nullable String audience,
            Duration skew,
            List<String> publicChannels,
            Clock clock) {
        this.algorithms = Set.copyOf(algorithms);
        this.issuer = issuer;
        this.audience = audience;
        this.skew = skew;
        this.publicChannels = publicChannels;
        this.clock = clock;
    }

    /** Reads a token as far as it says which key is needed. */
    SignedJWT parse(String token) throws Refusal {
        if (token.length() > MAX_LENGTH) {
            throw new Refusal("is too long (expected: at most " + MAX_LENGTH + " characters)");
        }
        SignedJWT parsed;
        try {
            parsed = SignedJWT.parse(token);
        } catch (ParseException | RuntimeException malformed) {
            throw new Refusal("is no signed token (expected: a JWS in compact form)");
        }
        JWSHeader header = parsed.getHeader();
        if (!algorithms.contains(algorithm(header))) {
            throw new Refusal("is of an algorithm that is not allowed (expected: one of jwt.alg)");
        }
        JOSEObjectType type = header.getType();
        if (type != null && !TYPES.contains(type.getType().toLowerCase(java.util.Locale.ROOT))) {
            throw new Refusal("is of another type (expected: typ JWT or at+jwt, or none)");
        }
        if (header.getCriticalParams() != null && !header.getCriticalParams().isEmpty()) {
            throw new Refusal("demands an extension (expected: no crit)");
        }
        return parsed;
    }

    /** The algorithm that the header names; EdDSA also by its newer name. */
    private static JWSAlgorithm algorithm(JWSHeader header) {
        return header.getAlgorithm().equals(JWSAlgorithm.Ed25519) ? JWSAlgorithm.EdDSA : header.getAlgorithm();
    }

    /** Those keys that may have signed a token: by its key id, where both have one, and by its algorithm. */
    static List<JWK> candidates(SignedJWT token, List<JWK> keys) {
        String kid = token.getHeader().getKeyID();
        var candidates = new ArrayList<JWK>();
        for (JWK key : keys) {
            if ((kid == null || key.getKeyID() == null || kid.equals(key.getKeyID()))
                    && TokenKeys.fits(key, algorithm(token.getHeader()))) {
                candidates.add(key);
            }
        }
        return candidates;
    }

    /** Verifies a token. */
    Caller verify(SignedJWT token, List<JWK> candidates) throws Refusal {
        for (JWK key : candidates) {
            if (isSignedBy(token, key)) {
                return caller(token);
            }
        }
        throw new Refusal("has a signature of none of the keys");
    }

    private static boolean isSignedBy(SignedJWT token, JWK key) {
        try {
            if (key instanceof OctetKeyPair pair) {
                return Ed25519.verify(
                        pair, token.getSigningInput(), token.getSignature().decode());
            }
            JWSVerifier verifier = key instanceof OctetSequenceKey secret
                    ? new MACVerifier(secret)
                    : key instanceof RSAKey rsa ? new RSASSAVerifier(rsa) : new ECDSAVerifier((ECKey) key);
            return token.verify(verifier);
        } catch (JOSEException | GeneralSecurityException | RuntimeException unusable) {
            return false;
        }
    }

    private Caller caller(SignedJWT token) throws Refusal {
        JWTClaimsSet claims;
        try {
            claims = token.getJWTClaimsSet();
        } catch (ParseException | RuntimeException malformed) {
            throw new Refusal("has no claims that can be read (expected: a JSON object)");
        }
        if (claims == null) {
            throw new Refusal("has no claims that can be read (expected: a JSON object)");
        }
        checkTimes(claims);
        if (issuer != null && !issuer.equals(claims.getIssuer())) {
            throw new Refusal("is of another issuer (expected: jwt.issuer)");
        }
        if (audience != null && !claims.getAudience().contains(audience)) {
            throw new Refusal("is for another audience (expected: jwt.audience)");
        }
        Map<?, ?> hibiki = hibiki(claims);
        String userId = text(claims, "sub");
        userId = userId != null ? userId : text(claims, "userId");
        if (userId != null) {
            checkUser(userId);
        }
        String name = text(claims, "name");
        Date expires = claims.getExpirationTime();
        Date issued = claims.getIssueTime();
        return Caller.withToken(
                userId,
                name != null ? name : text(claims, "preferred_username"),
                text(claims, "jti"),
                expires == null ? null : expires.toInstant(),
                issued == null ? Long.MIN_VALUE : issued.toInstant().getEpochSecond(),
                grant(hibiki, "subscribe").and(publicChannels),
                grant(hibiki, "publish"),
                Boolean.TRUE.equals(hibiki.get("admin")));
    }

    /** Whether a time is over, allowing for clocks that differ. */
    boolean isOver(@Nullable Instant expiresAt) {
        return expiresAt != null && !clock.instant().isBefore(expiresAt.plus(skew));
    }

    private void checkTimes(JWTClaimsSet claims) throws Refusal {
        Date expires = claims.getExpirationTime();
        if (expires != null && isOver(expires.toInstant())) {
            throw new Refusal("has expired");
        }
        Date from = claims.getNotBeforeTime();
        if (from != null && clock.instant().plus(skew).isBefore(from.toInstant())) {
            throw new Refusal("is not valid yet");
        }
    }

    private static void checkUser(String userId) throws Refusal {
        try {
            Grant.userChannel(userId);
        } catch (IllegalArgumentException unusable) {
            throw new Refusal("names a user whose id is empty or too long (expected: sub of 1 to 195 characters of A-Z"
                    + " a-z 0-9 . _ : @ -, or fewer others)");
        }
    }

    private static @Nullable String text(JWTClaimsSet claims, String name) {
        return claims.getClaim(name) instanceof String text ? text : null;
    }

    private static Map<?, ?> hibiki(JWTClaimsSet claims) throws Refusal {
        Object hibiki = claims.getClaim("hibiki");
        if (hibiki == null) {
            return Map.of();
        }
        if (hibiki instanceof Map<?, ?> members) {
            return members;
        }
        throw new Refusal("has a claim hibiki that is no object");
    }

    private static Grant grant(Map<?, ?> hibiki, String name) throws Refusal {
        Object patterns = hibiki.get(name);
        if (patterns == null) {
            return Grant.NOTHING;
        }
        if (patterns instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
            try {
                return new Grant(list.stream().map(String.class::cast).toList());
            } catch (IllegalArgumentException noPattern) {
                // told below
            }
        }
        throw new Refusal("has a claim hibiki." + name + " that is no list of channels and patterns");
    }
}
