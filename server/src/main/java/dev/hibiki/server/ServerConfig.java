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
 * <p>What every program sets is here; what is set now and then is in groups: {@link #tls}, {@link #tokens}, {@link #hub},
 * {@link #limits}. The words are those of a configuration file: {@code limits.streams} is {@code limits(limits -> limits.streams(10))}.
 * Values are checked when the server starts, all of them at once.
 */
public final class ServerConfig {

    /** Something that is served: added to the server's parts once they exist. */
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

    /** The port to listen on, 0 to 65535; 0 takes any that is free. Default: 8080. */
    public ServerConfig port(int port) {
        this.port = port;
        return this;
    }

    /**
     * The address to listen on. Without a key anything beyond loopback needs {@link #insecure}. Default: 127.0.0.1, and with
     * a key 0.0.0.0, which is all addresses.
     */
    public ServerConfig bind(String address) {
        this.bind = address;
        return this;
    }

    /** Lets everyone who can reach the address publish and subscribe without a key. Default: false. */
    public ServerConfig insecure(boolean insecure) {
        this.insecure = insecure;
        return this;
    }

    /**
     * How bytes get to the kernel: {@code auto} takes the best that works; or one of {@code io_uring}, {@code epoll}, {@code nio}.
     * Default: {@code auto}.
     */
    public ServerConfig transport(String transport) {
        this.transport = transport;
        return this;
    }

    /** Sets how the server proves who it is. Default: no TLS. */
    public ServerConfig tls(Consumer<TlsConfig> configure) {
        configure.accept(tls);
        return this;
    }

    // ---- who may do what

    /** Sets which tokens are accepted. Default: no key, and no token is needed. */
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
     * Adds a proxy, as an address or a range such as {@code 10.0.0.0/8}, whose {@code X-Forwarded-For} or {@code X-Real-IP}
     * says where a request comes from; from others these headers are ignored.
     */
    public ServerConfig trustedProxy(String address) {
        this.trustedProxies.add(address);
        return this;
    }

    /** Sets how much the server takes, from all and from each. */
    public ServerConfig limits(Consumer<LimitsConfig> configure) {
        configure.accept(limits);
        return this;
    }

    // ---- the hub

    /** The log. The server closes it, even if it does not start. Default: a memory log. */
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
     * Says why the server should be sent no requests, in one line, or null if it should; in addition to what the server
     * knows itself. Asked by each {@code GET /readyz}, on a loop, so it must not block.
     */
    public ServerConfig readiness(Supplier<@Nullable String> trouble) {
        this.readiness = trouble;
        return this;
    }

    /** Adds the server's meters to a registry, under names that begin with {@code hibiki.}, as long as it runs. Default: none. */
    public ServerConfig metrics(MeterRegistry registry) {
        this.metrics = registry;
        return this;
    }

    /** What {@code GET /metrics} answers: to admins, and on the {@link #metricsPort} to everybody. Default: nothing is served there. */
    public ServerConfig metricsPage(RequestHandler page) {
        this.metricsPage = page;
        return this;
    }

    /**
     * A separate port for monitoring, 0 to 65535; 0 takes any that is free. It speaks no TLS, asks for no token, and serves
     * only {@code /metrics}, {@code /healthz} and {@code /readyz}. Default: none.
     */
    public ServerConfig metricsPort(int port) {
        this.metricsPort = port;
        return this;
    }

    /**
     * The address of the {@link #metricsPort}. Whoever can reach it may read the metrics; beyond loopback it needs a key or
     * {@link #insecure}. Default: 127.0.0.1.
     */
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

    /** Runs for each stream of the hub's own {@code /api/events} as it opens, and may add a feed to it. */
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
     * Serves the files of a class-path folder below a path; a request for the path itself gets {@code index.html}, which
     * must be there. They are read when the server starts. Pages have a content security policy that allows only what comes
     * from this server.
     *
     * <pre>{@code
     * .files("/", MyProgram.class, "pages")
     * }</pre>
     *
     * @param folder the folder next to the class, such as {@code MyProgram.class, "pages"}
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
