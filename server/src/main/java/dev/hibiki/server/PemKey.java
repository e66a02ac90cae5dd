// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A private key from a PEM file, in each of the three forms that tools write: PKCS#8 ({@code PRIVATE KEY}), PKCS#1 ({@code RSA PRIVATE KEY}) and
 * SEC 1 ({@code EC PRIVATE KEY}). The JDK reads the first only, so the others are wrapped into it. Nothing of a key's content is ever in an
 * exception.
 */
final class PemKey {

    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----([^-]*)-----END \\1-----");

    private static final byte[] RSA = Der.sequence(Der.oid("2a864886f70d010101"), Der.value(Der.NULL)); // rsaEncryption
    static final byte[] EC = Der.oid("2a8648ce3d0201"); // id-ecPublicKey
    private static final int PARAMETERS = 0xa0;

    private PemKey() {}

    /**
     * Reads a key.
     *
     * @throws IllegalArgumentException what is wrong, as the middle of a sentence
     */
    static PrivateKey parse(byte[] file) {
        Matcher block = BLOCK.matcher(new String(file, ISO_8859_1));
        if (!block.find()) {
            throw new IllegalArgumentException("holds no private key");
        }
        if (block.group().contains("ENCRYPTED")) {
            throw new IllegalArgumentException("holds a key that is encrypted");
        }
        byte[] pkcs8;
        try {
            byte[] der = Base64.getMimeDecoder().decode(block.group(2));
            pkcs8 = switch (block.group(1)) {
                case "PRIVATE KEY" -> der;
                case "RSA PRIVATE KEY" -> wrapped(RSA, der);
                case "EC PRIVATE KEY" -> wrapped(Der.sequence(EC, Der.find(der, PARAMETERS)), der);
                default -> throw new IllegalArgumentException();
            };
        } catch (IllegalArgumentException unreadable) {
            throw new IllegalArgumentException("holds a key that cannot be read");
        }
        for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (GeneralSecurityException anotherOne) {
                // The next one may be it.
            }
        }
        throw new IllegalArgumentException("holds a key that is neither RSA, EC nor EdDSA");
    }

    private static byte[] wrapped(byte[] algorithm, byte[] key) {
        return Der.sequence(Der.value(Der.INTEGER, new byte[1]), algorithm, Der.value(Der.OCTET_STRING, key));
    }
}
