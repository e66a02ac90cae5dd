// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hibiki.client.EventIteration;
import dev.hibiki.client.EventSource;
import dev.hibiki.client.EventSourceConfig;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.Test;

/** Our Java client against our hub where all streams of a program share one connection: TLS and HTTP/2. */
class SubscribeOverHttp2IT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String PADDING = "x".repeat(500);

    @Test
    void oneThatReadsSlowlyHoldsUpNoNeighbour_restartsLoseNothing_andNothingIsLeftAtTheServer() throws Exception {
        HttpClient client = HttpClient.newBuilder().sslContext(trustingAll()).build();
        HttpClient other = HttpClient.newBuilder().sslContext(trustingAll()).build();
        try (var hibiki = HibikiProcess.start("serve", "--port", "0", "--log", "memory", "--tls-self-signed")) {
            URI news = hibiki.uri().resolve("/api/events/news");
            var config = EventSourceConfig.builder(news).httpClient(client).build();
            var got = new CopyOnWriteArrayList<String>();
            var source = EventSource.open(config, event -> got.add(event.data()));
            var many = new ArrayList<EventSource>();
            try (EventIteration slow = EventSource.read(config)) {
                for (int i = 0; i < 20; i++) {
                    many.add(EventSource.open(config, event -> {}));
                }
                await().atMost(PATIENCE)
                        .untilAsserted(() ->
                                assertThat(openStreams(other, hibiki.uri())).isEqualTo(22));
                assertThat(slow.iterator().next().data()).contains("connected");
                var published = new ArrayList<String>();
                for (int batch = 0; batch < 40; batch++) {
                    int from = batch * 50;
                    List<String> data = IntStream.range(from, from + 50)
                            .mapToObj(n -> n + PADDING)
                            .toList();
                    publish(other, hibiki.uri(), data);
                    published.addAll(data);
                    source.restart();
                }
                await().atMost(PATIENCE).until(() -> withoutGreetings(got).size() >= published.size());
                assertThat(withoutGreetings(got)).isEqualTo(published);
                var read = new ArrayList<String>();
                while (read.size() < published.size()) {
                    read.add(slow.iterator().next().data());
                    read.removeIf(data -> !data.endsWith(PADDING)); // a greeting, if it had to come back
                }
                assertThat(read).isEqualTo(published);
            }
            source.close();
            many.forEach(EventSource::close);
            for (EventSource one : many) {
                assertThat(one.awaitClosed(PATIENCE)).isTrue();
            }
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(openStreams(other, hibiki.uri())).isZero());
        }
    }

    private static List<String> withoutGreetings(List<String> got) {
        return got.stream().filter(data -> data.endsWith(PADDING)).toList();
    }

    private static void publish(HttpClient client, URI hub, List<String> data) throws Exception {
        String body = data.stream()
                .map(one -> "{\"channel\":\"news\",\"data\":\"" + one + "\"}")
                .collect(Collectors.joining(",", "[", "]"));
        HttpRequest request = HttpRequest.newBuilder(hub.resolve("/api/publish"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
    }

    private static int openStreams(HttpClient client, URI hub) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(hub.resolve("/metrics")).build();
        return client.send(request, HttpResponse.BodyHandlers.ofString())
                .body()
                .lines()
                .filter(line -> line.startsWith("hibiki_streams_open "))
                .mapToInt(line -> (int) Double.parseDouble(line.substring(line.indexOf(' '))))
                .sum();
    }

    private static SSLContext trustingAll() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new TrustingAll()}, null);
        return context;
    }

    /** The server makes a certificate for each start. */
    private static final class TrustingAll extends X509ExtendedTrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
