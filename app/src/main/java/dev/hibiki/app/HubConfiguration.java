// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.log.MemoryLog;
import dev.hibiki.log.Retention;
import dev.hibiki.server.ServerConfig;

/** Hands the settings to the server, the hub and the log. */
final class HubConfiguration {

    private HubConfiguration() {}

    static void apply(EffectiveSettings settings, ServerConfig config) {
        Retention retention = new Retention(
                settings.get(ServeSettings.LOG_MAX_ENTRIES),
                settings.get(ServeSettings.LOG_MAX_BYTES),
                settings.get(ServeSettings.LOG_MAX_AGE));
        config.log(MemoryLog.create(retention));
        applyStreams(settings, config);
        applyLimits(settings, config);
    }

    private static void applyStreams(EffectiveSettings settings, ServerConfig config) {
        config.streamHeartbeat(settings.get(ServeSettings.STREAM_HEARTBEAT))
                .streamHeartbeatText(settings.get(ServeSettings.STREAM_HEARTBEAT_TEXT))
                .streamStallLimit(settings.get(ServeSettings.STREAM_STALL_LIMIT))
                .limitsStreamChannels(settings.get(ServeSettings.STREAM_MAX_CHANNELS))
                .presenceGrace(settings.get(ServeSettings.PRESENCE_GRACE));
        settings.get(ServeSettings.PRESENCE).forEach(config::presence);
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

    private static int bytes(EffectiveSettings settings, Setting<Long> setting) {
        return Math.toIntExact(settings.get(setting));
    }
}
