// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PemKeyTest {

    private static PrivateKey key(String algorithm) throws GeneralSecurityException {
        return KeyPairGenerator.getInstance(algorithm).generateKeyPair().getPrivate();
    }

    private static PrivateKey parse(String text) {
        return PemKey.parse(text.getBytes(US_ASCII));
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC", "Ed25519"})
    void keysInPkcs8AreRead_whateverStandsAroundThem(String algorithm) throws GeneralSecurityException {
        PrivateKey key = key(algorithm);
        String file = "Bag Attributes\n" + TlsIT.pem("CERTIFICATE", new byte[3])
                + TlsIT.pem("PRIVATE KEY", key.getEncoded()) + "\n";
        assertThat(parse(file)).isEqualTo(key);
        assertThat(parse(file.replace("\n", "\r\n"))).isEqualTo(key);
    }

    @Test
    void anRsaKeyInPkcs1IsRead() throws GeneralSecurityException {
        PrivateKey key = key("RSA");
        byte[] pkcs1 = Der.find(key.getEncoded(), Der.OCTET_STRING);
        assertThat(parse(TlsIT.pem("RSA PRIVATE KEY", pkcs1))).isEqualTo(key);
    }

    @Test
    void anEcKeyInSec1IsRead_withItsCurve() throws GeneralSecurityException {
        var key = (ECPrivateKey) SelfSigned.of("localhost").key();
        byte[] number = new byte[32];
        byte[] s = key.getS().toByteArray();
        int length = Math.min(32, s.length);
        System.arraycopy(s, s.length - length, number, 32 - length, length);
        byte[] curve = Der.oid("2a8648ce3d030107"); // prime256v1
        byte[] sec1 = Der.sequence(
                Der.value(Der.INTEGER, new byte[] {1}), Der.value(Der.OCTET_STRING, number), Der.value(0xa0, curve));
        String parameters = TlsIT.pem("EC PARAMETERS", curve);
        assertThat(((ECPrivateKey) parse(parameters + TlsIT.pem("EC PRIVATE KEY", sec1))).getS())
                .isEqualTo(key.getS());
    }

    @Test
    void whateverIsCutOffIsRefused_withoutAWordOfIt() throws GeneralSecurityException {
        byte[] whole = key("EC").getEncoded();
        for (String what : new String[] {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY"}) {
            for (int i = 0; i < whole.length; i++) {
                byte[] cut = java.util.Arrays.copyOf(whole, i);
                assertThatThrownBy(() -> parse(TlsIT.pem(what, cut)))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasNoCause()
                        .message()
                        .isIn("holds a key that cannot be read", "holds a key that is neither RSA, EC nor EdDSA");
            }
        }
    }
}
