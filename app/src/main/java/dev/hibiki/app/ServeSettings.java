// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.hub.HubSettings;
import dev.hibiki.log.Retention;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The table of all settings of {@code serve}. A setting is defined here and nowhere else, with its key, its values, its
 * default and its help; two large groups have files of their own, {@link JwtSettings} and {@link LimitsSettings}.
 */
final class ServeSettings {

    private ServeSettings() {}

    /** A setting that says how much is kept; its default depends on the log. */
    private static <T> Setting<T> byLog(String key, Kind<T> kind, Function<Retention, T> usual, String about) {
        return Setting.optional(
                key,
                kind,
                kind.writer().apply(usual.apply(LogChoice.ON_DISK)) + " on disk, "
                        + kind.writer().apply(usual.apply(Retention.DEFAULT)) + " in memory",
                about);
    }

    private static final HubSettings HUB = HubSettings.DEFAULT;
    private static final Pattern ADDRESS = Pattern.compile("[A-Za-z0-9:\\[][A-Za-z0-9.:%_\\]-]{0,254}");
    private static final Pattern ORIGIN =
            Pattern.compile("\\*|[A-Za-z][A-Za-z0-9+.-]{0,30}://(\\*\\.)?[A-Za-z0-9_.:\\[\\]-]{1,253}");
    private static final Pattern RANGE =
            Pattern.compile("(\\d{1,3}(\\.\\d{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)(/\\d{1,3})?");
    static final Kind<String> CHANNEL_PATTERN = Kind.text(
            "PATTERN",
            "a channel name or pattern of A-Z a-z 0-9 . _ ~ : @ - /, with * for one segment and ** at the end",
            Pattern.compile("(?=.{1,200}$)(\\*|[A-Za-z0-9._~:@-]+)(/(\\*|[A-Za-z0-9._~:@-]+))*(/\\*\\*)?|\\*\\*"));

    static final Setting<Integer> PORT = Setting.one(
            "port",
            Kind.number("PORT", 0, 65_535),
            8080,
            "Where clients find the server; 0 takes any free port and prints it.");

    static final Setting<String> BIND = Setting.one(
            "bind",
            Kind.text("ADDRESS", "an address or a name of this machine", ADDRESS),
            "127.0.0.1",
            "The address to listen on; beyond loopback other machines can reach the server, which without a key needs"
                    + " insecure. With a key the default is 0.0.0.0, all addresses.");

    static final Setting<List<String>> CORS_ORIGIN = Setting.several(
            "cors.origin",
            Kind.text(
                    "ORIGIN",
                    "an origin as browsers write it, such as https://app.example, https://*.example.com for all below a"
                            + " domain, or * for every page, without credentials",
                    ORIGIN),
            "Origins whose pages may read what the server answers, and send cookies and tokens; for web applications that"
                    + " do not come from the server's own address. May be given several times.");

    static final Setting<List<String>> TRUSTED_PROXY = Setting.several(
            "trusted-proxy",
            Kind.text("ADDRESS", "an address or a range, such as 10.0.0.1, 10.0.0.0/8 or fd00::/8", RANGE),
            "Proxies whose X-Forwarded-For or X-Real-IP says where a request comes from, for limits by address and"
                    + " for the log; from anybody else these headers are ignored. May be given several times.");

    static final Setting<String> TRANSPORT = Setting.one(
            "transport",
            Kind.word("TRANSPORT", "auto", "io_uring", "epoll", "nio"),
            "auto",
            "How bytes get to the kernel: the best that works, or a particular one where that misbehaves.");

    static final Setting<Integer> METRICS_PORT = Setting.optional(
            "metrics.port",
            Kind.number("PORT", 0, 65_535),
            "none",
            "A port of its own for /metrics, /healthz and /readyz, without TLS, and without a token also on a server with a"
                    + " key; 0 takes any free port and prints it.");

