// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hibiki.app.Publications.Event;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every way in which a stream may begin in the past, on the real process, with a log that was written in its former life. */
class ResumeIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int RECEIVE_BUFFER = 2048;
    private static final String END = "the end";

    @TempDir
    Path folder;

    private MortalServer server;
    private StreamSwarm swarm;
    private Publications publications;

    @BeforeEach
    void begin() throws IOException {
        server = new MortalServer(folder.resolve("data"), List.of());
        swarm = new StreamSwarm(server.uri());
        publications = new Publications(server.uri());
    }

    @AfterEach
    void end() throws IOException {
        swarm.close();
        server.close();
    }

    @Test
    void eachWayToBeginInThePastGivesExactlyWhatIsThere_alsoOfAFormerLife() throws Exception {
        server.start();
        List<Event> news = new ArrayList<>();
        List<Event> all = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            awaitNextMillisecond();
            List<Event> event = publications.publish("news", List.of("news " + i));
            news.addAll(event);
            all.addAll(event);
            all.addAll(publications.publish("sport", List.of("sport " + i)));
        }
        server.kill();
        server.start();
        news.addAll(publications.publish("news", List.of("news of the second life")));
        Event end = publications.publish("broadcast", List.of(END)).get(0);
        news.add(end);
        Event fifth = news.get(4);
        List<Event> afterFifth = news.subList(5, news.size());
        List<Event> fromFifth = news.subList(4, news.size());

        assertThat(read("/api/events/news", fifth.id())).isEqualTo(afterFifth);
        assertThat(read("/api/events/news?lastEventId=" + fifth.id(), "")).isEqualTo(afterFifth);
        assertThat(read("/api/events/news?since=" + fifth.id(), "")).isEqualTo(afterFifth);
        assertThat(read(
                        "/api/events/news?since="
                                + Instant.ofEpochMilli(fifth.place().millis()),
                        ""))
                .isEqualTo(fromFifth);
        assertThat(read("/api/events/news?since=10m", "")).isEqualTo(news);
        assertThat(read("/api/events/news?last=3", "")).isEqualTo(news.subList(news.size() - 3, news.size()));
        assertThat(read("/api/events/news?last=1", "")).containsExactly(end);
        assertThat(read("/api/events/news?last=1000", "")).isEqualTo(news);

        // The header wins, of two in the query the id; empty counts as absent.
        String others = "/api/events/news?lastEventId=" + news.get(0).id() + "&last=1&since=10m";
        assertThat(read(others, fifth.id())).isEqualTo(afterFifth);
        assertThat(read("/api/events/news?lastEventId=&last=1", "")).containsExactly(end);
        assertThat(read("/api/events/news?last=2", " ")).isEqualTo(news.subList(news.size() - 2, news.size()));

        // Of several channels, in the order of the log; a pattern too.
        List<Event> afterFirst = new ArrayList<>(all.subList(1, all.size()));
        afterFirst.addAll(news.subList(10, 12));
        assertThat(read("/api/events?channel=news&channel=sport", news.get(0).id()))
                .isEqualTo(afterFirst);
        assertThat(read("/api/events?channel=*", news.get(0).id())).isEqualTo(afterFirst);
        assertThat(server.life().err()).isEmpty();
    }

    @Test
    void anIdThatIsNotOfThisLogIsToldAsAGap_andTheStreamGoesOn() throws Exception {
        server.start();
        Event first = publications.publish("news", List.of("first")).get(0);
        server.kill();
        server.start();

        assertThat(gapOf("/api/events/news", "no-id-of-ours").data()).startsWith("{\"reason\":\"unknown-id\",");
        String other = first.id().replaceAll("-[^-]*$", "-1");
        List<Event> told = LogReading.read(swarm, "/api/events/news", Map.of("Last-Event-ID", other), 3);
        assertThat(told.get(1).data())
                .isEqualTo("{\"reason\":\"log-reset\",\"after\":\"" + other + "\",\"resumedAt\":\""
                        + told.get(1).id() + "\"}");
        assertThat(told.get(2)).isEqualTo(first);
    }

    @Test
    void aQuietChannelWhoseLastEventHasExpiredTellsNoGap_alsoInTheNextLife() throws Exception {
        server.options("--log-max-entries", "100", "--window-entries", "64");
        server.start();
        List<Event> quiet = publications.publish("quiet", List.of("first", "last"));
        String beforeNoise =
                publications.publish("noisy", List.of("begins")).get(0).id();
        for (int i = 0; i < 20; i++) {
            publications.publish("noisy", numbers(100 * i, 100, ""));
        }
        await().atMost(PATIENCE)
                .until(() -> gapOf("/api/events/noisy", beforeNoise).type().equals("hibiki.gap"));
        Event end = publications.publish("quiet", List.of(END)).get(0);
        checkQuiet(quiet, end);
        server.kill();
        server.start();
        checkQuiet(quiet, end);
        assertThat(server.life().err()).isEmpty();
    }

    /** Who has seen its last event has missed nothing but the end; who has not is told. */
    private void checkQuiet(List<Event> quiet, Event end) {
        assertThat(read("/api/events/quiet", quiet.get(1).id())).containsExactly(end);
        String seenFirst = quiet.get(0).id();
        List<Event> told = read("/api/events/quiet", seenFirst);
        assertThat(told).hasSize(2).endsWith(end);
        Event gap = told.get(0);
        assertThat(gap.type()).isEqualTo("hibiki.gap");
        assertThat(gap.data())
                .isEqualTo(
                        "{\"reason\":\"expired\",\"after\":\"" + seenFirst + "\",\"resumedAt\":\"" + gap.id() + "\"}");
    }

    @Test
    void aChannelThatIsTrimmedUnderAReaderInMidCatchUpTellsItOnce_thenGoesOnInOrder() throws Exception {
        server.options("--log-max-entries", "3000", "--window-entries", "64");
        server.start();
        String fill = "x".repeat(900);
        List<Event> published = new ArrayList<>();
        String birth = LogReading.end(swarm);
        publishNumbered(published, 2_500, fill);
        List<Event> got = new ArrayList<>();
        StreamSwarm.Reader reader = (stream, type, data, id) -> {
            got.add(new Event(id, type, data));
            if (got.size() == 10) {
                stream.stall();
            }
        };
        SwarmStream stream =
                swarm.ask(() -> swarm.open("/api/events/news", Map.of("Last-Event-ID", birth), RECEIVE_BUFFER, reader));
        await().atMost(PATIENCE).until(() -> swarm.ask(() -> got.size() >= 10));
        publishNumbered(published, 5_000, fill);
        await().atMost(PATIENCE)
                .until(() -> gapOf("/api/events/news", published.get(2_499).id())
                        .type()
                        .equals("hibiki.gap"));

        swarm.run(stream::resume);
        String last = published.get(published.size() - 1).id();
        await().atMost(PATIENCE)
                .until(() -> swarm.ask(() -> got.get(got.size() - 1).id().equals(last)));
        int before = swarm.ask(() -> got.stream().map(Event::type).toList().indexOf("hibiki.gap"));
        Event gap = got.get(before);
        assertThat(got.subList(1, before)).isEqualTo(published.subList(0, before - 1));
        assertThat(before).isLessThan(2_500);
        assertThat(gap.data())
                .isEqualTo("{\"reason\":\"expired\",\"after\":\""
                        + got.get(before - 1).id() + "\",\"resumedAt\":\"" + gap.id() + "\"}");
        assertThat(got.subList(before + 1, got.size()))
                .isEqualTo(published.stream()
                        .filter(one -> one.place().isAfter(gap.place()))
                        .toList());
        assertThat(server.life().err()).isEmpty();
    }

    // ---- what it takes

    /** All that a stream is told until the end; {@code lastEventId} may be empty for none. */
    private List<Event> read(String target, String lastEventId) {
        return LogReading.until(
                swarm, target, lastEventId.isEmpty() ? Map.of() : Map.of("Last-Event-ID", lastEventId), END);
    }

    /** The first event after {@code connected}. */
    private Event gapOf(String target, String lastEventId) {
        return LogReading.read(swarm, target, Map.of("Last-Event-ID", lastEventId), 2)
                .get(1);
    }

    private void publishNumbered(List<Event> published, int count, String fill) throws Exception {
        for (int i = 0; i < count; i += 100) {
            published.addAll(publications.publish("news", numbers(published.size(), 100, fill)));
        }
    }

    private static List<String> numbers(int from, int count, String fill) {
        List<String> numbers = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            numbers.add(i + fill);
        }
        return numbers;
    }

    /** So that what was published before is of an earlier time than what comes. */
    private static void awaitNextMillisecond() {
        long now = System.currentTimeMillis();
        while (System.currentTimeMillis() <= now + 1) {
            Thread.onSpinWait();
        }
    }
}
