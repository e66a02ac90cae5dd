// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class BackoffTest {

    private final Backoff backoff = new Backoff(Duration.ofSeconds(30), new Random(7));

    private LongStream failed(int failures, long reconnectionMillis, boolean isAsked) {
        return LongStream.generate(() -> backoff.next(failures, false, reconnectionMillis, isAsked, null)
                        .toMillis())
                .limit(2000);
    }

    @Test
    void afterAStreamThatWasOpenItIsTheReconnectionTime() {
        assertThat(backoff.next(1, true, 3000, false, null)).isEqualTo(Duration.ofSeconds(3));
        assertThat(backoff.next(1, true, 37_000, true, null)).isEqualTo(Duration.ofSeconds(37));
    }

    @Test
    void afterFailuresItIsAnythingUpToACeilingThatDoubles() {
        for (int failures = 1; failures <= 10; failures++) {
            long ceiling = Math.min(30_000, 3000L << (failures - 1));
            var delays = failed(failures, 3000, false).summaryStatistics();
            assertThat(delays.getMin()).isBetween(Backoff.FLOOR_MILLIS, ceiling / 10);
            assertThat(delays.getMax()).isBetween(ceiling * 9 / 10, ceiling);
        }
        assertThat(failed(1_000_000, 3000, false).max().orElseThrow()).isLessThanOrEqualTo(30_000);
    }

    @Test
    void afterFailuresItIsNeverSoonerThanTheServerAsked() {
        for (int failures = 1; failures <= 10; failures++) {
            long ceiling = Math.min(30_000, 2000L << (failures - 1));
            var delays = failed(failures, 2000, true).summaryStatistics();
            assertThat(delays.getMin()).isBetween(2000L, Math.max(2000, 2000 + (ceiling - 2000) / 10));
            assertThat(delays.getMax()).isBetween(2000 + (ceiling - 2000) * 9 / 10, ceiling);
        }
        assertThat(failed(5, 60_000, true).distinct()).containsExactly(60_000L);
    }

    @Test
    void whatMayBeMadeOfAWaitIsTheMost_alsoWhereThatIsShort() {
        var shortly = new Backoff(Duration.ofMillis(150), new Random(7));
        for (int failures = 1; failures <= 10; failures++) {
            assertThat(shortly.next(failures, false, 3000, false, null))
                    .isBetween(Duration.ofMillis(100), Duration.ofMillis(150));
        }
    }

    @Test
    void aServerThatOnlyOpensIsNotAskedFasterThanItSaid_norInCircles() {
        for (int failures = 2; failures < 20; failures++) {
            assertThat(backoff.next(failures, true, 5000, true, null)).isGreaterThanOrEqualTo(Duration.ofSeconds(5));
            assertThat(backoff.next(failures, true, 0, false, null)).isGreaterThanOrEqualTo(Duration.ofMillis(100));
        }
    }

    @Test
    void whatTheServerSaysGoesBefore_withinWhatATimerTakes() {
        assertThat(backoff.next(9, false, 3000, false, Duration.ofSeconds(7))).isEqualTo(Duration.ofSeconds(7));
        assertThat(backoff.next(9, false, 3000, true, Duration.ZERO)).isEqualTo(Duration.ofMillis(100));
        assertThat(backoff.next(1, true, 99_999_999_999L, true, null)).isEqualTo(Duration.ofMillis(Integer.MAX_VALUE));
        assertThat(backoff.next(9, false, 99_999_999_999L, true, null)).isEqualTo(Duration.ofMillis(Integer.MAX_VALUE));
        assertThat(backoff.next(1, true, 0, true, null)).isEqualTo(Duration.ofMillis(100));
    }
}
