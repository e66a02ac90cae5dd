// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MetricsIT {

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
        return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    private void publish(URI hub, String path, String json) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(hub.resolve("/api/" + path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    /** Each sample's value, by its name and labels. */
    private Map<String, Double> samples(URI hub) throws IOException, InterruptedException {
        Map<String, Double> samples = new LinkedHashMap<>();
        get(hub.resolve("/metrics"))
                .body()
                .lines()
                .filter(line -> !line.startsWith("#"))
                .forEach(line -> {
                    int space = line.lastIndexOf(' ');
                    samples.put(line.substring(0, space), Double.valueOf(line.substring(space + 1)));
                });
        return samples;
    }

    @Test
    void thePageIsPrometheusText_withAllThatTheReferenceLists() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0")) {
            HttpResponse<String> page = get(hibiki.uri().resolve("/metrics"));

            assertThat(page.statusCode()).isEqualTo(200);
            assertThat(page.headers().firstValue("content-type")).hasValue("text/plain; version=0.0.4; charset=utf-8");
            assertThat(page.body()).contains("# TYPE hibiki_publish_duration_seconds histogram\n");
            String version = hibiki.out().get(0).split(" ", 3)[1];
            assertThat(samples(hibiki.uri()))
                    .containsEntry("hibiki_build_info{version=\"" + version + "\"}", 1.0)
                    .containsEntry("hibiki_streams_open", 0.0)
                    .containsEntry("hibiki_streams_behind", 0.0)
                    .containsEntry("hibiki_streams_farthest_behind_entries", 0.0)
                    .containsEntry("hibiki_streams_farthest_behind_seconds", 0.0)
                    .containsEntry("hibiki_streams_fell_behind_total", 0.0)
                    .containsEntry("hibiki_streams_refused_total", 0.0)
                    .containsEntry("hibiki_events_delivered_total", 0.0)
                    .containsEntry("hibiki_gaps_total{reason=\"expired\"}", 0.0)
                    .containsEntry("hibiki_publishes_total{outcome=\"unavailable\"}", 0.0)
                    .containsEntry("hibiki_publishes_total{outcome=\"failed\"}", 0.0)
                    .containsKeys(
                            "hibiki_connections",
                            "hibiki_log_reads_total",
                            "hibiki_log_entries",
                            "hibiki_log_bytes",
                            "hibiki_log_wal_bytes",
                            "hibiki_log_channels",
                            "hibiki_log_appended_total",
                            "hibiki_log_commits_total",
                            "hibiki_log_forced_seconds_total",
                            "hibiki_publish_duration_seconds_bucket{le=\"0.005\"}",
                            "process_uptime_seconds",
                            "process_cpu_usage",
                            "process_files_open_files",
                            "jvm_threads_live_threads")
                    .anySatisfy((name, value) -> assertThat(name).startsWith("jvm_memory_used_bytes{area=\"heap\""))
                    .anySatisfy((name, value) -> assertThat(name).startsWith("jvm_gc_"));
        }
    }

    @Test
    void theFiguresMove() throws Exception {
        try (HibikiProcess hibiki = HibikiProcess.start("serve", "--port", "0", "--limits-streams", "2");
                EventTail one = EventTail.open(client, hibiki.uri().resolve("/api/events/news"));
                EventTail two = EventTail.open(client, hibiki.uri().resolve("/api/events/news?lastEventId=1-0-1"))) {
            URI hub = hibiki.uri();
            await().until(() -> !one.clientId().isEmpty() && !two.clientId().isEmpty());
            EventTail.open(client, hub.resolve("/api/events/news")).close();
            publish(hub, "publish", "{\"channel\":\"news\",\"data\":1,\"key\":\"k\"}");
            publish(hub, "publish", "{\"channel\":\"news\",\"data\":1,\"key\":\"k\"}");
            publish(hub, "publish", "{\"channel\":\"news\",\"data\":2,\"key\":\"k\"}");
            publish(hub, "publish", "{\"channel\":\"no//channel\",\"data\":2}");
            publish(hub, "publish", "[{\"channel\":\"news\",\"data\":2},{\"channel\":\"news\",\"data\":\"last\"}]");
            await().until(() -> one.data().contains("last") && two.data().contains("last"));

            // What is delivered is counted when it was written, and may be here before that.
            await().untilAsserted(() -> assertThat(samples(hub)).containsEntry("hibiki_events_delivered_total", 6.0));
            Map<String, Double> samples = samples(hub);
            assertThat(samples)
                    .containsEntry("hibiki_streams_open", 2.0)
                    .containsEntry("hibiki_streams_refused_total", 1.0)
                    .containsEntry("hibiki_events_delivered_total", 6.0)
                    .containsEntry("hibiki_gaps_total{reason=\"log-reset\"}", 1.0)
                    .containsEntry("hibiki_gaps_total{reason=\"unknown-id\"}", 0.0)
                    .containsEntry("hibiki_publishes_total{outcome=\"ok\"}", 4.0)
                    .containsEntry("hibiki_publishes_total{outcome=\"conflict\"}", 1.0)
                    .containsEntry("hibiki_publishes_total{outcome=\"refused\"}", 1.0)
                    .containsEntry("hibiki_publish_duration_seconds_count", 4.0)
                    .containsEntry("hibiki_log_entries", 3.0);
            assertThat(samples.get("hibiki_connections")).isGreaterThanOrEqualTo(3.0);
            assertThat(samples.get("hibiki_log_commits_total")).isGreaterThanOrEqualTo(2.0);
            assertThat(samples.keySet()).noneMatch(name -> name.contains("news"));
        }
    }
}
