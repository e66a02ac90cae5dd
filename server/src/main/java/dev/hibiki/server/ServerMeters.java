// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.Hub;
import dev.hibiki.hub.Lag;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.ToDoubleFunction;

/**
 * A server's figures, as meters of a registry that the program brings.
 *
 * <p>Everything is counted where it happens, by its owner, and only read here when somebody reads the registry: a meter
 * costs the hub nothing. No meter has a label that grows with users or channels. How far streams are behind is asked of the
 * loops, once for all meters that are read together, and waited for a second at most.
 */
final class ServerMeters implements AutoCloseable {

    private static final long LAG_VALID_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final Duration[] PUBLISH_BOUNDS = {
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5)
    };

    private final MeterRegistry registry;
    private final Hub hub;
    private final List<Meter> meters = new ArrayList<>();

    // Guarded by this.
    private Lag lag = new Lag(0, 0, 0, 0);
    private long lagNanos = System.nanoTime() - LAG_VALID_NANOS;

    /** Adds the meters; {@link #close} takes them out again. */
    ServerMeters(
            MeterRegistry registry,
            Hub hub,
            OpenStreams streams,
            Listener listener,
            PublishFigures publishes,
            Edge edge) {
        this.registry = registry;
        this.hub = hub;
        gauge("hibiki.streams.open", "Open streams", all -> streams.count());
        gauge(
                "hibiki.streams.behind",
                "Open streams that are not live: new, come back, or slow",
                all -> all.lag().behind());
        gauge(
                "hibiki.streams.farthest.behind.entries",
                "Entries of the log between the farthest stream and the end; NaN if it reads the log",
                all -> all.lag().farthestEntries() < 0 ? Double.NaN : all.lag().farthestEntries());
        gauge(
                "hibiki.streams.farthest.behind.seconds",
                "How much older the place of the farthest stream is than the log's end",
                all -> all.lag().farthestMillis() / 1000.0);
        gauge("hibiki.connections", "Open connections, streams included", all -> listener.connections());
        counter(
                "hibiki.events.delivered",
                "Events delivered, once for each stream",
                all -> hub.figures().delivered());
        counter(
                "hibiki.streams.fell.behind",
                "How often a live stream fell behind",
                all -> hub.figures().fellBehind());
        counter("hibiki.streams.refused", "Streams that were refused softly", all -> streams.refused());
        for (Refusals.Limit limit : Refusals.Limit.values()) {
            labelled(
                    "hibiki.refused",
                    "What was refused because of a limit",
                    "limit",
                    limit.word(),
                    all -> edge.refusals().count(limit));
        }
        gauge(
                "hibiki.bodies.bytes",
                "Bytes of bodies that wait in memory",
                all -> edge.bodies().waiting());
        counter(
                "hibiki.log.reads",
                "Reads of the log for streams that the window could not serve",
                all -> hub.figures().logReads());
        labelled(
                "hibiki.gaps",
                "Gaps that were told",
                "reason",
                "expired",
                all -> hub.figures().gapsExpired());
        labelled(
                "hibiki.gaps",
                "Gaps that were told",
                "reason",
                "log-reset",
                all -> hub.figures().gapsLogReset());
        labelled(
                "hibiki.gaps",
                "Gaps that were told",
                "reason",
                "unknown-id",
                all -> hub.figures().gapsUnknownId());
        for (PublishFigures.Outcome outcome : PublishFigures.Outcome.values()) {
            String word = outcome.name().toLowerCase(Locale.ROOT);
            labelled(
                    "hibiki.publishes", "Events published over HTTP", "outcome", word, all -> publishes.count(outcome));
        }
        Timer timer = Timer.builder("hibiki.publish.duration")
                .description("From a publish that is understood to its answer")
                .serviceLevelObjectives(PUBLISH_BOUNDS)
                .register(registry);
        meters.add(timer);
        publishes.time(timer);
    }

    private void gauge(String name, String about, ToDoubleFunction<ServerMeters> value) {
        meters.add(Gauge.builder(name, this, value).description(about).register(registry));
    }

    private void counter(String name, String about, ToDoubleFunction<ServerMeters> value) {
        meters.add(FunctionCounter.builder(name, this, value).description(about).register(registry));
    }

    private void labelled(String name, String about, String label, String word, ToDoubleFunction<ServerMeters> value) {
        meters.add(FunctionCounter.builder(name, this, value)
                .description(about)
                .tag(label, word)
                .register(registry));
    }

    private synchronized Lag lag() {
        if (System.nanoTime() - lagNanos >= LAG_VALID_NANOS) {
            try {
                lag = hub.lag().get(1, TimeUnit.SECONDS);
            } catch (InterruptedException stopWaiting) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | TimeoutException busy) {
                // The last that was known is the best there is.
            }
            lagNanos = System.nanoTime();
        }
        return lag;
    }

    @Override
    public void close() {
        meters.forEach(registry::remove);
    }
}
