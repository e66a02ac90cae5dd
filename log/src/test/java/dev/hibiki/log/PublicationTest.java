// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hibiki.event.SseEvent;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PublicationTest {

    @Test
    void becomesTheWholeFrameWhenItIsGivenItsPlace() {
        Publication publication = Publication.of("news", SseEvent.of("headline", "one\ntwo 響"));
        LogEntry entry = LogEntry.of(new EventId(5, 6, 35), 7, publication);
        assertThat(entry.frame()).isEqualTo("id: 5-6-z\nevent: headline\ndata: one\ndata: two 響\n\n".getBytes(UTF_8));
        assertThat(entry.type()).isEqualTo("headline");
        assertThat(entry.channel()).isEqualTo("news");
        assertThat(entry.appendedAtMillis()).isEqualTo(7);
        assertThat(entry.weight()).isGreaterThan(entry.frame().length);
    }

    @Test
    void bodyIsLeftAsItWas() {
        Publication publication = Publication.of("news", SseEvent.of("hello"));
        LogEntry.of(new EventId(5, 6, 7), 7, publication);
        assertThat(publication.body()).isEqualTo("data: hello\n\n".getBytes(UTF_8));
        assertThat(publication.type()).isNull();
    }

    @Test
    void idAndReconnectionTimeAreNotThePublishersToSet() {
        assertThatThrownBy(() -> Publication.of("news", SseEvent.of("x").withId("1")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("id: 1 (expected: none, the log and the server set it)");
        assertThatThrownBy(() -> Publication.of("news", SseEvent.of("x").withRetry(Duration.ofSeconds(3))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("retry: PT3S (expected: none, the log and the server set it)");
    }
}
