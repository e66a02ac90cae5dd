// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class BackoffTest {

    private final Backoff backoff = new Backoff(Duration.ofSeconds(30), new Random(7));

    private LongStream failed(int failures, long reconnectionMillis) {
        return LongStream.generate(() ->
                        backoff.next(failures, false, reconnectionMillis, null).toMillis())
                .limit(2000);
    }

    @Test
    void afterAStreamThatWasOpenItIsTheReconnectionTime() {
        assertThat(backoff.next(0, true, 3000, null)).isEqualTo(Duration.ofSeconds(3));
        assertThat(backoff.next(1, true, 37_000, null)).isEqualTo(Duration.ofSeconds(37));
    }

    @Test
    void afterFailuresItIsAnythingUpToACeilingThatDoubles() {
        for (int failures = 1; failures <= 10; failures++) {
            long ceiling = Math.min(30_000, 3000L << (failures - 1));
            var delays = failed(failures, 3000).summaryStatistics();
            assertThat(delays.getMin()).isBetween(Backoff.FLOOR_MILLIS, ceiling / 10);
            assertThat(delays.getMax()).isBetween(ceiling * 9 / 10, ceiling);
        }
        assertThat(failed(1_000_000, 3000).max().orElseThrow()).isLessThanOrEqualTo(30_000);
    }

    @Test
    void aServerThatOnlyOpensIsNotAskedFasterThanItSaid_norInCircles() {
        for (int failures = 2; failures < 20; failures++) {
            assertThat(backoff.next(failures, true, 5000, null)).isGreaterThanOrEqualTo(Duration.ofSeconds(5));
            assertThat(backoff.next(failures, true, 0, null)).isGreaterThanOrEqualTo(Duration.ofMillis(100));
        }
    }

    @Test
    void whatTheServerSaysGoesBefore_withinWhatATimerTakes() {
        assertThat(backoff.next(9, false, 3000, Duration.ofSeconds(7))).isEqualTo(Duration.ofSeconds(7));
        assertThat(backoff.next(9, false, 3000, Duration.ZERO)).isEqualTo(Duration.ofMillis(100));
        assertThat(backoff.next(0, true, 99_999_999_999L, null)).isEqualTo(Duration.ofMillis(Integer.MAX_VALUE));
        assertThat(backoff.next(0, true, 0, null)).isEqualTo(Duration.ofMillis(100));
    }
}
