// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.server.HibikiServer;
import dev.hibiki.server.ServerConfig;
import dev.hibiki.server.ServerStartException;
import java.util.List;

/** The life of a server that a command started: refused with all its problems at once, or run until a signal ends it. */
final class Serving {

    private Serving() {}

    /** What a command serves. */
    interface Program {
        void configure(ServerConfig config);

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
            problems.addAll(Listening.problems(bind, port, insecure));
            shell.complain(problems);
            return Command.REFUSED;
        }
        Logging.level(settings.get(ServeSettings.LOGGING_LEVEL));
        StopSignals signals = StopSignals.listen();
        try (HibikiServer server = HibikiServer.start(config -> {
            config.port(port).bind(bind).insecure(insecure).transport(settings.get(ServeSettings.TRANSPORT));
            program.configure(config);
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
