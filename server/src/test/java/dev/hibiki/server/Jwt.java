// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tokens as a test needs them, signed by whoever it likes. */
final class Jwt {

    static final String SECRET = "a secret of two and thirty bytes";

    private Jwt() {}

    /** A token for an hour of what the secret signs. */
    static String of(String user, List<String> subscribe, List<String> publish) {
        return of(claims -> claims.subject(user).claim("hibiki", Map.of("subscribe", subscribe, "publish", publish)));
    }

    static String admin() {
        return of(claims -> claims.subject("root").claim("hibiki", Map.of("admin", true)));
    }

    /** A token for an hour, unless the claims say otherwise. */
    static String of(Consumer<JWTClaimsSet.Builder> claims) {
        return signed(JWSAlgorithm.HS256, secret(SECRET), null, claims);
    }

    static OctetSequenceKey secret(String text) {
        return new OctetSequenceKey.Builder(text.getBytes(UTF_8)).build();
    }

    static String signed(
            JWSAlgorithm algorithm, JWK key, @Nullable String type, Consumer<JWTClaimsSet.Builder> claims) {
        try {
            var builder = new JWTClaimsSet.Builder().expirationTime(in(3600));
            claims.accept(builder);
            var header = new JWSHeader.Builder(algorithm)
                    .keyID(key.getKeyID())
                    .type(type == null ? null : new JOSEObjectType(type))
                    .build();
            var token = new SignedJWT(header, builder.build());
            token.sign(signer(key));
            return token.serialize();
        } catch (JOSEException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static JWSSigner signer(JWK key) throws JOSEException {
        if (key instanceof OctetSequenceKey secret) {
            return new MACSigner(secret);
        }
        return key instanceof RSAKey rsa ? new RSASSASigner(rsa) : new ECDSASigner((ECKey) key);
    }

    /** A time so many seconds from now. */
    static Date in(long seconds) {
        return Date.from(Instant.now().plusSeconds(seconds));
    }

    /** A token that says of itself that nobody signed it. */
    static String unsigned(String user) {
        return Base64URL.encode("{\"alg\":\"none\"}") + "."
                + Base64URL.encode(
                        "{\"sub\":\"" + user + "\",\"hibiki\":{\"subscribe\":[\"**\"],\"publish\":[\"**\"]}}")
                + ".";
    }

    /** A key as PEM writes it. */
    static String pem(java.security.PublicKey key) {
        return "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
    }
}
