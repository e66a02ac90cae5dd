// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a server proves who it is: the settings {@code tls.…}. With any of them the port speaks only TLS, and HTTP/2 with
 * clients that ask for it.
 *
 * <pre>{@code
 * .tls(tls -> tls.cert(Path.of("fullchain.pem")).key(Path.of("privkey.pem")))
 * }</pre>
 */
public final class TlsConfig {

    private @Nullable Path cert;
    private @Nullable Path key;
    private boolean selfSigned;

    TlsConfig() {}

    /**
     * A PEM file with the server's own certificate first, then those that lead to one that clients know; needs {@link #key}.
     * Both files are read again when they change.
     */
    public TlsConfig cert(Path file) {
        this.cert = file;
        return this;
    }

    /** A PEM file with the certificate's private key, RSA, EC or EdDSA, not encrypted. */
    public TlsConfig key(Path file) {
        this.key = file;
        return this;
    }

    /** Makes a self-signed certificate at each start, to try TLS out: no client trusts it unless told to. Default: false. */
    public TlsConfig selfSigned(boolean selfSigned) {
        this.selfSigned = selfSigned;
        return this;
    }

    /** What cannot work, one line each. */
    List<String> problems(String bind) {
        var problems = new ArrayList<String>();
        try {
            keys(bind);
        } catch (IllegalArgumentException refused) {
            problems.add(String.valueOf(refused.getMessage()));
            // The certificate is looked at first.
            if (cert != null && key != null && problems.get(0).startsWith("tls.cert") && !Files.isReadable(key)) {
                problems.add("tls.key: " + key + " cannot be read (expected: a PEM file)");
            }
        }
        return problems;
    }

    /**
     * What proves who the server is, or null if it speaks without TLS.
     *
     * @param bind the address that a certificate of its own names
     * @throws IllegalArgumentException a line that names the setting and what is wrong
     */
    @Nullable
    TlsKeys keys(String bind) {
        if (selfSigned && (cert != null || key != null)) {
            throw new IllegalArgumentException(
                    "tls.self-signed: true (expected: false beside tls.cert and tls.key, which are a certificate)");
        }
        if (selfSigned) {
            return TlsKeys.selfSigned(bind);
        }
        if (cert == null && key == null) {
            return null;
        }
        if (cert == null) {
            throw new IllegalArgumentException("tls.cert: is missing (expected: a PEM file, as there is a tls.key)");
        }
        if (key == null) {
            throw new IllegalArgumentException("tls.key: is missing (expected: a PEM file, as there is a tls.cert)");
        }
        return TlsKeys.of(cert, key);
    }
}
