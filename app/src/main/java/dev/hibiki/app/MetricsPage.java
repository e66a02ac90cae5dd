// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.hibiki.log.EventLog;
import dev.hibiki.log.file.Figures;
import dev.hibiki.log.file.FileLog;
import dev.hibiki.server.Response;
import dev.hibiki.server.ServerConfig;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** {@code GET /metrics}: the figures of the server, its log and its Java VM, as Prometheus reads them. */
final class MetricsPage {

    /** The text format that every scraper reads. */
    private static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private MetricsPage() {}

    static void mount(ServerConfig config, EventLog log) {
        var registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        config.metrics(registry)
                .metricsPage(request ->
                        new Response(200, TYPE, Map.of(), registry.scrape(TYPE).getBytes(UTF_8)))
                .onStart(server -> bindProcess(registry));
        if (log instanceof FileLog onDisk) {
            bindLog(registry, onDisk);
        }
        Gauge.builder("hibiki.build.info", () -> 1)
                .description("Which Hibiki this is")
                .tag("version", Version.number())
                .register(registry);
    }

    /** Called once the server listens: nobody should wait for these meters when it starts. */
    @SuppressWarnings("resource") // they end with the process
    private static void bindProcess(MeterRegistry registry) {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmGcMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
    }

    private static void bindLog(MeterRegistry registry, FileLog log) {
        gauge(registry, log, "hibiki.log.entries", "Entries that the log keeps", Figures::entries);
        gauge(registry, log, "hibiki.log.bytes", "Bytes that these count", Figures::bytes);
        gauge(registry, log, "hibiki.log.wal.bytes", "Bytes of the write-ahead log in use", Figures::walBytes);
        gauge(registry, log, "hibiki.log.channels", "Channels that the log remembers", Figures::channels);
        counter(registry, log, "hibiki.log.appended", "Entries that were appended", Figures::appended);
        counter(registry, log, "hibiki.log.commits", "Commits that they took", Figures::commits);
        counter(
                registry,
                log,
                "hibiki.log.forced.seconds",
                "Time for which the disk was waited for",
                figures -> figures.forcedNanos() / 1e9);
    }

    private static void gauge(
            MeterRegistry registry, FileLog log, String name, String about, ToDoubleFunction<Figures> value) {
        Gauge.builder(name, log, of -> value.applyAsDouble(of.figures()))
                .description(about)
                .register(registry);
    }

    private static void counter(
            MeterRegistry registry, FileLog log, String name, String about, ToDoubleFunction<Figures> value) {
        FunctionCounter.builder(name, log, of -> value.applyAsDouble(of.figures()))
                .description(about)
                .register(registry);
    }
}
