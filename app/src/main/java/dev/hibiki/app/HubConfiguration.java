// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.server.HubConfig;
import dev.hibiki.server.LimitsConfig;
import dev.hibiki.server.ServerConfig;
import dev.hibiki.server.TlsConfig;
import dev.hibiki.server.TokenConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Hands the settings to the server and the hub. */
final class HubConfiguration {

    private HubConfiguration() {}

    /** Whether there is a key, so that the server is one for production. */
    static boolean hasKey(EffectiveSettings settings) {
        return settings.find(JwtSettings.JWT_KEY) != null || settings.find(JwtSettings.JWKS_URL) != null;
    }

    static void apply(EffectiveSettings settings, ServerConfig config) {
        config.tokens(tokens -> applyTokens(settings, tokens))
                .hub(hub -> applyHub(settings, hub))
                .limits(limits -> applyLimits(settings, limits));
        settings.get(ServeSettings.PRESENCE).forEach(config::presence);
        apply(settings, ServeSettings.METRICS_PORT, config::metricsPort);
        config.metricsBind(settings.get(ServeSettings.METRICS_BIND));
        settings.get(ServeSettings.CORS_ORIGIN).forEach(config::corsOrigin);
        settings.get(ServeSettings.TRUSTED_PROXY).forEach(config::trustedProxy);
    }

    /** The settings of TLS. */
    static void applyTls(EffectiveSettings settings, TlsConfig tls) {
        String certificate = settings.find(ServeSettings.TLS_CERT);
        String key = settings.find(ServeSettings.TLS_KEY);
        if (certificate != null) {
            tls.cert(Path.of(certificate));
        }
        if (key != null) {
            tls.key(Path.of(key));
        }
        tls.selfSigned(settings.get(ServeSettings.TLS_SELF_SIGNED));
    }

    private static void applyHub(EffectiveSettings settings, HubConfig hub) {
        hub.windowEntries(settings.get(ServeSettings.WINDOW_ENTRIES))
                .windowBytes(settings.get(ServeSettings.WINDOW_BYTES))
                .streamHeartbeat(settings.get(ServeSettings.STREAM_HEARTBEAT))
                .streamHeartbeatText(settings.get(ServeSettings.STREAM_HEARTBEAT_TEXT))
                .streamStallLimit(settings.get(ServeSettings.STREAM_STALL_LIMIT))
                .streamPendingBytes(settings.get(ServeSettings.STREAM_PENDING_BYTES))
                .streamMaxChannels(settings.get(ServeSettings.STREAM_MAX_CHANNELS))
                .presenceGrace(settings.get(ServeSettings.PRESENCE_GRACE));
    }

    private static void applyTokens(EffectiveSettings settings, TokenConfig tokens) {
        apply(settings, JwtSettings.JWT_KEY, tokens::jwtKey);
        apply(settings, JwtSettings.JWKS_URL, tokens::jwksUrl);
        apply(settings, JwtSettings.JWT_ISSUER, tokens::jwtIssuer);
        apply(settings, JwtSettings.JWT_AUDIENCE, tokens::jwtAudience);
        List<String> algorithms = settings.get(JwtSettings.JWT_ALG);
        if (!algorithms.isEmpty()) {
            tokens.jwtAlg(algorithms.toArray(String[]::new));
        }
        tokens.jwtClockSkew(settings.get(JwtSettings.JWT_CLOCK_SKEW))
                .jwtCookie(settings.get(JwtSettings.JWT_COOKIE))
                .jwtWarning(settings.get(JwtSettings.JWT_WARNING))
                .anonymous(settings.get(ServeSettings.ANONYMOUS));
    }

    private static void applyLimits(EffectiveSettings settings, LimitsConfig limits) {
        limits.streams(settings.get(LimitsSettings.STREAMS))
                .streamsPerUser(settings.get(LimitsSettings.STREAMS_PER_USER))
                .streamsPerAddress(settings.get(LimitsSettings.STREAMS_PER_ADDRESS))
                .connectionsPerAddress(settings.get(LimitsSettings.CONNECTIONS_PER_ADDRESS))
                .publishes(settings.get(LimitsSettings.PUBLISHES))
                .event(bytes(settings, LimitsSettings.EVENT))
                .body(bytes(settings, LimitsSettings.BODY))
                .bodies(settings.get(LimitsSettings.BODIES))
                .requestLine(bytes(settings, LimitsSettings.REQUEST_LINE))
                .headers(bytes(settings, LimitsSettings.HEADERS))
                .requestTime(settings.get(LimitsSettings.REQUEST_TIME))
                .idleTime(settings.get(LimitsSettings.IDLE_TIME))
                .workers(settings.get(LimitsSettings.WORKERS))
                .queue(settings.get(LimitsSettings.QUEUE));
        apply(settings, LimitsSettings.CONNECTIONS, limits::connections);
    }

    private static <T> void apply(EffectiveSettings settings, Setting<T> setting, Consumer<T> to) {
        T value = settings.find(setting);
        if (value != null) {
            to.accept(value);
        }
    }

    private static int bytes(EffectiveSettings settings, Setting<Long> setting) {
        return Math.toIntExact(settings.get(setting));
    }
}
