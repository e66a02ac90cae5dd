// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * A key and a self-signed certificate (RFC 5280), new at each start: to try TLS and HTTP/2 out on one machine.
 *
 * <p>Written here because the JDK has no public way to make a certificate, and the library that has one is as large as the rest of Hibiki.
 * It is P-256 with SHA-256, for {@code localhost}, the loopback addresses and one more name.
 */
record SelfSigned(PrivateKey key, X509Certificate certificate) {

    private static final Duration VALID = Duration.ofDays(90);

    private static final byte[] ECDSA_SHA256 = Der.sequence(Der.oid("2a8648ce3d040302"));
    private static final byte[] COMMON_NAME = Der.oid("550403");
    private static final byte[] ALTERNATIVE_NAMES = Der.oid("551d11");
    private static final byte[] EXTENDED_KEY_USAGE = Der.oid("551d25");
    private static final byte[] SERVER_AUTHENTICATION = Der.oid("2b06010505070301");
    private static final int VERSION = 0xa0;
    private static final int EXTENSIONS = 0xa3;
    private static final int DNS_NAME = 0x82;
    private static final int IP_ADDRESS = 0x87;

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

    /** Makes one for this machine, and the address or name that it is bound to. */
    static SelfSigned of(String bind) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair pair = generator.generateKeyPair();
            byte[] unsigned = unsigned(pair, bind, Instant.now());
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(pair.getPrivate());
            signature.update(unsigned);
            byte[] certificate = Der.sequence(unsigned, ECDSA_SHA256, Der.bits(signature.sign()));
            return new SelfSigned(pair.getPrivate(), (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(certificate)));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static byte[] unsigned(KeyPair pair, String bind, Instant now) {
        byte[] serial = new byte[16];
        new SecureRandom().nextBytes(serial);
        serial[0] = (byte) ((serial[0] & 0x3f) | 0x40); // positive, and in its shortest form
        byte[] name = Der.sequence(Der.value(
                Der.SET, Der.sequence(COMMON_NAME, Der.value(Der.UTF8_STRING, "Hibiki trial".getBytes(UTF_8)))));
        return Der.sequence(
                Der.value(VERSION, Der.value(Der.INTEGER, new byte[] {2})),
                Der.value(Der.INTEGER, serial),
                ECDSA_SHA256,
                name,
                Der.sequence(time(now.minus(Duration.ofHours(1))), time(now.plus(VALID))),
                name,
                pair.getPublic().getEncoded(),
                Der.value(
                        EXTENSIONS,
                        Der.sequence(
                                extension(EXTENDED_KEY_USAGE, Der.sequence(SERVER_AUTHENTICATION)),
                                extension(ALTERNATIVE_NAMES, names(bind)))));
    }

    private static byte[] time(Instant time) {
        return Der.value(Der.GENERALIZED_TIME, TIME.format(time).getBytes(US_ASCII));
    }

    private static byte[] extension(byte[] oid, byte[] value) {
        return Der.sequence(oid, Der.value(Der.OCTET_STRING, value));
    }

    private static byte[] names(String bind) {
        byte[] own;
        try {
            own = bind.matches("[0-9.]+|.*:.*")
                    ? Der.value(IP_ADDRESS, InetAddress.getByName(bind).getAddress())
                    : Der.value(DNS_NAME, bind.getBytes(US_ASCII));
        } catch (UnknownHostException none) {
            own = new byte[0];
        }
        byte[] loopback4 = {127, 0, 0, 1};
        byte[] loopback6 = new byte[16];
        loopback6[15] = 1;
        return Der.sequence(
                Der.value(DNS_NAME, "localhost".getBytes(US_ASCII)),
                Der.value(DNS_NAME, "*.localhost".getBytes(US_ASCII)),
                Der.value(IP_ADDRESS, loopback4),
                Der.value(IP_ADDRESS, loopback6),
                own);
    }
}
