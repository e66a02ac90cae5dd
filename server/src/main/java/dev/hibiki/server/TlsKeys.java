// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate and key that a server shows, as they are now: new connections begin with {@link #context}, those that are open keep theirs.
 *
 * <p>The files are checked every few seconds ({@link #look}). A change is taken if both files can be read and belong
 * together; else the old pair is kept, which is logged once, and the next change is tried: a new certificate comes as two
 * files, written one after the other. TLS 1.3 and 1.2, with the ciphers that HTTP/2 allows.
 *
 * <p>Any thread reads the context; {@link #look} is called by one at a time.
 */
final class TlsKeys {

    private static final Logger LOG = LoggerFactory.getLogger(HibikiServer.class.getPackageName());

    /** Both files, as far as is needed to see that they changed. */
    private record Stamp(String certificate, String key) {
        static Stamp of(Path certificate, Path key) {
            return new Stamp(glance(certificate), glance(key));
        }

        private static String glance(Path file) {
            try {
                BasicFileAttributes seen = Files.readAttributes(file, BasicFileAttributes.class);
                return seen.lastModifiedTime() + " " + seen.size() + " " + seen.fileKey();
            } catch (IOException gone) {
                return "";
            }
        }
    }

    private final @Nullable Path certificate;
    private final @Nullable Path key;
    private @Nullable Stamp stamp;
    private volatile SslContext context;

    private TlsKeys(@Nullable Path certificate, @Nullable Path key, @Nullable Stamp stamp, SslContext context) {
        this.certificate = certificate;
        this.key = key;
        this.stamp = stamp;
        this.context = context;
    }

    /**
     * Reads both from PEM files.
     *
     * @throws IllegalArgumentException a line that names the setting and what is wrong
     */
    static TlsKeys of(Path certificate, Path key) {
        Stamp before = Stamp.of(certificate, key);
        return new TlsKeys(certificate, key, before, read(certificate, key));
    }

    /** Makes both, for this machine and what the server is bound to. */
    static TlsKeys selfSigned(String bind) {
        SelfSigned made = SelfSigned.of(bind);
        return new TlsKeys(null, null, null, context(made.key(), made.certificate()));
    }

    /** The context for new connections. */
    SslContext context() {
        return context;
    }

    /** Takes the files if they have changed. */
    void look() {
        if (certificate == null || key == null) {
            return;
        }
        Stamp now = Stamp.of(certificate, key);
        if (now.equals(stamp)) {
            return;
        }
        stamp = now;
        try {
            context = read(certificate, key);
            LOG.info("the TLS certificate has changed, new connections get the new one");
        } catch (IllegalArgumentException unusable) {
            LOG.warn(
                    "the TLS certificate or key has changed and cannot be used, the old one is kept: {}",
                    unusable.getMessage());
        }
    }

    private static SslContext read(Path certificateFile, Path keyFile) {
        X509Certificate[] chain;
        try (var in = new ByteArrayInputStream(bytes("tls.cert", certificateFile))) {
            chain = CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                    .map(X509Certificate.class::cast)
                    .toArray(X509Certificate[]::new);
        } catch (CertificateException | IOException unreadable) {
            chain = new X509Certificate[0];
        }
        if (chain.length == 0) {
            throw new IllegalArgumentException("tls.cert: " + certificateFile
                    + " holds no certificate (expected: a PEM file, the server's first)");
        }
        PrivateKey privateKey;
        try {
            privateKey = PemKey.parse(bytes("tls.key", keyFile));
        } catch (UnreadableException unreadable) {
            throw unreadable;
        } catch (IllegalArgumentException refused) {
            throw new IllegalArgumentException("tls.key: " + keyFile + " " + refused.getMessage()
                    + " (expected: a PEM file with an RSA, EC or EdDSA key that is not encrypted)");
        }
        if (!belongTogether(privateKey, chain[0])) {
            throw new IllegalArgumentException("tls.key: " + keyFile
                    + " is not the key of the certificate (expected: that of " + certificateFile + ")");
        }
        return context(privateKey, chain);
    }

    /** A file that is not there, or not for us. */
    private static final class UnreadableException extends IllegalArgumentException {
        UnreadableException(String message) {
            super(message);
        }
    }

    private static byte[] bytes(String setting, Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException unreadable) {
            throw new UnreadableException(setting + ": " + file + " cannot be read (expected: a PEM file)");
        }
    }

    private static boolean belongTogether(PrivateKey key, X509Certificate certificate) {
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
        try {
            byte[] anything = {1, 2, 3};
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(anything);
            byte[] signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            signature.update(anything);
            return signature.verify(signed);
        } catch (GeneralSecurityException different) {
            return false;
        }
    }

    private static SslContext context(PrivateKey key, X509Certificate... chain) {
        try {
            return SslContextBuilder.forServer(key, Arrays.asList(chain))
                    .sslProvider(SslProvider.JDK)
                    .protocols("TLSv1.3", "TLSv1.2")
                    .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                    .applicationProtocolConfig(new ApplicationProtocolConfig(
                            Protocol.ALPN,
                            SelectorFailureBehavior.NO_ADVERTISE,
                            SelectedListenerFailureBehavior.ACCEPT,
                            ApplicationProtocolNames.HTTP_2,
                            ApplicationProtocolNames.HTTP_1_1))
                    .build();
        } catch (SSLException refused) {
            throw new IllegalArgumentException("tls.cert: cannot be used (expected: one for a server)", refused);
        }
    }
}
