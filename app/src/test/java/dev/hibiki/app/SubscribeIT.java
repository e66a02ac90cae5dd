// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hibiki.client.EventSource;
import dev.hibiki.client.EventSourceConfig;
import dev.hibiki.client.Failure;
import dev.hibiki.client.Gap;
import dev.hibiki.client.ReceivedEvent;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our own client against our own hub, and the command that is made of it. */
class SubscribeIT {

    private static final int EVENTS = 10_000;
    private static final int BATCH = 50;
    private static final int CUTS = 50;

    @TempDir
    Path folder;

    @Test
    void overManyBrokenConnectionsAndAKilledHubEachEventComesOnce_inOrder() throws Exception {
        try (var server = new MortalServer(folder.resolve("data"), List.of())) {
            server.start();
            try (var proxy = new CuttingProxy(server.uri(), CUTS, 5)) {
                var got = new CopyOnWriteArrayList<String>();
                var gaps = new CopyOnWriteArrayList<String>();
                var config = EventSourceConfig.builder(URI.create(proxy.uri() + "/api/events/numbers"))
                        .mostBackoff(Duration.ofMillis(200))
                        .build();
                var itself = new CompletableFuture<EventSource>();
                try (var source = EventSource.open(config, new Collector(got, gaps, itself))) {
                    itself.complete(source);
                    await().until(() -> !source.lastEventId().isEmpty());
                    Publications publications = new Publications(server.uri());
                    for (int n = 0; n < EVENTS; n += BATCH) {
                        publications.publish(
                                "numbers",
                                IntStream.range(n, n + BATCH)
                                        .mapToObj(Integer::toString)
                                        .toList());
                        if (n == EVENTS / 2) {
                            server.kill();
                            server.start();
                        }
                        if (n % 1000 == 0) {
                            source.restart();
                        }
                    }
                    await().atMost(4, TimeUnit.MINUTES).until(() -> got.size() >= EVENTS);
                }
                assertThat(got)
                        .isEqualTo(IntStream.range(0, EVENTS)
                                .mapToObj(Integer::toString)
                                .toList());
                assertThat(gaps).isEmpty();
                assertThat(proxy.cuts()).isGreaterThanOrEqualTo(CUTS);
            }
        }
    }

    /** Keeps what is not the hub's greeting; does not wait as long as the hub asks for before it comes back. */
    private record Collector(List<String> got, List<String> gaps, CompletableFuture<EventSource> itself)
            implements EventSource.Listener {

        @Override
        public void onFailure(Failure failure) {
            if (failure.goesOn()) {
                itself.join().restart();
            } else {
                gaps.add(failure.toString());
            }
        }

        @Override
        public void onEvent(ReceivedEvent event) {
            if (!event.data().startsWith("{\"type\":\"connected\"")) {
                got.add(event.data());
            }
        }

        @Override
        public void onGap(Gap gap) {
            gaps.add(gap.toString());
        }
    }

    @Test
    void theCommandPrintsEventsAsTheyAre_orAsLinesOfJson() throws Exception {
        try (var server = new MortalServer(folder.resolve("data"), List.of())) {
            server.start();
            var publications = new Publications(server.uri());
            List<Publications.Event> published = publications.publish("news", List.of("one", "two\nlines"));
            String url = server.uri() + "/api/events/news";
            for (boolean json : new boolean[] {false, true}) {
                try (HibikiProcess process = json
                        ? HibikiProcess.start("subscribe", url + "?last=2", "--json")
                        : HibikiProcess.start("subscribe", url + "?last=2")) {
                    List<String> lines = json
                            ? List.of(
                                    line("one", published.get(0).id()),
                                    line("two\\nlines", published.get(1).id()))
                            : List.of("one", "two", "lines");
                    await().until(() -> process.out().size() >= lines.size() + 1);
                    assertThat(process.out().subList(1, process.out().size())).isEqualTo(lines);
                    assertThat(process.err()).isEmpty();
                }
            }
        }
    }

    private static String line(String data, String id) {
        return "{\"type\":\"message\",\"data\":\"" + data + "\",\"id\":\"" + id + "\"}";
    }

    @Test
    void whatCannotWorkIsToldInOneLine_withItsStatus() throws Exception {
        assertThat(run("subscribe", "ftp://x/"))
                .isEqualTo("2 "
                        + "URL: ftp://x/ (expected: http:// or https://, a host, no user, a port up to 65535, such as"
                        + " http://localhost:8080/api/events/news)");
        assertThat(run("subscribe", "http://me:secret@x/")).startsWith("2 URL: http://me:secret@x/ (expected: ");
        assertThat(run("subscribe", "http://x/", "--last-event-id", "a\nb"))
                .isEqualTo("2 --last-event-id: has a line break (expected: one line)");
        assertThat(run("subscribe", "http://nobody.invalid/", "--max-retries", "0"))
                .isEqualTo("1 NETWORK: unknown host: nobody.invalid; 1 failures in a row (expected: at most 0)");
        try (var server = new MortalServer(folder.resolve("data"), List.of())) {
            server.start();
            assertThat(run("subscribe", server.uri() + "/nothing/here"))
                    .isEqualTo("1 REFUSED 404: the server answered 404");
        }
    }

    private static String run(String... args) {
        var err = new ByteArrayOutputStream();
        var shell = new Shell(
                new ByteArrayInputStream(new byte[0]),
                new PrintStream(new ByteArrayOutputStream(), true, UTF_8),
                new PrintStream(err, true, UTF_8),
                Map.of());
        int status = new Main(Main.COMMANDS).run(shell, args);
        return status + " " + Objects.requireNonNull(err.toString(UTF_8)).strip();
    }
}
