// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which tokens are accepted (JWT, RFC 7519), and in which cookie: the settings {@code jwt.…}, {@code jwks-url} and
 * {@code anonymous}. As soon as there is a key, each call of the hub's own interface needs a token that grants it; a
 * program's paths ask {@link Request#caller}.
 *
 * <pre>{@code
 * .tokens(tokens -> tokens.jwtKey("@/etc/hibiki/issuer.pem").jwtAlg("RS256", "EdDSA"))
 * }</pre>
 */
public final class TokenConfig {

    private @Nullable String jwtKey;
    private @Nullable URI jwksUrl;
    private List<String> jwtAlg = List.of("HS256");
    private @Nullable String jwtIssuer;
    private @Nullable String jwtAudience;
    private Duration jwtClockSkew = Duration.ofSeconds(30);
    private String jwtCookie = "hibiki_token";
    private Duration jwtWarning = Duration.ofMinutes(1);
    private RemoteKeys.Pace jwksPace = RemoteKeys.Pace.USUAL;
    private boolean anonymous;

    TokenConfig() {}

    /**
     * Demands tokens that are signed with this key: a secret, a public key or certificate in PEM, a JWK or a set of them, or {@code @} and a file
     * with one.
     */
    public TokenConfig jwtKey(String key) {
        this.jwtKey = key;
        return this;
    }

    /**
     * Demands tokens that are signed with one of the public keys at this http or https URL (RFC 7517), or with {@link #jwtKey} if
     * that is set too.
     */
    public TokenConfig jwksUrl(URI url) {
        this.jwksUrl = url;
        return this;
    }

    /** The algorithms that a token may be signed with: HS, RS, PS or ES with 256, 384 or 512, EdDSA. Default: HS256. */
    public TokenConfig jwtAlg(String... algorithms) {
        this.jwtAlg = List.of(algorithms);
        return this;
    }

    /** What a token's {@code iss} must be. Default: anything. */
    public TokenConfig jwtIssuer(String issuer) {
        this.jwtIssuer = issuer;
        return this;
    }

    /** What a token's {@code aud} must be or contain. Default: anything. */
    public TokenConfig jwtAudience(String audience) {
        this.jwtAudience = audience;
        return this;
    }

    /** By how much the issuer's clock may differ, 0 to 10 minutes. Default: 30 s. */
    public TokenConfig jwtClockSkew(Duration skew) {
        this.jwtClockSkew = skew;
        return this;
    }

    /** The cookie in which a token may come, 1 to 64 characters of {@code A-Z a-z 0-9 _ . -}. Default: {@code hibiki_token}. */
    public TokenConfig jwtCookie(String name) {
        this.jwtCookie = name;
        return this;
    }

    /** How long before its token ends a stream gets {@code hibiki.token-expiring}, at least 0. Default: 1 minute. */
    public TokenConfig jwtWarning(Duration time) {
        this.jwtWarning = time;
        return this;
    }

    /** Lets everybody read channels under {@code public/} without a token; only together with a key. Default: false. */
    public TokenConfig anonymous(boolean anonymous) {
        this.anonymous = anonymous;
        return this;
    }

    /** How often the keys of the URL are fetched; a test has no time. */
    TokenConfig jwksPace(RemoteKeys.Pace pace) {
        this.jwksPace = pace;
        return this;
    }

    TokenSettings settings() {
        return new TokenSettings(
                jwtKey,
                jwksUrl,
                jwtAlg,
                jwtIssuer,
                jwtAudience,
                jwtClockSkew,
                jwtCookie,
                anonymous,
                jwtWarning,
                jwksPace);
    }
}
