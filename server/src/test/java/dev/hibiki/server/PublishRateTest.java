// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Collections;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PublishRateTest {

    private final Refusals refusals = new Refusals();
    private long nanos = Long.MAX_VALUE - 5; // the clock may overflow meanwhile
    private final PublishRate rate = new PublishRate(10, () -> nanos, refusals);

    private void pass(long millis) {
        nanos += TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private int taken(Object caller, int events) {
        int taken = 0;
        try {
            for (; taken < 1000; taken++) {
                rate.take(caller, events);
            }
        } catch (HttpProblem refused) {
            assertThat(refused.status()).isEqualTo(429);
        }
        return taken;
    }

    @Test
    void aSecondsWorthMayComeAtOnce_thenAsItRefills_eachForHimself() {
        assertThat(taken("a", 1)).isEqualTo(10);
        assertThat(taken("b", 1)).isEqualTo(10);
        pass(99);
        assertThat(taken("a", 1)).isZero();
        pass(1);
        assertThat(taken("a", 1)).isEqualTo(1);
        pass(500);
        assertThat(taken("a", 1)).isEqualTo(5);
        pass(60_000);
        assertThat(taken("a", 1)).isEqualTo(10);
        assertThat(refusals.count(Refusals.Limit.PUBLISHES)).isEqualTo(6);
    }

    @Test
    void manyThreadsTogetherGetASecondsWorth_andNotOneMore() throws Exception {
        int threads = 8;
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            for (int round = 0; round < 2000; round++) {
                String caller = "caller " + round;
                var begin = new CyclicBarrier(threads);
                Callable<Integer> taking = () -> {
                    begin.await();
                    return taken(caller, 1);
                };
                int together = 0;
                for (Future<Integer> taken : pool.invokeAll(Collections.nCopies(threads, taking))) {
                    together += taken.get();
                }
                assertThat(together).as("round %d", round).isEqualTo(10);
            }
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void lookingCostsNothing_andLeavesNothing() {
        rate.take("a", 0);
        assertThat(rate.size()).isZero();
        assertThat(taken("a", 1)).isEqualTo(10);
        assertThatExceptionOfType(HttpProblem.class).isThrownBy(() -> rate.take("a", 0));
    }

    @Test
    void aBatchCountsItsEvents_oneThatIsLargerThanTheBucketIsPaidForAfterwards() {
        assertThat(taken("a", 3)).isEqualTo(4);
        pass(60_000);
        rate.take("a", 45);
        assertThatExceptionOfType(HttpProblem.class)
                .isThrownBy(() -> rate.take("a", 1))
                .satisfies(refused -> {
                    assertThat(refused.detail()).isEqualTo("events: come too fast (expected: at most 10 a second)");
                    assertThat(refused.headers()).containsEntry("Retry-After", "4");
                });
        pass(3599);
        assertThat(taken("a", 1)).isZero();
        pass(1);
        assertThat(taken("a", 1)).isEqualTo(1);
    }

    @Test
    void whoWaitsAsLongAsHeIsToldIsNeverRefused() {
        for (int i = 0; i < 100; i++) {
            rate.charge("a", 7);
            nanos += Math.max(0, rate.pauseNanos("a"));
            rate.take("a", 1);
        }
    }

    @Test
    void whoHasNotPublishedLatelyIsNotKept_andTheTableIsBounded() {
        for (int i = 0; i < PublishRate.MOST_CALLERS; i++) {
            rate.take(i, 1);
        }
        assertThatExceptionOfType(HttpProblem.class).isThrownBy(() -> rate.take("one more", 1));
        rate.take(7, 1);
        assertThat(rate.size()).isEqualTo(PublishRate.MOST_CALLERS);
        pass(100);
        rate.sweep();
        assertThat(rate.size()).isEqualTo(1);
        pass(100);
        rate.sweep();
        assertThat(rate.size()).isZero();
    }

    @Test
    void withoutALimitNothingIsKept() {
        var none = new PublishRate(0, () -> nanos, refusals);
        none.take("a", 1_000_000);
        none.charge("a", 1_000_000);
        none.take("a", 1);
        assertThat(none.pauseNanos("a")).isZero();
        assertThat(none.size()).isZero();
    }
}
