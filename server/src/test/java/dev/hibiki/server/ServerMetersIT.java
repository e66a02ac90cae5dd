// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.hibiki.hub.UnknownClientException;
import dev.hibiki.log.KeyConflictException;
import dev.hibiki.log.LogUnavailableException;
import dev.hibiki.log.Publication;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class ServerMetersIT {

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

    @Test
    void aServerAddsItsMeters_andTakesThemOutWhenItCloses() {
        try (var server = HibikiServer.start(config -> config.port(0).metrics(registry))) {
            assertThat(registry.get("hibiki.streams.open").gauge().value()).isZero();
            assertThat(registry.get("hibiki.streams.behind").gauge().value()).isZero();
            assertThat(registry.get("hibiki.publish.duration").timer().count()).isZero();
            assertThat(server.openStreams()).isZero();
        }
        assertThat(registry.getMeters()).isEmpty();
    }

    @Test
    void eachPublishIsCountedByWhatBecameOfIt() {
        var figures = new PublishFigures();
        Timer timer = registry.timer("time");
        figures.time(timer);
        var waiting = new CompletableFuture<String>();
        CompletableFuture<String> watched = figures.watch(3, () -> waiting);
        assertThat(figures.count(PublishFigures.Outcome.OK)).isZero();
        waiting.complete("id");
        assertThat(watched).isCompletedWithValue("id");
        assertThat(figures.count(PublishFigures.Outcome.OK)).isEqualTo(3);
        assertThat(timer.count()).isEqualTo(1);

        fail(figures, new KeyConflictException(new Publication.Key("", "k")));
        fail(figures, new CompletionException(new LogUnavailableException("full")));
        fail(figures, new UnknownClientException());
        fail(figures, new IllegalStateException("ours"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> figures.watch(2, () -> {
                    throw new IllegalArgumentException("channel: x (expected: y)");
                }));
        assertThat(figures.count(PublishFigures.Outcome.CONFLICT)).isEqualTo(1);
        assertThat(figures.count(PublishFigures.Outcome.UNAVAILABLE)).isEqualTo(1);
        assertThat(figures.count(PublishFigures.Outcome.REFUSED)).isEqualTo(3);
        assertThat(figures.count(PublishFigures.Outcome.FAILED)).isEqualTo(1);
        assertThat(figures.count(PublishFigures.Outcome.OK)).isEqualTo(3);
    }

    private static void fail(PublishFigures figures, RuntimeException failure) {
        assertThat(figures.watch(1, () -> CompletableFuture.failedFuture(failure)))
                .isCompletedExceptionally();
    }
}
