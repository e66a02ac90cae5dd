// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.AsymmetricJWK;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.util.Base64URL;
import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The keys with which tokens are checked, in the forms that may be configured: a secret, a public key or certificate in PEM,
 * a JWK or a set of them.
 *
 * <p>What looks like PEM or JSON is never taken for a secret. Otherwise a public key configured with an algorithm for
 * secrets would let everybody sign who knows that key, which is everybody.
 */
final class TokenKeys {

    private static final Pattern PEM =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----\\s*([A-Za-z0-9+/=\\s]+?)-----END \\1-----");

    /** The algorithms that can be configured. EdDSA is Ed25519. */
    static final List<JWSAlgorithm> ALGORITHMS = List.of(
            JWSAlgorithm.HS256,
            JWSAlgorithm.HS384,
            JWSAlgorithm.HS512,
            JWSAlgorithm.RS256,
            JWSAlgorithm.RS384,
            JWSAlgorithm.RS512,
            JWSAlgorithm.PS256,
            JWSAlgorithm.PS384,
            JWSAlgorithm.PS512,
            JWSAlgorithm.ES256,
            JWSAlgorithm.ES384,
            JWSAlgorithm.ES512,
            JWSAlgorithm.EdDSA);

    private static final int LEAST_RSA_BITS = 2048;

    private TokenKeys() {}

    /**
     * Reads keys.
     *
     * @param written the bytes of a value or a file; a line break at the end of a secret is not part of it
     * @throws IllegalArgumentException naming what is wrong, without the key
     */
    static List<JWK> read(byte[] written) {
        String text = new String(written, ISO_8859_1).strip();
        if (text.isEmpty()) {
            throw new IllegalArgumentException(
                    "jwt.key: is empty (expected: a secret, a PEM public key, a JWK or a set)");
        }
        if (text.startsWith("-----BEGIN")) {
            return List.of(ofPem(text));
        }
        if (text.startsWith("{")) {
            return ofJson(text);
        }
        int length = written.length;
        if (written[length - 1] == '\n') {
            length -= length > 1 && written[length - 2] == '\r' ? 2 : 1;
        }
        return List.of(new OctetSequenceKey.Builder(Arrays.copyOf(written, length)).build());
    }

    private static List<JWK> ofJson(String text) {
        try {
            JWKSet set = text.contains("\"keys\"") ? JWKSet.parse(text) : new JWKSet(JWK.parse(text));
            List<JWK> keys = new ArrayList<>();
            for (JWK key : set.getKeys()) {
                keys.add(key instanceof AsymmetricJWK ? key.toPublicJWK() : key);
            }
            if (!keys.isEmpty()) {
                return keys;
            }
        } catch (ParseException | RuntimeException malformed) {
            // told below, without the text, which may hold a secret
        }
        throw new IllegalArgumentException("jwt.key: is JSON and no key (expected: a JWK or a set of them, RFC 7517)");
    }

