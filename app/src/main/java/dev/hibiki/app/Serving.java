// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.log.EventLog;
import dev.hibiki.log.MemoryLog;
import dev.hibiki.log.Retention;
import dev.hibiki.log.file.FileLogException;
import dev.hibiki.server.HibikiServer;
import dev.hibiki.server.ServerConfig;
import dev.hibiki.server.ServerStartException;
import java.util.List;

/** The life of a server that a command started: refused with all its problems at once, or run until a signal ends it. */
final class Serving {

    private Serving() {}

    /** What a command serves. */
    interface Program {
        /** Says what is served; the log is what {@link #log} opened. */
        void configure(ServerConfig config, EventLog log);

        /** Opens the log; the server closes it. */
        default EventLog log() throws FileLogException {
            return MemoryLog.create(Retention.DEFAULT);
        }

        /** Whether a key protects it, so that it may listen beyond loopback. */
        default boolean hasKey() {
            return false;
        }

        /** The server accepts connections: the moment to say so. */
        void started(HibikiServer server);
    }

    /**
     * Starts the server and returns when it has ended.
     *
     * @param problems what is already known to be wrong: if anything is, nothing starts
     */
    static int run(EffectiveSettings settings, List<String> problems, Shell shell, Program program)
            throws InterruptedException {
        String bind = settings.get(ServeSettings.BIND);
        int port = settings.get(ServeSettings.PORT);
        boolean insecure = settings.get(ServeSettings.INSECURE);
        if (!problems.isEmpty()) {
            problems.addAll(Listening.problems(bind, port, insecure || program.hasKey()));
            shell.complain(problems);
            return Command.REFUSED;
        }
        Logging.level(settings.get(ServeSettings.LOGGING_LEVEL));
        EventLog log;
        try {
            log = program.log();
        } catch (FileLogException refused) {
            problems.add(String.valueOf(refused.getMessage()));
            problems.addAll(Listening.problems(bind, port, insecure || program.hasKey()));
            shell.complain(problems);
            return Command.REFUSED;
        }
        StopSignals signals = StopSignals.listen();
        try (HibikiServer server = HibikiServer.start(config -> {
            config.port(port)
                    .bind(bind)
                    .insecure(insecure)
                    .transport(settings.get(ServeSettings.TRANSPORT))
                    .log(log);
            config.tls(tls -> HubConfiguration.applyTls(settings, tls));
            program.configure(config, log);
        })) {
            program.started(server);
            signals.await();
            server.drain(settings.get(ServeSettings.DRAIN));
        } catch (ServerStartException refused) {
            shell.complain(refused.problems());
            return Command.REFUSED;
        }
        return Command.OK;
    }
}
