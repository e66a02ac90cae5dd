// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.HubSettings;
import dev.hibiki.log.EventLog;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a server is started with: where it listens, what it serves. Used by one thread, while {@link HibikiServer#start} runs.
 *
 * <p>A value is judged when the server starts, all of them at once; each setter is the key of a configuration file by rule:
 * {@code limits.streams} is {@link #limitsStreams}.
 */
public final class ServerConfig {

    private static final HubSettings HUB = HubSettings.DEFAULT;

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
    private @Nullable Path tlsCert;
    private @Nullable Path tlsKey;
    private boolean tlsSelfSigned;
    private @Nullable EventLog log;
    private @Nullable MeterRegistry metrics;
    private Supplier<@Nullable String> readiness = () -> null;

    private @Nullable String jwtKey;
    private @Nullable URI jwksUrl;
    private List<String> jwtAlg = List.of("HS256");
    private @Nullable String jwtIssuer;
    private @Nullable String jwtAudience;
    private Duration jwtClockSkew = Duration.ofSeconds(30);
    private String jwtCookie = "hibiki_token";
    private Duration jwtWarning = Duration.ofMinutes(1);
    private RemoteKeys.Pace jwksPace = RemoteKeys.Pace.USUAL;
    private boolean anonymous;

    private int windowEntries = HUB.windowEntries();
    private long windowBytes = HUB.windowBytes();
    private Duration heartbeat = HUB.heartbeat();
    private String heartbeatText = HUB.heartbeatText();
    private Duration stallLimit = HUB.stallLimit();
    private long pendingBytes = HUB.pendingBytes();
    private final List<String> presence = new ArrayList<>();
    private Duration presenceGrace = HUB.presenceGrace();

    private int streams = Limits.DEFAULT.streams();
    private int streamChannels = HUB.maxChannels();
    private int body = Limits.DEFAULT.body();
    private int requestLine = Limits.DEFAULT.requestLine();
    private int headers = Limits.DEFAULT.headers();
    private Duration requestTime = Limits.DEFAULT.requestTime();
    private Duration idleTime = Limits.DEFAULT.idleTime();
    private int streamsPerUser = Shares.DEFAULT.streamsPerUser();
    private int streamsPerAddress = Shares.DEFAULT.streamsPerAddress();
    private int connections = Shares.DEFAULT.connections();
    private int connectionsPerAddress = Shares.DEFAULT.connectionsPerAddress();
    private int event = Shares.DEFAULT.event();
    private long bodies = Shares.DEFAULT.bodies();
    private int publishes = Shares.DEFAULT.publishes();
    private int workers = Limits.DEFAULT.workers();
    private int queue = Limits.DEFAULT.queue();

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

    /**
     * A PEM file with the certificate that the server shows, its own first, then those that lead to one that clients know. With it, and
     * {@link #tlsKey}, the port speaks TLS only, and HTTP/2 with who asks for it. Both files are read again when they change.
     */
    public ServerConfig tlsCert(Path file) {
        this.tlsCert = file;
        return this;
    }

    /** A PEM file with the certificate's private key, RSA, EC or EdDSA, not encrypted. */
    public ServerConfig tlsKey(Path file) {
        this.tlsKey = file;
        return this;
    }

    /** Makes a certificate that vouches for itself at each start, which no client believes unless it is told to: to try TLS out. */
    public ServerConfig tlsSelfSigned(boolean selfSigned) {
        this.tlsSelfSigned = selfSigned;
        return this;
    }

    // ---- tokens

    /**
     * Demands tokens (JWT, RFC 7519), signed with this key: a secret, a public key or certificate in PEM, a JWK or a set of them, or {@code @} and
     * a file with one. The hub's own interface is then for those only whom their token grants it; a program's paths ask {@link Request#caller}.
     *
     * <pre>{@code
     * .jwtKey("@/etc/hibiki/issuer.pem").jwtAlg("RS256", "EdDSA")
     * }</pre>
     */
    public ServerConfig jwtKey(String key) {
        this.jwtKey = key;
        return this;
    }

    /** Demands tokens that are signed with one of the public keys that are found there (RFC 7517); also beside {@link #jwtKey}. */
    public ServerConfig jwksUrl(URI url) {
        this.jwksUrl = url;
        return this;
    }

    /** The algorithms that a token may be signed with: HS, RS, PS or ES with 256, 384 or 512, EdDSA. HS256 unless told. */
    public ServerConfig jwtAlg(String... algorithms) {
        this.jwtAlg = List.of(algorithms);
        return this;
    }

    /** What a token's {@code iss} must be; anything unless told. */
    public ServerConfig jwtIssuer(String issuer) {
        this.jwtIssuer = issuer;
        return this;
    }

    /** What a token's {@code aud} must be or hold; anything unless told. */
    public ServerConfig jwtAudience(String audience) {
        this.jwtAudience = audience;
        return this;
    }

    /** By how much the issuer's clock may differ, 0 to 10 minutes; 30 s unless told. */
    public ServerConfig jwtClockSkew(Duration skew) {
        this.jwtClockSkew = skew;
        return this;
    }

    /** The cookie in which a token may come; {@code hibiki_token} unless told. */
    public ServerConfig jwtCookie(String name) {
        this.jwtCookie = name;
        return this;
    }

    /** How long before its token ends a stream gets {@code hibiki.token-expiring}; a minute unless told. */
    public ServerConfig jwtWarning(Duration time) {
        this.jwtWarning = time;
        return this;
    }

    /** Lets everybody read channels under {@code public/} without a token. */
    public ServerConfig anonymous(boolean anonymous) {
        this.anonymous = anonymous;
        return this;
    }

    /** How often the keys of the URL are fetched; a test has no time. */
    ServerConfig jwksPace(RemoteKeys.Pace pace) {
        this.jwksPace = pace;
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

    /** How bytes get to the kernel: {@code auto}, or one of {@code io_uring}, {@code epoll}, {@code nio} where the best one misbehaves. */
    public ServerConfig transport(String transport) {
        this.transport = transport;
        return this;
    }

    /** The log; a memory log unless told. The server closes it, also when it does not start. */
    public ServerConfig log(EventLog log) {
        this.log = log;
        return this;
    }

    /**
     * How many of the newest events are also kept in memory, for streams to catch up without reading the log; 64 to 16,777,216, rounded up to
     * a power of two. 32,768 unless told.
     */
    public ServerConfig windowEntries(int entries) {
        this.windowEntries = entries;
        return this;
    }

    /** How many bytes those may take, at least 64 KB; 32 MiB unless told. */
    public ServerConfig windowBytes(long bytes) {
        this.windowBytes = bytes;
        return this;
    }

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

    // ---- how streams are

    /** How long a stream may be quiet before it gets a comment; 15 s unless told. */
    public ServerConfig streamHeartbeat(Duration heartbeat) {
        this.heartbeat = heartbeat;
        return this;
    }

    /** The text of that comment, for proxies that choke on the usual one; {@code heartbeat} unless told. */
    public ServerConfig streamHeartbeatText(String text) {
        this.heartbeatText = text;
        return this;
    }

    /** How long a client may take no byte before its stream is ended; 2 minutes unless told. */
    public ServerConfig streamStallLimit(Duration limit) {
        this.stallLimit = limit;
        return this;
    }

    /**
     * How many bytes may wait in the sockets of one loop's streams that are behind before these are given small pieces only, at least 64 KB; 64 MiB
     * unless told.
     */
    public ServerConfig streamPendingBytes(long bytes) {
        this.pendingBytes = bytes;
        return this;
    }

    /** Adds a pattern of channels that tell who joins and who leaves. */
    public ServerConfig presence(String pattern) {
        this.presence.add(pattern);
        return this;
    }

    /** How long a user may be away before leaving is told; longer than clients take to reconnect. 8 s unless told. */
    public ServerConfig presenceGrace(Duration grace) {
        this.presenceGrace = grace;
        return this;
    }

    // ---- how much

    /** The most open streams, 0 to 10,000,000; one more is refused softly. 100,000 unless told. */
    public ServerConfig limitsStreams(int streams) {
        this.streams = streams;
        return this;
    }

    /** The most open streams of one user, 0 for no limit; one more is refused softly. 1000 unless told. */
    public ServerConfig limitsStreamsPerUser(int streams) {
        this.streamsPerUser = streams;
        return this;
    }

    /**
     * The most open streams from one address (of IPv6: from its first 64 bits), 0 for no limit; one more is refused softly. 127.0.0.1, ::1 and trusted
     * proxies speak for others and are not counted. 10,000 unless told.
     */
    public ServerConfig limitsStreamsPerAddress(int streams) {
        this.streamsPerAddress = streams;
        return this;
    }

    /** The most connections; one more is closed at once. Nine tenths of the files that the process may open unless told. */
    public ServerConfig limitsConnections(int connections) {
        this.connections = connections;
        return this;
    }

    /** The most connections from one address, 0 for no limit, counted as streams are; one more is closed at once. 10,000 unless told. */
    public ServerConfig limitsConnectionsPerAddress(int connections) {
        this.connectionsPerAddress = connections;
        return this;
    }

    /** The most bytes of the data of an event that is published over HTTP; more is answered with 413. 1 MiB unless told. */
    public ServerConfig limitsEvent(int bytes) {
        this.event = bytes;
        return this;
    }

    /** The most bytes of bodies that wait in memory, of all requests together, at least 64 KB; beyond it 503. 64 MiB unless told. */
    public ServerConfig limitsBodies(long bytes) {
        this.bodies = bytes;
        return this;
    }

    /** The most events that one publisher may publish in a second, 0 for no limit; beyond it 429. No limit unless told. */
    public ServerConfig limitsPublishes(int perSecond) {
        this.publishes = perSecond;
        return this;
    }

    /** The most channels and patterns of one stream; more is answered with 400. 256 unless told. */
    public ServerConfig limitsStreamChannels(int channels) {
        this.streamChannels = channels;
        return this;
    }

    /** The most bytes of a body, or of one line of a stream of publishes; more is answered with 413. 1 MiB unless told. */
    public ServerConfig limitsBody(int bytes) {
        this.body = bytes;
        return this;
    }

    /** The most bytes of a request line; more is answered with 414. 8192 unless told. */
    public ServerConfig limitsRequestLine(int bytes) {
        this.requestLine = bytes;
        return this;
    }

    /** The most bytes of a request's headers; more is answered with 431. 16,384 unless told. */
    public ServerConfig limitsHeaders(int bytes) {
        this.headers = bytes;
        return this;
    }

    /** How long a request's head may take, and its body may stand still; longer is answered with 408. 10 s unless told. */
    public ServerConfig limitsRequestTime(Duration time) {
        this.requestTime = time;
        return this;
    }

    /** How long a connection is kept without a request; 60 s unless told. */
    public ServerConfig limitsIdleTime(Duration time) {
        this.idleTime = time;
        return this;
    }

    /** The threads that run handlers; 32 unless told. More where handlers wait for others. */
    public ServerConfig limitsWorkers(int threads) {
        this.workers = threads;
        return this;
    }

    /** How many requests may wait for those threads; one more is answered with 503, a stream refused softly. 1024 unless told. */
    public ServerConfig limitsQueue(int requests) {
        this.queue = requests;
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

    int port() {
        return port;
    }

    String bind() {
        return bind != null ? bind : tokenSettings().areAsked() ? "0.0.0.0" : "127.0.0.1";
    }

    TokenSettings tokenSettings() {
        return new TokenSettings(
                jwtKey,
                jwksUrl,
                jwtAlg,
                jwtIssuer,
                jwtAudience,
                jwtClockSkew,
                jwtCookie,
                anonymous,
                jwtWarning,
                jwksPace);
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

    List<Serving> served() {
        return served;
    }

    List<StreamHandler> apiStreams() {
        return apiStreams;
    }

    List<Consumer<HibikiServer>> onStart() {
        return onStart;
    }

    boolean beyondLoopback() {
        try {
            return !InetAddress.getByName(bind()).isLoopbackAddress();
        } catch (UnknownHostException unknown) {
            return true;
        }
    }

    /**
     * What proves who the server is, or null if it speaks without TLS.
     *
     * @throws IllegalArgumentException a line that names the setting and what is wrong
     */
    @Nullable
    TlsKeys tls() {
        if (tlsSelfSigned && (tlsCert != null || tlsKey != null)) {
            throw new IllegalArgumentException(
                    "tls.self-signed: true (expected: false beside tls.cert and tls.key, which are a certificate)");
        }
        if (tlsSelfSigned) {
            return TlsKeys.selfSigned(bind());
        }
        if (tlsCert == null && tlsKey == null) {
            return null;
        }
        if (tlsCert == null) {
            throw new IllegalArgumentException("tls.cert: is missing (expected: a PEM file, as there is a tls.key)");
        }
        if (tlsKey == null) {
            throw new IllegalArgumentException("tls.key: is missing (expected: a PEM file, as there is a tls.cert)");
        }
        return TlsKeys.of(tlsCert, tlsKey);
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
        return new Shares(
                streamsPerUser, streamsPerAddress, connections, connectionsPerAddress, event, bodies, publishes);
    }

    Limits limits() {
        return new Limits(streams, body, requestLine, headers, requestTime, idleTime, workers, queue);
    }

    HubSettings hubSettings() {
        return new HubSettings(
                heartbeat,
                heartbeatText,
                stallLimit,
                windowEntries,
                windowBytes,
                presence,
                presenceGrace,
                streamChannels,
                pendingBytes);
    }

    /** What cannot work, one line each. */
    List<String> problems() {
        var problems = new ArrayList<String>();
        if (port < 0 || port > 65_535) {
            problems.add("port: " + port + " (expected: 0 to 65535)");
        }
        try {
            boolean loopback = InetAddress.getByName(bind()).isLoopbackAddress();
            if (!loopback && !insecure && !tokenSettings().areAsked()) {
                problems.add("bind: " + bind()
                        + " (expected: a loopback address, or insecure, as long as no key protects the server)");
            }
        } catch (UnknownHostException unknown) {
            problems.add("bind: " + bind() + " (expected: an address or a name of this machine)");
        }
        problems.addAll(tokenSettings().problems());
        collect(problems, this::origins);
        collect(problems, this::proxies);
        collect(problems, this::transports);
        collect(problems, this::tls);
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
