// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.PSSParameterSpec;
import java.text.ParseException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * What signs a token: a secret or a private key, and the algorithm (RFC 7518, RFC 8037).
 *
 * @param key the secret or the private key
 * @param algorithm its name, as in the header of a token
 * @param id the key's id, or null
 */
record SigningKey(Key key, String algorithm, @Nullable String id) {

    private static final String EDDSA = "EdDSA";

    private static final byte[] ED25519_PREFIX = HexFormat.of().parseHex("302e020100300506032b657004220420");

    /**
     * Reads a key.
     *
     * @param written a secret, PEM or a JWK, or {@code @} and a file with one
     * @param algorithm the algorithm, or null for the usual one for such a key
     * @throws IllegalArgumentException naming what is wrong, without the key
     */
    static SigningKey of(String written, @Nullable String algorithm) {
        byte[] bytes = written.getBytes(UTF_8);
        if (written.startsWith("@")) {
            try {
                bytes = Files.readAllBytes(Path.of(written.substring(1)));
            } catch (IOException | InvalidPathException unreadable) {
                throw new IllegalArgumentException(
                        "--key: " + written + " (expected: a file that can be read)", unreadable);
            }
        }
        String text = new String(bytes, ISO_8859_1).strip();
        if (text.isEmpty()) {
            throw new IllegalArgumentException(
                    "--key: is missing (expected: the secret or the private key of the issuer)");
        }
        String id = null;
        Key key;
        if (text.startsWith("-----BEGIN")) {
            key = ofPem(text);
        } else if (text.startsWith("{")) {
            JWK jwk = jwk(text);
            id = jwk.getKeyID();
            key = ofJwk(jwk);
        } else {
            int end = bytes.length - (bytes[bytes.length - 1] == '\n' ? 1 : 0);
            end -= end < bytes.length && end > 0 && bytes[end - 1] == '\r' ? 1 : 0;
            key = new SecretKeySpec(Arrays.copyOf(bytes, end), "HMAC");
        }
        String usual = usual(key);
        String chosen = algorithm == null ? usual : algorithm;
        boolean fits = chosen.equals(usual)
                || (usual.startsWith("HS") && chosen.matches("HS(256|384|512)"))
                || (usual.startsWith("RS") && chosen.matches("[RP]S(256|384|512)"));
        if (!fits) {
            throw new IllegalArgumentException("--alg: " + SettingsReader.shown(chosen)
                    + " (expected: one that fits the key, such as " + usual + ")");
        }
        if (key instanceof SecretKey && key.getEncoded().length < bits(chosen) / 8) {
            throw new IllegalArgumentException("--key: " + key.getEncoded().length + " bytes (expected: at least "
                    + bits(chosen) / 8 + " bytes, for " + chosen + ")");
        }
        return new SigningKey(key, chosen, id);
    }

    private static JWK jwk(String text) {
        try {
            return JWK.parse(text);
        } catch (ParseException | RuntimeException malformed) {
            throw noKey("JSON and no JWK");
        }
    }

    private static Key ofJwk(JWK jwk) {
        try {
            if (jwk instanceof OctetSequenceKey secret) {
                return secret.toSecretKey("HMAC");
            }
            if (!jwk.isPrivate()) {
                throw noKey("a public key");
            }
            if (jwk instanceof OctetKeyPair pair) {
                byte[] d = pair.getDecodedD();
                byte[] der = Arrays.copyOf(ED25519_PREFIX, ED25519_PREFIX.length + d.length);
                System.arraycopy(d, 0, der, ED25519_PREFIX.length, d.length);
                return KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(der));
            }
            return jwk instanceof RSAKey rsa ? rsa.toPrivateKey() : ((ECKey) jwk).toPrivateKey();
        } catch (JOSEException | GeneralSecurityException unusable) {
            throw noKey("a JWK of another kind");
        }
    }

    private static PrivateKey ofPem(String text) {
        if (!text.startsWith("-----BEGIN PRIVATE KEY-----")) {
            throw noKey("PEM of another kind");
        }
        String base64 = text.replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
        for (String kind : List.of("RSA", "EC", "Ed25519")) {
            try {
                byte[] der = Base64.getDecoder().decode(base64);
                return KeyFactory.getInstance(kind).generatePrivate(new PKCS8EncodedKeySpec(der));
            } catch (GeneralSecurityException | IllegalArgumentException another) {
                // tried with the next
            }
        }
        throw noKey("PEM of another kind");
    }

    private static IllegalArgumentException noKey(String what) {
        return new IllegalArgumentException("--key: is " + what
                + " (expected: a secret, or a private key for RSA, EC or Ed25519 in PKCS#8 PEM or as JWK)");
    }

    private static String usual(Key key) {
        if (key instanceof SecretKey) {
            return "HS256";
        }
        if (key instanceof ECPrivateKey ec) {
            int bits = ec.getParams().getOrder().bitLength();
            return bits == 521 ? "ES512" : "ES" + bits;
        }
        return key.getAlgorithm().equals("RSA") ? "RS256" : EDDSA;
    }

    private static int bits(String algorithm) {
        return Integer.parseInt(algorithm.substring(2));
    }

    /** The signature of a message, in the form that tokens use. */
    byte[] sign(byte[] message) throws GeneralSecurityException {
        if (key instanceof SecretKey secret) {
            Mac mac = Mac.getInstance("HmacSHA" + bits(algorithm));
            mac.init(new SecretKeySpec(secret.getEncoded(), mac.getAlgorithm()));
            return mac.doFinal(message);
        }
        Signature signature = signature();
        signature.initSign((PrivateKey) key);
        signature.update(message);
        return signature.sign();
    }

    private Signature signature() throws GeneralSecurityException {
        if (algorithm.equals(EDDSA)) {
            return Signature.getInstance("Ed25519");
        }
        int bits = bits(algorithm);
        if (algorithm.startsWith("PS")) {
            Signature pss = Signature.getInstance("RSASSA-PSS");
            String hash = "SHA-" + bits;
            pss.setParameter(new PSSParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), bits / 8, 1));
            return pss;
        }
        return Signature.getInstance(
                "SHA" + bits + (algorithm.startsWith("RS") ? "withRSA" : "withECDSAinP1363Format"));
    }
}
