// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hibiki.event.SseEvent;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS over real sockets, with the JDK's own client. */
class TlsIT {

    @TempDir
    private Path directory;

    private final HibikiServer server = HibikiServer.start(config -> config
            .port(0)
            .tls(tls -> tls.selfSigned(true))
            .get("/asked", request -> Response.text(request.scheme() + " " + request.host()))
            .stream("/room/{name}", stream -> stream.subscribe("room/" + stream.path("name"))));

    @AfterEach
    void close() {
        server.close();
    }

    private static SSLContext trusting() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static HttpResponse<String> ask(HibikiServer server, HttpClient.Version version)
            throws IOException, InterruptedException {
        HttpClient client =
                HttpClient.newBuilder().sslContext(trusting()).version(version).build();
        return client.send(
                HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + "/asked"))
                        .timeout(Duration.ofMinutes(1))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private SSLSocket connect(HibikiServer to, String... protocols) throws IOException {
        var socket =
                (SSLSocket) trusting().getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), to.port());
        socket.setSoTimeout(60_000);
        if (protocols.length > 0) {
            socket.setEnabledProtocols(protocols);
        }
        return socket;
    }

    private X509Certificate shown(HibikiServer by) throws IOException {
        try (SSLSocket socket = connect(by)) {
            socket.startHandshake();
            return (X509Certificate) socket.getSession().getPeerCertificates()[0];
        }
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void aRequestIsAnsweredOverTheVersionThatTheClientAsksFor(HttpClient.Version version) throws Exception {
        HttpResponse<String> answer = ask(server, version);
        assertThat(answer.version()).isEqualTo(version);
        assertThat(answer.body()).isEqualTo("https localhost:" + server.port());
        assertThat(server.uri()).isEqualTo(URI.create("https://localhost:" + server.port()));
    }

    @ParameterizedTest
    @EnumSource(HttpClient.Version.class)
    void aStreamGetsItsEvents_andEndsInOrder(HttpClient.Version version) throws Exception {
        HttpClient client =
                HttpClient.newBuilder().sslContext(trusting()).version(version).build();
        var request = HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + "/room/a"))
                .build();
        var answer = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        assertThat(answer.version()).isEqualTo(version);
        try (var lines = new BufferedReader(new InputStreamReader(answer.body(), US_ASCII))) {
            assertThat(lines.readLine()).isEqualTo("retry: 3000");
            await().until(() -> server.openStreams() == 1);
            while (!"data: {}".equals(lines.readLine())) {
                // the beginning of a stream that reads the hub
            }
            String large = "x".repeat(100_000);
            for (int i = 0; i < 20; i++) {
                server.hub().publish("room/a", SseEvent.of(large + i)).join();
            }
            for (int i = 0; i < 20; i++) {
                String line = lines.readLine();
                while (!line.startsWith("data: x")) {
                    line = lines.readLine();
                }
                assertThat(line).isEqualTo("data: " + large + i);
            }
            server.drain(Duration.ZERO);
            assertThat(lines.readLine()).isEmpty();
            assertThat(lines.readLine()).startsWith("retry: ");
            assertThat(lines.readLine()).isEmpty();
            assertThat(lines.readLine()).isNull();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void bothVersionsOfTlsThatAreSafeAreSpoken(String version) throws IOException {
        try (SSLSocket socket = connect(server, version)) {
            socket.startHandshake();
            assertThat(socket.getSession().getProtocol()).isEqualTo(version);
            socket.getOutputStream()
                    .write("GET /asked HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".getBytes(US_ASCII));
            String all = new String(socket.getInputStream().readAllBytes(), US_ASCII);
            assertThat(all).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\nhttps localhost");
        }
    }

    @Test
    void aRequestWithoutTlsIsToldSo_andAHandshakeThatDoesNotComeIsWaitedForBriefly() throws IOException {
        try (RawClient client = RawClient.connect(server.port())) {
            RawClient.Answer answer = client.get("/asked").answer();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.body()).isEqualTo("This port speaks TLS only: use https:// instead of http://\n");
            assertThat(client.toEnd()).isEmpty();
        }
        try (var hasty = HibikiServer.start(config -> config.port(0)
                .tls(tls -> tls.selfSigned(true))
                .limits(limits -> limits.requestTime(Duration.ofMillis(500))))) {
            for (String begun : List.of("", "\u0016\u0003\u0001")) {
                try (RawClient client = RawClient.connect(hasty.port())) {
                    assertThat(client.send(begun).toEnd()).isEmpty();
                }
            }
        }
        try (RawClient garbage = RawClient.connect(server.port())) {
            garbage.send("\u0016\u0003\u0001\u0000\u0005hello").until("\u0002"); // an alert that is fatal
        }
    }

    @Test
    void theCertificateIsForThisMachine_andForNoOther() throws Exception {
        X509Certificate certificate = shown(server);
        certificate.verify(certificate.getPublicKey());
        certificate.checkValidity();
        assertThat(certificate.getSubjectAlternativeNames().toString())
                .isEqualTo("[[2, localhost], [2, *.localhost], [7, 127.0.0.1], [7, 0:0:0:0:0:0:0:1], [7, 127.0.0.1]]");
        assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
        assertThat(certificate.getSerialNumber()).isGreaterThan(BigInteger.ONE.shiftLeft(100));
        HttpClient distrustful = HttpClient.newHttpClient();
        var request = HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + "/asked"))
                .build();
        assertThatThrownBy(() -> distrustful.send(request, HttpResponse.BodyHandlers.discarding()))
                .isInstanceOf(SSLHandshakeException.class);
    }

    // ---- files

    static String pem(String what, byte[] der) {
        return "-----BEGIN " + what + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + what
                + "-----\n";
    }

    private Path write(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.writeString(file, text);
        return file;
    }

    private void change(String name, String text, int second) throws IOException {
        Path file = write(name, text);
        Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH.plusSeconds(second)));
    }

    @Test
    void filesThatChangeAreTakenForNewConnections_brokenOnesAreNot() throws Exception {
        SelfSigned first = SelfSigned.of("first.example");
        SelfSigned second = SelfSigned.of("second.example");
        Path certificate =
                write("cert.pem", pem("CERTIFICATE", first.certificate().getEncoded()));
        Path key = write("key.pem", pem("PRIVATE KEY", first.key().getEncoded()));
        try (var other = HibikiServer.start(
                config -> config.port(0).tls(tls -> tls.cert(certificate).key(key)).stream(
                        "/room", stream -> stream.subscribe("room")))) {
            assertThat(shown(other)).isEqualTo(first.certificate());
            change("cert.pem", pem("CERTIFICATE", second.certificate().getEncoded()), 1); // not the key's
            await().during(2500, TimeUnit.MILLISECONDS).until(() -> shown(other).equals(first.certificate()));
            change("key.pem", pem("PRIVATE KEY", second.key().getEncoded()), 2);
            await().until(() -> shown(other).equals(second.certificate()));
        }
    }

    @Test
    void whatCannotBeUsedIsToldAtTheStart_withoutAnythingOfTheKey() throws Exception {
        SelfSigned pair = SelfSigned.of("localhost");
        Path certificate =
                write("cert.pem", pem("CERTIFICATE", pair.certificate().getEncoded()));
        Path key = write("key.pem", pem("PRIVATE KEY", pair.key().getEncoded()));
        Path foreign =
                write("foreign.pem", pem("PRIVATE KEY", SelfSigned.of("x").key().getEncoded()));
        Path encrypted = write("encrypted.pem", pem("ENCRYPTED PRIVATE KEY", new byte[] {1}));
        Path broken = write("broken.pem", pem("PRIVATE KEY", "secret".getBytes(US_ASCII)));
        Path missing = directory.resolve("missing.pem");
        String rule = " (expected: a PEM file with an RSA, EC or EdDSA key that is not encrypted)";
        assertRefused(certificate, null, "tls.key: is missing (expected: a PEM file, as there is a tls.cert)");
        assertRefused(null, key, "tls.cert: is missing (expected: a PEM file, as there is a tls.key)");
        assertRefused(missing, key, "tls.cert: " + missing + " cannot be read (expected: a PEM file)");
        assertRefused(certificate, missing, "tls.key: " + missing + " cannot be read (expected: a PEM file)");
        assertRefused(
                key, key, "tls.cert: " + key + " holds no certificate (expected: a PEM file, the server's first)");
        assertRefused(certificate, certificate, "tls.key: " + certificate + " holds no private key" + rule);
        assertRefused(certificate, encrypted, "tls.key: " + encrypted + " holds a key that is encrypted" + rule);
        assertRefused(
                certificate, broken, "tls.key: " + broken + " holds a key that is neither RSA, EC nor EdDSA" + rule);
        assertRefused(
                certificate,
                foreign,
                "tls.key: " + foreign + " is not the key of the certificate (expected: that of " + certificate + ")");
        assertThatThrownBy(() -> HibikiServer.start(config -> config.port(0)
                        .tls(tls -> tls.selfSigned(true).cert(certificate).key(key))))
                .isInstanceOf(ServerStartException.class);
    }

    private static void assertRefused(@Nullable Path certificate, @Nullable Path key, String problem) {
        assertThatThrownBy(() -> HibikiServer.start(config -> {
                    config.port(0);
                    if (certificate != null) {
                        config.tls(tls -> tls.cert(certificate));
                    }
                    if (key != null) {
                        config.tls(tls -> tls.key(key));
                    }
                }))
                .isInstanceOfSatisfying(
                        ServerStartException.class,
                        refused -> assertThat(refused.problems()).containsExactly(problem));
    }

    @Test
    void aClientThatGoesInTheMidstHarmsNobody() throws Exception {
        for (int bytes : new int[] {1, 6, 60}) {
            var hello = new byte[bytes];
            hello[0] = 22;
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                socket.getOutputStream().write(hello);
            }
        }
        assertThat(ask(server, HttpClient.Version.HTTP_2).statusCode()).isEqualTo(200);
    }
}
