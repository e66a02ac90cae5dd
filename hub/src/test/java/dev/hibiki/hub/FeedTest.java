// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static dev.hibiki.hub.TestHub.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.StreamRequest.Greeting;
import dev.hibiki.hub.TestHub.Opened;
import dev.hibiki.log.EventId;
import dev.hibiki.log.MemoryLog;
import dev.hibiki.log.Retention;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Events of a stream's own feed, which are in no log: their ids are the stream's place and a number that is never used again. */
class FeedTest {

    private static final int SLICE = FanOut.SLICE;

    private final TestHub hub = new TestHub();

    @AfterEach
    void close() {
        hub.close();
    }

    @Test
    void idOfAFeedsEventNeverRunsAhead_alsoBetweenSlices() {
        List<Opened> streams = IntStream.range(0, SLICE + 1)
                .mapToObj(i -> hub.openOnly(request(Greeting.CONNECTED, null, null, null, "news")))
                .toList();
        hub.run();
        Opened served = streams.get(0);
        Opened waiting = streams.get(SLICE);
        EventId before = served.stream().shard.place();
        EventId published = hub.publishOnly("news", "1");
        served.stream().shard.fanOut.step();
        served.outlet().take();
        waiting.outlet().take();
        assertThat(served.stream().send(SseEvent.of("feed", "x"))).isTrue();
        assertThat(waiting.stream().send(SseEvent.of("feed", "x"))).isTrue();

        assertThat(served.outlet().take()).isEqualTo("id: " + published + ".1\nevent: feed\ndata: x\n\n");
        assertThat(waiting.outlet().take()).isEqualTo("id: " + before + ".2\nevent: feed\ndata: x\n\n");
        hub.run();
        waiting.stream().send(SseEvent.of("feed", "y"));
        assertThat(waiting.outlet().take())
                .isEqualTo("id: " + published + "\ndata: 1\n\nid: " + published + ".3\nevent: feed\ndata: y\n\n");
    }

    @Test
    void idOfAFeedIsAPlaceToResumeFrom() {
        Opened stream = hub.open("news");
        hub.publish("news", "1");
        stream.stream().send(SseEvent.of("feed", "x"));
        String id = stream.outlet().events().get(2).id();
        hub.publish("news", "2");

        assertThat(hub.resume(id, "news").data()).containsExactly("2");
    }

    @Test
    void feedOfAClientThatComesBackRepeatsNoId() {
        Opened first = hub.open(StreamRequest.feed());
        first.stream().send(SseEvent.of("1"));
        first.stream().closed(EndReason.CLIENT_GONE);
        Opened second = hub.open(StreamRequest.feed());
        second.stream().send(SseEvent.of("1"));

        String place = second.stream().shard.place().toString();
        assertThat(first.outlet().take()).isEqualTo("id: " + place + ".1\ndata: 1\n\n");
        assertThat(second.outlet().take()).isEqualTo("id: " + place + ".2\ndata: 1\n\n");
    }

    @Test
    void feedOfAHubThatWasRestartedRepeatsNoId() {
        try (MemoryLog log = MemoryLog.create(Retention.DEFAULT)) {
            var ids = new ArrayList<Long>();
            for (int i = 0; i < 3; i++) {
                var loop = new ManualLoop();
                try (Hub started = Hub.start(log, List.of(loop), HubSettings.DEFAULT)) {
                    var outlet = new RecordedOutlet();
                    HubStream feed = started.open(loop, StreamRequest.feed(), outlet);
                    feed.send(SseEvent.of("1"));
                    feed.send(SseEvent.of("2"));
                    outlet.events().forEach(event -> {
                        assertThat(event.id()).startsWith(log.birth() + ".").hasSizeLessThanOrEqualTo(128);
                        assertThat(EventId.parse(event.id())).isEqualTo(log.birth());
                        ids.add(Long.parseLong(event.id().substring(event.id().indexOf('.') + 1)));
                    });
                }
            }
            assertThat(ids).hasSize(6).doesNotHaveDuplicates().isSorted();
        }
    }

    @Test
    void feedReadsNothing_andIsSentItsEventsFromTheStart_alsoWhenItsShardWasLapped() {
        try (TestHub small = TestHub.small(1000)) {
            Opened feed = small.open(StreamRequest.feed());
            EventId start = small.log.end();
            assertThat(feed.outlet().text()).isEmpty();
            small.publishMany("news", 100);
            small.run();
            assertThat(feed.stream().send(SseEvent.of("tick"))).isTrue();
            assertThat(feed.outlet().text()).isEqualTo("id: " + small.log.end() + ".1\ndata: tick\n\n");
            assertThat(start.isBefore(small.log.end())).isTrue();
        }
    }
}
