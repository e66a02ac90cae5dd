// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TicksTest {

    @ParameterizedTest
    @CsvSource({
        "0, 0, 10, 10",
        "0, 9, 10, 10",
        "0, 10, 10, 20",
        "0, 35, 10, 40",
        "100, 90, 10, 110",
        "-50, 1000003, 7, 1000005",
    })
    void whatWasMissedIsMissed_theRateIsKept(long last, long now, long interval, long next) {
        assertThat(Ticks.nextDue(last, now, interval)).isEqualTo(next);
        assertThat(next).isGreaterThan(now);
    }

    @Test
    void aBeatGoesOnUntilItIsCancelled_alsoByItself() throws Exception {
        var ticks = new Ticks();
        var beats = new AtomicInteger();
        var first = new CountDownLatch(1);
        Ticks.Beat beat = ticks.start(Duration.ofMillis(5), true, () -> {
            beats.incrementAndGet();
            first.countDown();
        });
        first.await();
        await().until(() -> beats.get() >= 3);
        beat.cancel();
        var done = new CountDownLatch(1);
        assertThat(ticks.run(done::countDown)).isTrue();
        done.await();
        int cancelledAt = beats.get();
        await().during(Duration.ofMillis(40)).until(() -> beats.get() == cancelledAt);
        ticks.close(1000);
        assertThat(ticks.run(() -> {})).isFalse();
    }
}
