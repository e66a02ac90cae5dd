// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.log.MemoryLog;
import dev.hibiki.log.Retention;
import dev.hibiki.server.ServerConfig;

/** Hands the settings of log and hub to the server. */
final class HubConfiguration {

    private HubConfiguration() {}

    static void apply(EffectiveSettings settings, ServerConfig config) {
        Retention retention = new Retention(
                settings.get(ServeSettings.LOG_MAX_ENTRIES),
                settings.get(ServeSettings.LOG_MAX_BYTES),
                settings.get(ServeSettings.LOG_MAX_AGE));
        config.log(MemoryLog.create(retention))
                .streamHeartbeat(settings.get(ServeSettings.STREAM_HEARTBEAT))
                .streamHeartbeatText(settings.get(ServeSettings.STREAM_HEARTBEAT_TEXT));
        settings.get(ServeSettings.PRESENCE).forEach(config::presence);
    }
}