    private static JWK ofPem(String text) {
        Matcher pem = PEM.matcher(text);
        if (!pem.find()) {
            throw noPem("is not complete");
        }
        byte[] der;
        try {
            der = Base64.getMimeDecoder().decode(pem.group(2));
            if (pem.group(1).equals("CERTIFICATE")) {
                return ofPublic(CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(der))
                        .getPublicKey());
            }
        } catch (GeneralSecurityException | IllegalArgumentException malformed) {
            throw noPem("cannot be read");
        }
        if (!pem.group(1).equals("PUBLIC KEY")) {
            throw noPem("is " + pem.group(1).toLowerCase(Locale.ROOT));
        }
        for (String algorithm : List.of("RSA", "EC", "Ed25519")) {
            try {
                return ofPublic(KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(der)));
            } catch (GeneralSecurityException another) {
                // tried with the next
            }
        }
        throw noPem("is of another kind");
    }

    private static IllegalArgumentException noPem(String what) {
        return new IllegalArgumentException("jwt.key: PEM that " + what
                + " (expected: BEGIN PUBLIC KEY or BEGIN CERTIFICATE, with a key for RSA, EC or Ed25519)");
    }

    private static JWK ofPublic(PublicKey key) {
        if (key instanceof RSAPublicKey rsa) {
            return new RSAKey.Builder(rsa).build();
        }
        if (key instanceof ECPublicKey ec) {
            Curve curve = Curve.forECParameterSpec(ec.getParams());
            if (curve != null) {
                return new ECKey.Builder(curve, ec).build();
            }
        } else if (key.getEncoded().length == Ed25519.PREFIX.length + Ed25519.LENGTH) {
            byte[] encoded = key.getEncoded();
            byte[] x = Arrays.copyOfRange(encoded, Ed25519.PREFIX.length, encoded.length);
            return new OctetKeyPair.Builder(Curve.Ed25519, Base64URL.encode(x)).build();
        }
        throw noPem("is of another kind");
    }

    /** Why these keys cannot serve these algorithms, one line each. */
    static List<String> problems(List<JWSAlgorithm> algorithms, List<JWK> keys, boolean moreToCome) {
        var problems = new ArrayList<String>();
        for (JWSAlgorithm algorithm : algorithms) {
            if (keys.stream().anyMatch(key -> fits(key, algorithm)) || keys.isEmpty()) {
                continue;
            }
            String only = keys.stream()
                    .map(key -> tooShort(key, algorithm))
                    .filter(problem -> problem != null)
                    .findFirst()
                    .orElse(null);
            if (only != null) {
                problems.add(only);
            } else if (!moreToCome || JWSAlgorithm.Family.HMAC_SHA.contains(algorithm)) {
                problems.add("jwt.key: " + kinds(keys) + " (expected: " + wanted(algorithm) + ", for jwt.alg "
                        + algorithm + ")");
            }
        }
        return problems;
    }

    private static @Nullable String tooShort(JWK key, JWSAlgorithm algorithm) {
        if (key instanceof OctetSequenceKey secret && JWSAlgorithm.Family.HMAC_SHA.contains(algorithm)) {
            return "jwt.key: " + secret.size() / 8 + " bytes (expected: at least " + secretBytes(algorithm)
                    + " bytes, for jwt.alg " + algorithm + ")";
        }
        if (key instanceof RSAKey && JWSAlgorithm.Family.RSA.contains(algorithm) && key.size() < LEAST_RSA_BITS) {
            return "jwt.key: an RSA key of " + key.size() + " bits (expected: at least " + LEAST_RSA_BITS + ")";
        }
        return null;
    }

    private static int secretBytes(JWSAlgorithm algorithm) {
        return Integer.parseInt(algorithm.getName().substring(2)) / 8;
    }

    private static String kinds(List<JWK> keys) {
        JWK key = keys.get(0);
        return key instanceof OctetSequenceKey
                ? "a secret"
                : "a public key, " + key.getKeyType() + (key instanceof ECKey ec ? " " + ec.getCurve() : "");
    }

    private static String wanted(JWSAlgorithm algorithm) {
        if (JWSAlgorithm.Family.HMAC_SHA.contains(algorithm)) {
            return "a secret of at least " + secretBytes(algorithm) + " bytes";
        }
        if (JWSAlgorithm.Family.RSA.contains(algorithm)) {
            return "an RSA public key";
        }
        return JWSAlgorithm.Family.EC.contains(algorithm)
                ? "an EC public key on the curve "
                        + Curve.forJWSAlgorithm(algorithm).iterator().next()
                : "an Ed25519 public key";
    }

    /** Whether a key may check a signature of an algorithm. */
    static boolean fits(JWK key, JWSAlgorithm algorithm) {
        if ((key.getKeyUse() != null && !key.getKeyUse().equals(KeyUse.SIGNATURE))
                || (key.getAlgorithm() != null && !key.getAlgorithm().equals(algorithm) && !isEd(key, algorithm))) {
            return false;
        }
        if (JWSAlgorithm.Family.HMAC_SHA.contains(algorithm)) {
            return key instanceof OctetSequenceKey secret && secret.size() / 8 >= secretBytes(algorithm);
        }
        if (JWSAlgorithm.Family.RSA.contains(algorithm)) {
            return key instanceof RSAKey && key.size() >= LEAST_RSA_BITS;
        }
        if (JWSAlgorithm.Family.EC.contains(algorithm)) {
            return key instanceof ECKey ec && Curve.forJWSAlgorithm(algorithm).contains(ec.getCurve());
        }
        return isEd(key, algorithm);
    }

    private static boolean isEd(JWK key, JWSAlgorithm algorithm) {
        return JWSAlgorithm.Family.ED.contains(algorithm)
                && key instanceof OctetKeyPair pair
                && pair.getCurve().equals(Curve.Ed25519);
    }
}
