// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** The part of {@link ServeSettings} that says which tokens are accepted. */
final class JwtSettings {

    private JwtSettings() {}

    static final Setting<String> JWT_KEY = Setting.secret(
            "jwt.key",
            Kind.text(
                    "KEY|@FILE",
                    "a secret, a public key or certificate in PEM, a JWK or a set of them, or @ and a file with one",
                    Pattern.compile("(?s).+")),
            "The key that tokens (JWT) are signed with. It puts the server into production mode: all but public"
                    + " channels then need a token, and the playground and the demo paths are off. A line break at the end of a"
                    + " secret's file is not part of it.");

    static final Setting<List<String>> JWT_ALG = Setting.several(
            "jwt.alg",
            Kind.word(
                    "ALG", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
                    "ES384", "ES512", "EdDSA"),
            "HS256",
            "The algorithms that a token may be signed with, as its issuer uses them; no token can choose another.");

    static final Setting<URI> JWKS_URL = Setting.optional(
            "jwks-url",
            Kind.url(),
            "none",
            "Where the issuer publishes its keys (JWK set); they are fetched again every five minutes, and at once"
                    + " when a token names a new one. Puts the server into production mode, as jwt.key does.");

    static final Setting<String> JWT_ISSUER = Setting.optional(
            "jwt.issuer", Kind.line("ISSUER"), "any", "What a token's iss must be, where the key signs for several.");

    static final Setting<String> JWT_AUDIENCE = Setting.optional(
            "jwt.audience",
            Kind.line("AUDIENCE"),
            "any",
            "What a token's aud must be or contain, so that a token for another service is not valid here.");

    static final Setting<Duration> JWT_CLOCK_SKEW = Setting.one(
            "jwt.clock-skew",
            Kind.duration(Duration.ZERO, Duration.ofMinutes(10)),
            Duration.ofSeconds(30),
            "By how much the issuer's clock may differ from this machine's; more keeps expired tokens valid for"
                    + " longer.");

    static final Setting<String> JWT_COOKIE = Setting.one(
            "jwt.cookie",
            Kind.text("NAME", "1 to 64 characters of A-Z a-z 0-9 _ . -", Pattern.compile("[A-Za-z0-9_.-]{1,64}")),
            "hibiki_token",
            "The cookie in which a page's token may come.");

    static final Setting<Duration> JWT_WARNING = Setting.one(
            "jwt.warning",
            Kind.duration(Duration.ZERO, Duration.ofDays(1)),
            Duration.ofMinutes(1),
            "How long before its token ends a stream gets hibiki.token-expiring; longer where getting a fresh token"
                    + " takes time.");

    /** All of them, in the order of help and reference. */
    static final List<Setting<?>> ALL =
            List.of(JWT_KEY, JWT_ALG, JWKS_URL, JWT_ISSUER, JWT_AUDIENCE, JWT_CLOCK_SKEW, JWT_COOKIE, JWT_WARNING);
}
