// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import com.nimbusds.jose.jwk.OctetKeyPair;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;

/** Ed25519 by the JDK: the library for tokens would need another library for it. */
final class Ed25519 {

    /** The bytes before the 32 bytes of a key in the form of X.509 (RFC 8410). */
    static final byte[] PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

    static final int LENGTH = 32;

    private Ed25519() {}

    /** Whether a signature is that of a message by the owner of a key. */
    static boolean verify(OctetKeyPair key, byte[] message, byte[] signature) throws GeneralSecurityException {
        byte[] x = key.getDecodedX();
        if (x.length != LENGTH) {
            return false;
        }
        byte[] encoded = Arrays.copyOf(PREFIX, PREFIX.length + LENGTH);
        System.arraycopy(x, 0, encoded, PREFIX.length, LENGTH);
        PublicKey point = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
        Signature verifier = Signature.getInstance("Ed25519");
        verifier.initVerify(point);
        verifier.update(message);
        return verifier.verify(signature);
    }
}
