// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.log.EventId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a stream gets, byte by byte, from a hub on a memory log. */
class HubTest {

    private final TestHub hub = new TestHub();

    @AfterEach
    void close() {
        hub.close();
    }

    @Test
    void streamGetsWhatIsPublishedToItsChannel() {
        var news = hub.open("news");
        assertThat(news.outlet().take())
                .matches(
                        "id: \\d+-0-[0-9a-z]+\nretry: [2-5]\\d{3}\ndata: \\{\"type\":\"connected\",\"message\":\"Connected\","
                                + "\"clientId\":\"[A-Za-z0-9_-]{22}\",\"timestamp\":\\d{13}\\}\n\n");

        EventId first = hub.publish("news", "one");
        hub.publish("other", "not for it");
        EventId second = hub.publish("news", "two\nlines");

        assertThat(news.outlet().take())
                .isEqualTo("id: " + first + "\ndata: one\n\nid: " + second + "\ndata: two\ndata: lines\n\n");
    }

    @Test
    void returningStreamGetsWhatItMissed_thenWhatIsNew() {
        var before = hub.open("news");
        EventId seen = hub.publish("news", "seen");
        before.stream().closed(EndReason.CLIENT_GONE);
        EventId missed = hub.publish("news", "missed");

        var after = hub.resume(seen.toString(), "news");
        EventId fresh = hub.publish("news", "new");

        assertThat(after.outlet().events())
                .extracting(RecordedOutlet.Received::id)
                .containsExactly(seen.toString(), missed.toString(), fresh.toString());
        assertThat(after.outlet().data("message")).containsExactly("missed", "new");
    }

    @Test
    void streamWhoseSocketIsFullFallsBehind_andGoesOnInOrderWhenItDrains() {
        var slow = hub.open("news");
        hub.publish("news", "1");
        slow.outlet().block(20_000);
        hub.publish("news", "2");
        hub.publish("news", "3");
        slow.outlet().unblock();
        slow.stream().writable();
        hub.publish("news", "4");

        assertThat(slow.outlet().data("message")).containsExactly("1", "2", "3", "4");
    }

    @Test
    void channelAddedLiveBeginsAfterItsEntry() {
        var stream = hub.open("news");
        hub.publish("more", "before");
        var added = hub.hub.subscribe(stream.stream().clientId(), "more");
        hub.run();
        added.join();
        hub.publish("more", "after");
        var removed = hub.hub.unsubscribe(stream.stream().clientId(), "more");
        hub.run();
        removed.join();
        hub.publish("more", "too late");

        assertThat(stream.outlet().data("message")).containsExactly("after");
    }

    @Test
    void idOfAnotherLifeIsToldAsLogReset_rightAfterConnected() {
        hub.publish("news", "kept");
        var stream = hub.resume("5-0-1", "news");
        String birth = hub.log.birth().toString();
        assertThat(stream.outlet().text()).startsWith("retry: ");
        assertThat(stream.outlet().text())
                .contains("\n\nid: " + birth
                        + "\nevent: hibiki.gap\ndata: {\"reason\":\"log-reset\",\"after\":\"5-0-1\",\"resumedAt\":\""
                        + birth + "\"}\n\n");
    }
}