    static final Setting<String> METRICS_BIND = Setting.one(
            "metrics.bind",
            Kind.text("ADDRESS", "an address or a name of this machine", ADDRESS),
            "127.0.0.1",
            "The address of the metrics port. Whoever can reach it may read the metrics.");

    static final Setting<Boolean> INSECURE = Setting.one(
            "insecure",
            Kind.flag(),
            false,
            "For a closed network only: lets everybody who can reach the address publish and subscribe without a key.");

    static final Setting<String> TLS_CERT = Setting.optional(
            "tls.cert",
            Kind.file("a PEM file"),
            "none",
            "The server's certificate, then those that lead to one that clients know; with it the port speaks only"
                    + " TLS, and HTTP/2. Read again when it changes.");

    static final Setting<String> TLS_KEY = Setting.optional(
            "tls.key",
            Kind.file("a PEM file"),
            "none",
            "The private key of that certificate: RSA, EC or EdDSA, not encrypted.");

    static final Setting<Boolean> TLS_SELF_SIGNED = Setting.one(
            "tls.self-signed",
            Kind.flag(),
            false,
            "To try TLS and HTTP/2 out: makes a certificate at each start, which no client trusts unless it is told"
                    + " to.");

    static final Setting<Boolean> ANONYMOUS = Setting.one(
            "anonymous", Kind.flag(), false, "With a key: lets everybody read channels under public/ without a token.");

    static final Setting<Boolean> DEMO = Setting.one(
            "demo",
            Kind.flag(),
            false,
            "With a key: serves the playground and the demo paths all the same, to everybody.");

    static final Setting<LogChoice> LOG = Setting.one(
            "log",
            LogChoice.kind(),
            new LogChoice(Path.of("./hibiki-data")),
            "Where events are kept for streams that come back: in a directory, which outlives the server, or in"
                    + " memory, which is fastest and forgets everything on exit.");

    static final Setting<String> DURABILITY = Setting.one(
            "durability",
            Kind.word("DURABILITY", "fsync", "os"),
            "fsync",
            "What a published event in a log on disk survives: with fsync a power cut; with os, which is faster, only"
                    + " the end of the process.");

    static final Setting<Long> LOG_MAX_ENTRIES = byLog(
            "log.max-entries",
            Kind.number("COUNT", 1),
            Retention::entries,
            "How many events the log keeps; more lets clients be away longer and takes memory or disk.");

    static final Setting<Long> LOG_MAX_BYTES = byLog(
            "log.max-bytes",
            Kind.bytes(1),
            Retention::bytes,
            "How many bytes of events the log keeps; what bounds memory or disk when events are large.");

    static final Setting<Duration> LOG_MAX_AGE = byLog(
            "log.max-age",
            Kind.duration(Duration.ofMillis(1), Duration.ofDays(36_500)),
            Retention::age,
            "How long the log keeps an event; shorter where old events must not be shown any more.");

    static final Setting<Integer> WINDOW_ENTRIES = Setting.one(
            "window.entries",
            Kind.number("COUNT", 64, 1 << 24),
            HUB.windowEntries(),
            "How many of the newest events are also kept in memory, for streams to catch up without reading the log; more"
                    + " where many come back at once to a busy hub.");

    static final Setting<Long> WINDOW_BYTES = Setting.one(
            "window.bytes",
            Kind.bytes(64 << 10),
            HUB.windowBytes(),
            "How many bytes the events that are kept in memory for this may take.");

    static final Setting<Duration> STREAM_HEARTBEAT = Setting.one(
            "stream.heartbeat",
            Kind.duration(Duration.ofMillis(100), Duration.ofHours(1)),
            HUB.heartbeat(),
            "How long a stream may be quiet before it gets a comment; shorter passes proxies that cut quiet"
                    + " connections and notices dead peers sooner, longer costs less.");

    static final Setting<String> STREAM_HEARTBEAT_TEXT = Setting.one(
            "stream.heartbeat-text",
            Kind.line("TEXT"),
            HUB.heartbeatText(),
            "The text of that comment, for clients or proxies that look for a certain one.");

