// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.event.SseEvent;
import dev.hibiki.log.EventId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When publishers are answered: a window of 64 entries, of which a shard may be 32 behind. */
class PacerTest {

    private final TestHub hub = TestHub.small(1000);
    private final ArrayList<CompletableFuture<EventId>> answers = new ArrayList<>();

    @AfterEach
    void close() {
        hub.close();
    }

    private long answered() {
        return answers.stream().filter(CompletableFuture::isDone).count();
    }

    private void publish(int count) {
        for (int i = 0; i < count; i++) {
            answers.add(hub.hub.publish("news", SseEvent.of("x")));
        }
    }

    @Test
    void publishersAreAnsweredAtOnceUntilAShardIsHalfAWindowBehind() {
        publish(40);
        assertThat(answered()).isEqualTo(31);
    }

    @Test
    void heldAnswersComeWhenTheShardHasMovedOn() {
        publish(60);
        hub.loop.step();
        assertThat(answered()).isEqualTo(60);
        assertThat(answers.get(59)).isCompletedWithValue(hub.log.end());
    }

    @Test
    void heldAnswersComeWhenTheHubCloses() {
        publish(60);
        hub.hub.close();
        assertThat(answered()).isEqualTo(60);
    }

    @Test
    void oneTimerIsEnoughForAllThatIsHeld() {
        int before = hub.ticker.timers();
        publish(60);
        assertThat(hub.ticker.timers() - before).isEqualTo(1);
    }

    @Test
    void answersAreHeldForASecondAtMost() {
        publish(60);
        Awaitility.await()
                .pollInSameThread()
                .pollInterval(Duration.ofMillis(20))
                .until(() -> {
                    hub.ticker.advance(Duration.ofSeconds(1)); // the shard's loop stands still
                    hub.ticker.run();
                    return answered() == 60;
                });
    }
}
