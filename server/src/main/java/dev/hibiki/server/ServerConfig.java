// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.HubSettings;
import dev.hibiki.log.EventLog;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a server is started with: where it listens, what it serves. Used by one thread, while {@link HibikiServer#start} runs.
 *
 * <p>What every program says is said here; what is turned now and then stands in groups: {@link #tls}, {@link #tokens}, {@link #hub},
 * {@link #limits}. The words are those of a configuration file: {@code limits.streams} is {@code limits(limits -> limits.streams(10))}.
 * Values are judged when the server starts, all of them at once.
 */
public final class ServerConfig {

    /** Something that is served: told to the parts of a server once they are there. */
    interface Serving {
        void addTo(Router router, HibikiServer.Handlers handlers);
    }

    private int port = 8080;
    private @Nullable String bind;
    private boolean insecure;
    private final List<String> corsOrigins = new ArrayList<>();
    private final List<String> trustedProxies = new ArrayList<>();
    private String transport = "auto";
    private @Nullable EventLog log;
    private @Nullable MeterRegistry metrics;
    private @Nullable RequestHandler metricsPage;
    private @Nullable Integer metricsPort;
    private String metricsBind = "127.0.0.1";
    private Supplier<@Nullable String> readiness = () -> null;

    private final TlsConfig tls = new TlsConfig();
    private final TokenConfig tokens = new TokenConfig();
    private final HubConfig hub = new HubConfig();
    private final LimitsConfig limits = new LimitsConfig();

    private final List<Serving> served = new ArrayList<>();
    private final List<StreamHandler> apiStreams = new ArrayList<>();
    private final List<Consumer<HibikiServer>> onStart = new ArrayList<>();

    ServerConfig() {}

    // ---- where

    /** The port to listen on, 0 for any that is free; 8080 unless told. */
    public ServerConfig port(int port) {
        this.port = port;
        return this;
    }

    /**
     * The address to listen on. Unless told 127.0.0.1, and with a key 0.0.0.0. Beyond loopback it needs {@link #insecure}, as long as no key
     * protects it.
     */
    public ServerConfig bind(String address) {
        this.bind = address;
        return this;
    }

    /** Lets everyone who can reach the address publish and subscribe. */
    public ServerConfig insecure(boolean insecure) {
        this.insecure = insecure;
        return this;
    }

    /** How bytes get to the kernel: {@code auto}, or one of {@code io_uring}, {@code epoll}, {@code nio} where the best one misbehaves. */
    public ServerConfig transport(String transport) {
        this.transport = transport;
        return this;
    }

    /** Sets how the server proves who it is; without TLS unless told. */
    public ServerConfig tls(Consumer<TlsConfig> configure) {
        configure.accept(tls);
        return this;
    }

    // ---- who may do what

    /** Sets which tokens are believed; none are asked for unless a key is told. */
    public ServerConfig tokens(Consumer<TokenConfig> configure) {
        configure.accept(tokens);
        return this;
    }

    /**
     * Adds an origin whose pages may read what is answered, and send credentials: as browsers write it, such as {@code https://app.example};
     * {@code https://*.example.com} for all below a domain; or {@code *} for every page, without credentials.
     */
    public ServerConfig corsOrigin(String origin) {
        this.corsOrigins.add(origin);
        return this;
    }

    /**
     * Adds a proxy, as an address or a range such as {@code 10.0.0.0/8}, whose {@code X-Forwarded-For} or {@code X-Real-IP} says where a request
     * comes from; from others these count for nothing.
     */
    public ServerConfig trustedProxy(String address) {
        this.trustedProxies.add(address);
        return this;
    }

    /** Sets how much the server takes of everything. */
    public ServerConfig limits(Consumer<LimitsConfig> configure) {
        configure.accept(limits);
        return this;
    }

    // ---- the hub

    /** The log; a memory log unless told. The server closes it, also when it does not start. */
    public ServerConfig log(EventLog log) {
        this.log = log;
        return this;
    }

    /** Sets how the hub treats streams. */
    public ServerConfig hub(Consumer<HubConfig> configure) {
        configure.accept(hub);
        return this;
    }

    /** Adds a pattern of channels that tell who joins and who leaves. */
    public ServerConfig presence(String pattern) {
        hub.presence(pattern);
        return this;
    }

    // ---- looking at it

    /**
     * Asks whether the server should be sent requests, beside what it knows itself: a reason why not in one line, or null. Asked by each
     * {@code GET /readyz}, on a loop, so it must not block.
     */
    public ServerConfig readiness(Supplier<@Nullable String> trouble) {
        this.readiness = trouble;
        return this;
    }

    /** Adds what the server tells of itself to a registry, under names that begin with {@code hibiki.}, as long as it runs; none unless told. */
    public ServerConfig metrics(MeterRegistry registry) {
        this.metrics = registry;
        return this;
    }

    /** What {@code GET /metrics} answers: to admins, and on the {@link #metricsPort} to whoever reaches it; nothing is served there unless told. */
    public ServerConfig metricsPage(RequestHandler page) {
        this.metricsPage = page;
        return this;
    }

    /**
     * A port of its own for those who watch the server, 0 for any that is free; none unless told. It speaks no TLS, asks for no token, and has
     * {@code /metrics}, {@code /healthz} and {@code /readyz} alone.
     */
    public ServerConfig metricsPort(int port) {
        this.metricsPort = port;
        return this;
    }

    /** The address of the {@link #metricsPort}; 127.0.0.1 unless told. Whoever can reach it may read the metrics. */
    public ServerConfig metricsBind(String address) {
        this.metricsBind = address;
        return this;
    }

    // ---- what is served

    /**
     * Serves event streams at a path.
     *
     * <pre>{@code
     * .stream("/room/{name}", stream -> stream.subscribe("room/" + stream.path("name")))
     * }</pre>
     *
     * @param path {@code {name}} stands for one segment, {@code {name...}} at the end for one or more, which {@link Request#path} gives
     */
    public ServerConfig stream(String path, StreamHandler handler) {
        served.add((router, handlers) -> router.add("GET", path, handlers.stream(handler)));
        return this;
    }

    /** Looks at each stream of the hub's own {@code /api/events} as it opens, and may add a feed to it. */
    public ServerConfig apiStreams(StreamHandler handler) {
        apiStreams.add(handler);
        return this;
    }

    /**
     * Answers {@code GET}, and {@code HEAD} without the body.
     *
     * <pre>{@code
     * .get("/hello/{name}", request -> Response.text("Hello " + request.path("name")))
     * }</pre>
     *
     * @param path as in {@link #stream}
     */
    public ServerConfig get(String path, RequestHandler handler) {
        served.add((router, handlers) -> router.add("GET", path, handlers.request(handler)));
        return this;
    }

    /**
     * Answers {@code POST}.
     *
     * @param path as in {@link #stream}
     */
    public ServerConfig post(String path, RequestHandler handler) {
        served.add((router, handlers) -> router.add("POST", path, handlers.request(handler)));
        return this;
    }

    /**
     * Serves the files of a class-path folder below a path; a request for the path itself gets {@code index.html}, which must be there.
     * They are read when the server starts. Pages are given a content security policy that allows only what comes from here.
     *
     * <pre>{@code
     * .files("/", MyProgram.class, "pages")
     * }</pre>
     *
     * @param folder the folder beside a class, such as {@code MyProgram.class, "pages"}
     */
    public ServerConfig files(String path, Class<?> beside, String folder) {
        served.add((router, handlers) -> StaticFiles.add(router, path, beside, folder));
        return this;
    }

    /** Runs once the server is up: the place to start what publishes. */
    public ServerConfig onStart(Consumer<HibikiServer> action) {
        onStart.add(action);
        return this;
    }

    // ---- for the server

    Addresses addresses() {
        return new Addresses(
                port, bind, metricsPort, metricsBind, insecure, tokenSettings().areAsked());
    }

    TokenSettings tokenSettings() {
        return tokens.settings();
    }

    @Nullable
    EventLog log() {
        return log;
    }

    Supplier<@Nullable String> readiness() {
        return readiness;
    }

    @Nullable
    MeterRegistry metrics() {
        return metrics;
    }

    @Nullable
    RequestHandler metricsPage() {
        return metricsPage;
    }

    List<Serving> served() {
        return served;
    }

    List<StreamHandler> apiStreams() {
        return apiStreams;
    }

    List<Consumer<HibikiServer>> onStart() {
        return onStart;
    }

    /** See {@link TlsConfig#keys}. */
    @Nullable
    TlsKeys tls() {
        return tls.keys(addresses().bind());
    }

    List<Transport> transports() {
        return Transport.of(transport);
    }

    Origins origins() {
        return new Origins(corsOrigins);
    }

    TrustedProxies proxies() {
        return new TrustedProxies(trustedProxies);
    }

    Shares shares() {
        return limits.shares();
    }

    Limits limits() {
        return limits.limits();
    }

    HubSettings hubSettings() {
        return hub.settings();
    }

    /** What cannot work, one line each. */
    List<String> problems() {
        var problems = new ArrayList<>(addresses().problems());
        problems.addAll(tokenSettings().problems());
        collect(problems, this::origins);
        collect(problems, this::proxies);
        collect(problems, this::transports);
        problems.addAll(tls.problems(addresses().bind()));
        collect(problems, this::hubSettings);
        problems.addAll(limits().problems());
        problems.addAll(shares().problems());
        return problems;
    }

    private static void collect(List<String> problems, Runnable check) {
        try {
            check.run();
        } catch (IllegalArgumentException refused) {
            problems.add(String.valueOf(refused.getMessage()));
        }
    }
}
