// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.log.EventLog;
import dev.hibiki.log.MemoryLog;
import dev.hibiki.log.Retention;
import dev.hibiki.log.file.FileLogException;
import dev.hibiki.server.HibikiServer;
import dev.hibiki.server.ServerConfig;
import dev.hibiki.server.ServerStartException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

        /** Why the log cannot be opened, in one line, or null; leaves nothing behind. */
        default @Nullable String logProblem() {
            return null;
        }

        /** Why the further port cannot be taken, in one line, or null. */
        default @Nullable String metricsPortProblem() {
            return null;
        }

        /** Whether a key protects it, so that it may listen beyond loopback. */
        default boolean hasKey() {
            return false;
        }

        /** Called when the server accepts connections, to say so. */
        void started(HibikiServer server);
    }

    /**
     * Starts the server and returns when it has ended.
     *
     * @param problems what is already known to be wrong: if anything is, nothing starts
     */
    static int run(EffectiveSettings settings, List<String> problems, Shell shell, Program program)
            throws InterruptedException {
        if (!problems.isEmpty()) {
            return refuse(problems, settings, shell, program);
        }
        Logging.level(settings.get(ServeSettings.LOGGING_LEVEL));
        EventLog log;
        try {
            log = program.log();
        } catch (FileLogException refused) {
            return refuse(List.of(String.valueOf(refused.getMessage())), settings, shell, program);
        }
        StopSignals signals = StopSignals.listen();
        try (HibikiServer server = HibikiServer.start(config -> configure(config, settings, program, log))) {
            program.started(server);
            signals.await();
            server.drain(settings.get(ServeSettings.DRAIN));
        } catch (ServerStartException refused) {
            var all = new LinkedHashSet<>(refused.problems());
            all.addAll(listening(settings, program));
            shell.complain(List.copyOf(all));
            return Command.REFUSED;
        }
        return Command.OK;
    }

    private static void configure(ServerConfig config, EffectiveSettings settings, Program program, EventLog log) {
        config.port(settings.get(ServeSettings.PORT))
                .bind(settings.get(ServeSettings.BIND))
                .insecure(settings.get(ServeSettings.INSECURE))
                .transport(settings.get(ServeSettings.TRANSPORT))
                .tls(tls -> HubConfiguration.applyTls(settings, tls))
                .log(log);
        program.configure(config, log);
    }

    /** Reports everything that is wrong: with the settings, the server, the log and the port. */
    private static int refuse(List<String> known, EffectiveSettings settings, Shell shell, Program program) {
        var all = new LinkedHashSet<>(known);
        try (EventLog none = MemoryLog.create(Retention.DEFAULT)) {
            all.addAll(HibikiServer.problems(config -> configure(config, settings, program, none)));
        }
        String ofLog = program.logProblem();
        if (ofLog != null) {
            all.add(ofLog);
        }
        all.addAll(listening(settings, program));
        shell.complain(List.copyOf(all));
        return Command.REFUSED;
    }

    private static List<String> listening(EffectiveSettings settings, Program program) {
        var problems = new ArrayList<>(Listening.problems(
                settings.get(ServeSettings.BIND),
                settings.get(ServeSettings.PORT),
                settings.get(ServeSettings.INSECURE) || program.hasKey()));
        String ofMetrics = program.metricsPortProblem();
        if (ofMetrics != null) {
            problems.add(ofMetrics);
        }
        return problems;
    }
}
