// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server whose certificate not everybody trusts. */
class TlsIT {

    private static final String PASSWORD = "changeit";

    @TempDir
    Path folder;

    @AfterEach
    void noThreadIsLeft() {
        await().until(() -> Recorder.threads().isEmpty());
    }

    @Test
    void aCertificateThatIsNotTrustedIsToldAndTriedAgain_andWithAClientThatTrustsItTheStreamOpens() throws Exception {
        SSLContext context = context();
        try (var server = (SSLServerSocket)
                context.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread serving = new Thread(() -> serve(server), "tls-server");
            serving.setDaemon(true);
            serving.start();
            var config = EventSourceConfig.builder(URI.create("https://127.0.0.1:" + server.getLocalPort() + "/"))
                    .mostBackoff(Duration.ofMillis(100));
            var failures = new LinkedBlockingQueue<Failure>();
            var events = new LinkedBlockingQueue<String>();
            var listener = new EventSource.Listener() {
                @Override
                public void onEvent(ReceivedEvent event) {
                    events.add(event.data());
                }

                @Override
                public void onFailure(Failure failure) {
                    failures.add(failure);
                }
            };
            try (var source = EventSource.open(config.build(), listener)) {
                Failure failure = failures.poll(60, TimeUnit.SECONDS);
                assertThat(failure).isNotNull();
                assertThat(failure.reason()).isEqualTo(Failure.Reason.NETWORK);
                assertThat(failure.goesOn()).isTrue();
                assertThat(failure.detail()).contains("unable to find valid certification path");
                assertThat(source.state()).isNotEqualTo(EventSource.State.CLOSED);
            }
            var trusting = HttpClient.newBuilder().sslContext(context).build();
            try (var source = EventSource.open(config.httpClient(trusting).build(), listener)) {
                assertThat(events.poll(60, TimeUnit.SECONDS)).isEqualTo("secret");
                assertThat(source.state()).isEqualTo(EventSource.State.OPEN);
            }
        }
    }

    private static void serve(SSLServerSocket server) {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                socket.getInputStream().read();
                socket.getOutputStream().write((ScriptedServer.STREAM + "data: secret\n\n").getBytes(UTF_8));
                while (socket.getInputStream().read() >= 0) {
                    // until it has left
                }
            } catch (IOException distrusted) {
                // or over
            }
        }
    }

    private SSLContext context() throws Exception {
        Path file = folder.resolve("keys.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        PASSWORD,
                        "-keystore",
                        file.toString())
                .inheritIO()
                .start();
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD.toCharArray());
        }
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD.toCharArray());
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", store.getCertificate("server"));
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }
}
