// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.server.ServerConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Hands the settings to the server and the hub. */
final class HubConfiguration {

    private HubConfiguration() {}

    /** Whether there is a key, so that the server is one for production. */
    static boolean hasKey(EffectiveSettings settings) {
        return settings.find(ServeSettings.JWT_KEY) != null || settings.find(ServeSettings.JWKS_URL) != null;
    }

    static void apply(EffectiveSettings settings, ServerConfig config) {
        applyTokens(settings, config);
        applyStreams(settings, config);
        applyLimits(settings, config);
        applyShares(settings, config);
        settings.get(ServeSettings.CORS_ORIGIN).forEach(config::corsOrigin);
        settings.get(ServeSettings.TRUSTED_PROXY).forEach(config::trustedProxy);
    }

    /** Beside the port and the address, which every server has. */
    static void applyTls(EffectiveSettings settings, ServerConfig config) {
        String certificate = settings.find(ServeSettings.TLS_CERT);
        String key = settings.find(ServeSettings.TLS_KEY);
        if (certificate != null) {
            config.tlsCert(Path.of(certificate));
        }
        if (key != null) {
            config.tlsKey(Path.of(key));
        }
        config.tlsSelfSigned(settings.get(ServeSettings.TLS_SELF_SIGNED));
    }

    private static void applyStreams(EffectiveSettings settings, ServerConfig config) {
        config.windowEntries(settings.get(ServeSettings.WINDOW_ENTRIES))
                .windowBytes(settings.get(ServeSettings.WINDOW_BYTES))
                .streamHeartbeat(settings.get(ServeSettings.STREAM_HEARTBEAT))
                .streamHeartbeatText(settings.get(ServeSettings.STREAM_HEARTBEAT_TEXT))
                .streamStallLimit(settings.get(ServeSettings.STREAM_STALL_LIMIT))
                .streamPendingBytes(settings.get(ServeSettings.STREAM_PENDING_BYTES))
                .limitsStreamChannels(settings.get(ServeSettings.STREAM_MAX_CHANNELS))
                .presenceGrace(settings.get(ServeSettings.PRESENCE_GRACE));
        settings.get(ServeSettings.PRESENCE).forEach(config::presence);
    }

    private static void applyTokens(EffectiveSettings settings, ServerConfig config) {
        apply(settings, ServeSettings.JWT_KEY, config::jwtKey);
        apply(settings, ServeSettings.JWKS_URL, config::jwksUrl);
        apply(settings, ServeSettings.JWT_ISSUER, config::jwtIssuer);
        apply(settings, ServeSettings.JWT_AUDIENCE, config::jwtAudience);
        List<String> algorithms = settings.get(ServeSettings.JWT_ALG);
        if (!algorithms.isEmpty()) {
            config.jwtAlg(algorithms.toArray(String[]::new));
        }
        config.jwtClockSkew(settings.get(ServeSettings.JWT_CLOCK_SKEW))
                .jwtCookie(settings.get(ServeSettings.JWT_COOKIE))
                .jwtWarning(settings.get(ServeSettings.JWT_WARNING))
                .anonymous(settings.get(ServeSettings.ANONYMOUS));
    }

    private static <T> void apply(EffectiveSettings settings, Setting<T> setting, Consumer<T> to) {
        T value = settings.find(setting);
        if (value != null) {
            to.accept(value);
        }
    }

    private static void applyLimits(EffectiveSettings settings, ServerConfig config) {
        config.limitsStreams(settings.get(ServeSettings.LIMITS_STREAMS))
                .limitsBody(bytes(settings, ServeSettings.LIMITS_BODY))
                .limitsRequestLine(bytes(settings, ServeSettings.LIMITS_REQUEST_LINE))
                .limitsHeaders(bytes(settings, ServeSettings.LIMITS_HEADERS))
                .limitsRequestTime(settings.get(ServeSettings.LIMITS_REQUEST_TIME))
                .limitsIdleTime(settings.get(ServeSettings.LIMITS_IDLE_TIME))
                .limitsWorkers(settings.get(ServeSettings.LIMITS_WORKERS))
                .limitsQueue(settings.get(ServeSettings.LIMITS_QUEUE));
    }

    private static void applyShares(EffectiveSettings settings, ServerConfig config) {
        config.limitsStreamsPerUser(settings.get(ServeSettings.LIMITS_STREAMS_PER_USER))
                .limitsStreamsPerAddress(settings.get(ServeSettings.LIMITS_STREAMS_PER_ADDRESS))
                .limitsConnectionsPerAddress(settings.get(ServeSettings.LIMITS_CONNECTIONS_PER_ADDRESS))
                .limitsPublishes(settings.get(ServeSettings.LIMITS_PUBLISHES))
                .limitsEvent(bytes(settings, ServeSettings.LIMITS_EVENT))
                .limitsBodies(settings.get(ServeSettings.LIMITS_BODIES));
        Integer connections = settings.find(ServeSettings.LIMITS_CONNECTIONS);
        if (connections != null) {
            config.limitsConnections(connections);
        }
    }

    private static int bytes(EffectiveSettings settings, Setting<Long> setting) {
        return Math.toIntExact(settings.get(setting));
    }
}