    static final Setting<Duration> STREAM_STALL_LIMIT = Setting.one(
            "stream.stall-limit",
            Kind.duration(Duration.ofSeconds(1), Duration.ofDays(1)),
            HUB.stallLimit(),
            "How long a peer may take no byte before its stream is ended; longer keeps suspended phones, shorter frees"
                    + " sockets sooner.");

    static final Setting<Long> STREAM_PENDING_BYTES = Setting.one(
            "stream.pending-bytes",
            Kind.bytes(64 << 10),
            HUB.pendingBytes(),
            "How many bytes may wait in the sockets of those streams of one loop that are behind, before they are"
                    + " given small pieces only; less saves memory while many peers stall, more lets many slow ones catch up in"
                    + " fewer writes.");

    static final Setting<Integer> STREAM_MAX_CHANNELS = Setting.one(
            "stream.max-channels",
            Kind.number("COUNT", 1, 100_000),
            HUB.maxChannels(),
            "The most channels and patterns of one stream; more lets one client cost more.");

    static final Setting<List<String>> PRESENCE = Setting.several(
            "presence", CHANNEL_PATTERN, "Channels that tell who joins and who leaves; may be given several times.");

    static final Setting<Duration> PRESENCE_GRACE = Setting.one(
            "presence.grace",
            Kind.duration(Duration.ZERO, Duration.ofHours(1)),
            HUB.presenceGrace(),
            "How long a user may be away before leaving is told; shorter is more current, but below the clients'"
                    + " reconnection time a reload looks like leaving and joining.");

    static final Setting<Duration> DRAIN = Setting.one(
            "drain",
            Kind.duration(Duration.ZERO, Duration.ofMinutes(10)),
            Duration.ofSeconds(5),
            "The time over which streams are ended when the server is told to stop; longer is kinder to whatever"
                    + " their clients come back to.");

    static final Setting<ZoneId> TIME_ZONE = Setting.optional(
            "time-zone",
            Kind.zone(),
            "the machine's; ping: Asia/Tokyo",
            "The zone of the times that the reference systems show.");

    static final Setting<String> LOGGING_LEVEL = Setting.one(
            "logging.level",
            Kind.word("LEVEL", "error", "warn", "info", "debug", "trace"),
            "info",
            "How much is written to standard error; debug to find out why something happens.");

    /** All of them, in the order of help and reference. */
    static final List<Setting<?>> ALL = Stream.of(
                    List.of(PORT, BIND, METRICS_PORT, METRICS_BIND, INSECURE),
                    JwtSettings.ALL,
                    List.of(
                            ANONYMOUS,
                            DEMO,
                            CORS_ORIGIN,
                            TRUSTED_PROXY,
                            TRANSPORT,
                            TLS_CERT,
                            TLS_KEY,
                            TLS_SELF_SIGNED,
                            LOG,
                            DURABILITY,
                            LOG_MAX_ENTRIES,
                            LOG_MAX_BYTES,
                            LOG_MAX_AGE,
                            WINDOW_ENTRIES,
                            WINDOW_BYTES,
                            STREAM_HEARTBEAT,
                            STREAM_HEARTBEAT_TEXT,
                            STREAM_STALL_LIMIT,
                            STREAM_PENDING_BYTES,
                            STREAM_MAX_CHANNELS,
                            PRESENCE,
                            PRESENCE_GRACE),
                    LimitsSettings.ALL,
                    List.of(DRAIN, TIME_ZONE, LOGGING_LEVEL))
            .<Setting<?>>flatMap(List::stream)
            .toList();

    /** The settings of a reference system that is served alone. */
    static final List<Setting<?>> OF_EXAMPLES = List.of(
            PORT, BIND, INSECURE, TRANSPORT, TLS_CERT, TLS_KEY, TLS_SELF_SIGNED, DRAIN, TIME_ZONE, LOGGING_LEVEL);
}
