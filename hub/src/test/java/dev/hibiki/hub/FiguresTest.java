// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.TestHub.Opened;
import dev.hibiki.log.EventId;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a hub tells of itself in numbers: a window of 64 entries and a log of 100. */
class FiguresTest {

    private final TestHub hub = TestHub.small(100);

    @AfterEach
    void close() {
        hub.close();
    }

    private Lag lag() {
        return hub.answered(hub.hub.lag());
    }

    @Test
    void deliveredCountsEachEventOnceForEachStream_fromWindowLogAndFeed() {
        EventId start = hub.log.end();
        assertThat(hub.hub.figures()).isEqualTo(HubFigures.NONE);
        Opened one = hub.open("news");
        hub.open("news", "other");
        hub.open(StreamRequest.feed()).stream().send(SseEvent.of("tick"));
        hub.publish("news", "1");
        hub.publish("other", "2");
        assertThat(hub.hub.figures()).isEqualTo(new HubFigures(4, 0, 0, 0, 0, 0));

        one.block();
        hub.publish("news", "3");
        assertThat(hub.hub.figures()).isEqualTo(new HubFigures(5, 0, 0, 0, 1, 0));
        one.unblock();
        hub.run();
        assertThat(hub.hub.figures()).isEqualTo(new HubFigures(6, 0, 0, 0, 1, 0));

        hub.publishMany("quiet", 70); // laps the window
        hub.run();
        long lapped = hub.hub.figures().fellBehind();
        assertThat(lapped).isGreaterThan(1);
        long reads = hub.hub.figures().logReads();
        assertThat(hub.resume(start.toString(), "news").data()).containsExactly("1", "3");
        assertThat(hub.hub.figures()).isEqualTo(new HubFigures(8, 0, 0, 0, lapped, reads + 1));
    }

    @Test
    void gapsAreCountedByTheirReason() {
        EventId asked = hub.publish("news", "seen");
        hub.publishMany("news", 200);
        hub.run();
        hub.resume(asked.toString(), "news");
        hub.resume("5-0-1", "none");
        hub.resume("5-0-1", "none");
        for (int i = 0; i < 3; i++) {
            hub.resume("nonsense", "news");
        }
        HubFigures figures = hub.hub.figures();
        assertThat(figures.gapsExpired()).isEqualTo(1);
        assertThat(figures.gapsLogReset()).isEqualTo(2);
        assertThat(figures.gapsUnknownId()).isEqualTo(3);
    }

    @Test
    void lagIsThatOfTheFarthest_inEntriesWhileTheWindowReaches_andInTime() {
        assertThat(lag()).isEqualTo(Lag.NONE);
        Opened slow = hub.open("news");
        Opened slower = hub.open("news");
        hub.open("news");
        hub.publish("news", "1");
        assertThat(lag()).isEqualTo(new Lag(3, 0, 0, 0));

        slower.block();
        hub.clock.advance(Duration.ofSeconds(2));
        hub.publish("news", "2");
        slow.block();
        hub.clock.advance(Duration.ofSeconds(3));
        hub.publish("news", "3");
        assertThat(lag()).isEqualTo(new Lag(3, 2, 2, 5000));

        slower.unblock();
        assertThat(lag()).isEqualTo(new Lag(3, 1, 1, 3000));
        hub.publishMany("quiet", 200);
        hub.run();
        assertThat(lag()).isEqualTo(new Lag(3, 1, 201, 3000));
        slow.unblock();
        hub.run();
        assertThat(lag()).isEqualTo(new Lag(3, 0, 0, 0));
    }

    @Test
    void whoReadsTheLogIsTooFarToBeCounted() {
        EventId start = hub.log.end();
        hub.publishMany("news", 100);
        hub.run();
        Opened returning =
                hub.openOnly(TestHub.request(StreamRequest.Greeting.CONNECTED, null, null, start.toString(), "news"));
        returning.block();
        hub.run();
        assertThat(lag()).isEqualTo(new Lag(1, 1, -1, hub.log.end().millis() - start.millis()));
        returning.stream().closed(EndReason.CLIENT_GONE);
        assertThat(lag()).isEqualTo(Lag.NONE);
    }
}
