// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.log.EventLog;
import dev.hibiki.log.file.FileLog;
import dev.hibiki.log.file.FileLogException;
import dev.hibiki.server.HibikiServer;
import dev.hibiki.server.ServerConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code hibiki serve}: the hub, and in development mode also the playground and the reference systems. */
final class ServeCommand implements Command {

    /** The settings that are always shown when a server starts. */
    private static final List<Setting<?>> ALWAYS_SHOWN =
            List.of(ServeSettings.PORT, ServeSettings.BIND, ServeSettings.LOG);

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("serve");
        spec.usageMessage()
                .customSynopsis("hibiki serve [OPTION...]")
                .description(
                        "Serves the hub; without a key in development mode: on this machine only, with the playground.",
                        "With a key (--jwt-key, --jwks-url) in production mode: for whom a token grants it.")
                .footer(
                        "",
                        "Each option is also a variable, such as HIBIKI_STREAM_HEARTBEAT, and a key of the file that"
                                + " --config names, such as stream.heartbeat. The option wins over the variable, the"
                                + " variable over the file. The server ends on Ctrl-C.");
        SettingOptions.addConfigTo(spec);
        SettingOptions.addTo(spec, ServeSettings.ALL);
        return spec;
    }

    @Override
    public int run(ParseResult options, List<String> problems, Shell shell) throws InterruptedException {
        SettingsReader reader = new SettingsReader(ServeSettings.ALL, ServeSettings.ALL);
        EffectiveSettings given = reader.read(
                SettingOptions.texts(options, ServeSettings.ALL),
                shell.environment(),
                SettingOptions.config(options, shell.environment()));
        problems.addAll(reader.problems());
        boolean hasKey = HubConfiguration.hasKey(given);
        EffectiveSettings settings =
                hasKey ? given.withDefault(ServeSettings.BIND, "0.0.0.0", "default with a key") : given;
        DevelopmentMode development = new DevelopmentMode(settings.find(ServeSettings.TIME_ZONE));
        return Serving.run(settings, problems, shell, new Serving.Program() {
            @Override
            public void configure(ServerConfig config, EventLog log) {
                HubConfiguration.apply(settings, config);
                MetricsPage.mount(config, log);
                if (log instanceof FileLog onDisk) {
                    config.readiness(onDisk::health);
                }
                if (!hasKey || settings.get(ServeSettings.DEMO)) {
                    development.mount(config);
                }
            }

            @Override
            public boolean hasKey() {
                return hasKey;
            }

            @Override
            public EventLog log() throws FileLogException {
                return LogChoice.open(settings);
            }

            @Override
            public @Nullable String logProblem() {
                return LogChoice.problem(settings);
            }

            @Override
            public @Nullable String metricsPortProblem() {
                Integer port = settings.find(ServeSettings.METRICS_PORT);
                String bind = settings.get(ServeSettings.METRICS_BIND);
                return port == null ? null : Listening.problem("metrics.port", bind, port);
            }

            @Override
            public void started(HibikiServer server) {
                greet(settings, server, shell);
            }
        });
    }

    private static void greet(EffectiveSettings settings, HibikiServer server, Shell shell) {
        if (HubConfiguration.hasKey(settings)) {
            greetProduction(settings, server, shell);
            return;
        }
        String who = settings.get(ServeSettings.INSECURE)
                ? "everybody who can reach " + settings.get(ServeSettings.BIND)
                        + " may publish and subscribe (insecure)"
                : "anybody on this machine may publish and subscribe, nobody else can reach it";
        shell.say(Version.line() + " in development mode: " + who);
        shell.say(Version.line() + " is listening on " + server.uri());
        sayMetricsPort(settings, server, shell);
        shell.say(LogChoice.told(settings));
        shell.say("Settings: " + String.join(", ", settings.described(ServeSettings.ALL, ALWAYS_SHOWN)));
        shell.say("Open " + server.uri() + "/ in a browser for the playground; Ctrl-C stops the server.");
    }

    private static void sayMetricsPort(EffectiveSettings settings, HibikiServer server, Shell shell) {
        if (server.metricsPort() != 0) {
            shell.say("Metrics are on http://" + settings.get(ServeSettings.METRICS_BIND) + ":" + server.metricsPort()
                    + "/metrics");
        }
    }

    private static void greetProduction(EffectiveSettings settings, HibikiServer server, Shell shell) {
        String open = settings.get(ServeSettings.ANONYMOUS) ? ", but for channels under public/" : "";
        shell.say(Version.line() + " in production mode: publishing and subscribing need a token" + open);
        shell.say(Version.line() + " is listening on " + server.uri());
        sayMetricsPort(settings, server, shell);
        shell.say(LogChoice.told(settings));
        shell.say("Settings: " + String.join(", ", settings.described(ServeSettings.ALL, ALWAYS_SHOWN)));
        String demo = settings.get(ServeSettings.DEMO)
                ? "The playground and the demo paths are on, for everybody (demo)"
                : "The playground and the demo paths are off (demo puts them on)";
        shell.say(demo + "; Ctrl-C stops the server.");
    }
}
