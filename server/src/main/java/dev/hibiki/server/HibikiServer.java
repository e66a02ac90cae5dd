// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.Hub;
import dev.hibiki.log.EventLog;
import dev.hibiki.log.MemoryLog;
import dev.hibiki.log.Retention;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A hub with an HTTP server around it, inside a Java program.
 *
 * <pre>{@code
 * try (var server = HibikiServer.start(config -> config.port(8080)
 *         .stream("/news", stream -> stream.subscribe("news")))) {
 *     server.hub().publish("news", SseEvent.of("hello"));
 * }
 * }</pre>
 *
 * <p>Threads: {@code hibiki-loop-N}, one for each core, do everything that has to do with sockets and the hub;
 * {@code hibiki-worker-N} run a program's handlers; {@code hibiki-feed} runs feeds. All methods may be called from any
 * thread.
 */
public final class HibikiServer implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(HibikiServer.class.getPackageName());

    private static final long CLOSE_MILLIS = 2500;

    /** How much longer than its time a drain may take: for the last streams to have ended. */
    private static final Duration DRAIN_MARGIN = Duration.ofSeconds(1);

    /** How often the files of a certificate are checked. */
    private static final Duration TLS_LOOK = Duration.ofSeconds(2);

    /** What a program's handlers become. */
    interface Handlers {
        Endpoint stream(StreamHandler handler);

        Endpoint request(RequestHandler handler);
    }

    private final EventLog log;
    private final Listener listener;
    private final Hub hub;
    private final Workers workers;
    private final Ticks ticks = new Ticks();
    private final AtomicBoolean stopping = new AtomicBoolean();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private final Edge edge;
    private final OpenStreams streams;
    private final PublishFigures publishes = new PublishFigures();
    private final @Nullable ServerMeters meters;
    private final @Nullable DevelopmentGate gate;
    private final Cors cors;
    private final @Nullable Tokens tokens;
    private final @Nullable TokenLives lives;
    private final String host;
    private @Nullable TlsKeys tls;
    private int port;
    private int metricsPort;

    private HibikiServer(ServerConfig config, EventLog log, Listener listener) {
        this.log = log;
        this.listener = listener;
        this.hub = Hub.start(log, listener.loops(), config.hubSettings());
        Limits limits = config.limits();
        this.edge = Edge.of(config.shares(), config.proxies());
        this.workers = new Workers(limits.workers(), limits.queue());
        this.streams = new OpenStreams(limits.streams(), edge, stopping);
        MeterRegistry registry = config.metrics();
        this.meters = registry == null ? null : new ServerMeters(registry, hub, streams, listener, publishes, edge);
        TokenSettings asked = config.tokenSettings();
        Addresses addresses = config.addresses();
        this.gate = asked.areAsked() ? null : new DevelopmentGate(addresses.beyondLoopback(), config.origins());
        this.cors = new Cors(config.origins(), gate);
        this.tokens = asked.areAsked()
                ? new Tokens(asked, Clock.systemUTC(), workers::run, this::mayActForUsers, hub.revocations())
                : null;
        this.lives = tokens == null ? null : new TokenLives(hub.revocations(), asked.skew(), asked.warning());
        this.host = addresses.beyondLoopback() ? addresses.bind() : "localhost";
    }

    /**
     * Configures and starts a server; returns when it accepts connections.
     *
     * @throws ServerStartException if a setting is refused or the port cannot be taken; its {@code problems()} are one line each
     */
    public static HibikiServer start(Consumer<ServerConfig> configure) {
        var config = new ServerConfig();
        configure.accept(config);
        EventLog given = config.log();
        try {
            List<String> problems = config.problems();
            if (!problems.isEmpty()) {
                throw new ServerStartException(problems);
            }
            EventLog log = given != null ? given : MemoryLog.create(Retention.DEFAULT);
            HibikiServer server = assemble(config, log);
            try {
                server.listen(config);
                config.onStart().forEach(action -> action.accept(server));
                return server;
            } catch (Throwable failure) {
                server.close();
                throw failure;
            }
        } catch (Throwable failure) {
            if (given != null) {
                given.close();
            }
            throw failure;
        }
    }

    /**
     * What {@link #start} would refuse in a configuration, one line each, without starting: for a program that wants to
     * report its own problems with them. It does not try to take the port, and the log stays the caller's.
     */
    public static List<String> problems(Consumer<ServerConfig> configure) {
        var config = new ServerConfig();
        configure.accept(config);
        return config.problems();
    }

    private static HibikiServer assemble(ServerConfig config, EventLog log) {
        var listener = new Listener(config.transports());
        try {
            return new HibikiServer(config, log, listener);
        } catch (RuntimeException refused) {
            listener.abandon();
            throw refused;
        }
    }

    private void listen(ServerConfig config) {
        var site = new Site(router(config), gate, cors, config.limits(), edge, stopping);
        TlsKeys keys = config.tls();
        tls = keys;
        if (keys != null) {
            ticks.start(TLS_LOOK, false, keys::look);
        }
        if (tokens != null && lives != null) {
            ticks.start(TokenLives.LOOK_EVERY, true, () -> look(tokens, lives));
        }
        if (config.shares().publishes() > 0) {
            var unused = listener.loops().get(0).scheduleWithFixedDelay(edge.rate()::sweep, 1, 1, TimeUnit.SECONDS);
        }
        try {
            port = listener.listen("port", config.addresses().clients(), site, keys);
            InetSocketAddress metrics = config.addresses().metrics();
            if (metrics != null) {
                var inside = new Site(metricsRouter(config), gate, cors, config.limits(), edge, stopping);
                metricsPort = listener.listen("metrics.port", metrics, inside, null);
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new ServerStartException(List.of("start: was interrupted (expected: to be waited for)"));
        }
        LOG.info("listening on {}, transport {}", uri(), listener.transport().word());
    }

    /** Never throws, or it would be the last time. */
    private static void look(Tokens tokens, TokenLives lives) {
        try {
            tokens.refreshKeys();
            lives.look();
        } catch (RuntimeException failure) {
            LOG.error("the tokens of streams could not be looked at", failure);
        }
    }

    /** Whether a page may use its user's cookie: one of ours, or one that was named. */
    private boolean mayActForUsers(String origin, @Nullable String host) {
        int scheme = origin.indexOf("://");
        boolean own = scheme > 0 && origin.substring(scheme + 3).equalsIgnoreCase(host);
        return own || cors.isTrusted(origin, host);
    }

    private Endpoint guarded(Endpoint endpoint, boolean isStream, boolean isOurs) {
        return tokens == null ? endpoint : new Guarded(endpoint, tokens, isStream, isOurs);
    }

    /** What is served on the port for monitoring: nothing that could be misused, so it needs no token. */
    private Router metricsRouter(ServerConfig config) {
        var router = new Router();
        new StatusApi(hub, stopping, config.readiness()).addHealth(router);
        RequestHandler page = config.metricsPage();
        if (page != null) {
            router.add("GET", "/metrics", new HandlerEndpoint(page, workers, hub));
        }
        return router;
    }

    private Router router(ServerConfig config) {
        var opening = new StreamOpening(hub, streams, lives);
        var router = new Router();
        UnaryOperator<Endpoint> ours = endpoint -> guarded(endpoint, endpoint instanceof StreamEndpoint, true);
        new StreamApi(hub, lives, asks -> new StreamEndpoint(opening, hub, ticks, workers, config.apiStreams(), asks))
                .addTo(router, ours);
        new PublishApi(hub, config.limits(), publishes, edge).addTo(router, ours);
        if (tokens != null && lives != null) {
            new TokenApi(lives, hub.revocations()).addTo(router, ours);
        }
        new StatusApi(hub, stopping, config.readiness()).addTo(router, ours);
        var handlers = new Handlers() {
            @Override
            public Endpoint stream(StreamHandler handler) {
                return guarded(new StreamEndpoint(opening, hub, ticks, workers, List.of(handler), null), true, false);
            }

            @Override
            public Endpoint request(RequestHandler handler) {
                return guarded(new HandlerEndpoint(handler, workers, hub), false, false);
            }
        };
        RequestHandler page = config.metricsPage();
        if (page != null) {
            router.add("GET", "/metrics", handlers.request(request -> {
                request.caller().requireAdmin();
                return page.handle(request);
            }));
        }
        var problems = new ArrayList<String>();
        for (ServerConfig.Serving served : config.served()) {
            try {
                served.addTo(router, handlers);
            } catch (IllegalArgumentException refused) {
                problems.add(String.valueOf(refused.getMessage()));
            }
        }
        if (!problems.isEmpty()) {
            throw new ServerStartException(problems);
        }
        return router;
    }

    /** The hub: to publish, and to see who listens. */
    public Hub hub() {
        return hub;
    }

    /** The port it listens on; if 0 was configured, the one that it got. */
    public int port() {
        return port;
    }

    /** The port of {@link ServerConfig#metricsPort}; if 0 was configured, the one that it got; 0 if there is none. */
    public int metricsPort() {
        return metricsPort;
    }

    /** Where the server is: {@code http://localhost:8080}, or {@code https:} if it speaks TLS. */
    public URI uri() {
        String authority = host.contains(":") ? "[" + host + "]" : host;
        return URI.create((tls == null ? "http" : "https") + "://" + authority + ":" + port);
    }

    /** How many streams are open. */
    public int openStreams() {
        return streams.count();
    }

    /** How many users and addresses have a stream, and so an entry in a table. */
    int streamKeys() {
        return streams.keys();
    }

    /** How many publishers are remembered because of their rate. */
    int publishers() {
        return edge.rate().size();
    }

    /**
     * Ends all streams gently, before {@link #close}: each is told to come back after a time of its own (1 to 60 s) and is
     * ended, the first at once, the others spread evenly over the given time, so that whatever takes over is not overrun.
     * From now on {@code /readyz} answers 503, streams are refused softly, and requests that would change something get 503
     * with {@code Retry-After}; what was under way is answered, and pages are still served. The port accepts connections
     * until {@link #close}.
     *
     * <p>Returns when no stream is left, at once if there is none, and at the latest a second after the given time. Called again it only waits.
     *
     * @param time over which the streams are ended; zero ends all at once
     * @throws IllegalArgumentException if the time is negative
     */
    public void drain(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("drain: " + time.toMillis() + " ms (expected: at least 0 ms)");
        }
        if (stopping.compareAndSet(false, true)) {
            LOG.info("draining: {} streams end within {} ms", openStreams(), time.toMillis());
            listener.tell(Listener.Stopping.DRAINING);
            var unused = hub.drain(time).whenComplete((done, failure) -> drained.complete(null));
        }
        try {
            drained.get(time.plus(DRAIN_MARGIN).toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException stopWaiting) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException overdue) {
            LOG.info("{} streams are left after draining", openStreams());
        } catch (ExecutionException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /**
     * Stops at once: ends all streams without telling clients when to come back, and answers what is under way; returns when
     * nothing is left, within a few seconds. If many clients would come back in the same moment, {@link #drain} first.
     * Calling it again does nothing.
     */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        stopping.set(true);
        boolean interrupted = false;
        for (Step step : List.<Step>of(
                listener::stopAccepting,
                () -> listener.endConnections(CLOSE_MILLIS),
                this::removeMeters,
                () -> ticks.close(CLOSE_MILLIS),
                () -> workers.close(CLOSE_MILLIS),
                hub::close,
                log::close,
                listener::close)) {
            try {
                step.run();
            } catch (InterruptedException stopWaiting) {
                interrupted = true;
            } catch (RuntimeException failure) {
                LOG.error("a part of the server failed to stop", failure);
            }
        }
        drained.complete(null);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void removeMeters() {
        if (meters != null) {
            meters.close();
        }
    }

    private interface Step {
        void run() throws InterruptedException;
    }
}
