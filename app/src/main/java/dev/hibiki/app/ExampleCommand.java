// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.examples.Example;
import dev.hibiki.examples.Examples;
import dev.hibiki.log.EventLog;
import dev.hibiki.server.HibikiServer;
import dev.hibiki.server.ServerConfig;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code hibiki example NAME}: one of the reference systems alone, on its own paths. */
final class ExampleCommand implements Command {

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("example");
        List<String> footer = new ArrayList<>(List.of("", "The reference systems:"));
        for (Example example : Examples.all()) {
            footer.add("  %-8s %s".formatted(example.name(), example.summary()));
        }
        spec.usageMessage()
                .customSynopsis("hibiki example NAME [OPTION...]")
                .description("Serves one of the reference systems alone, on this machine only.")
                .footer(footer.toArray(String[]::new));
        spec.addPositional(PositionalParamSpec.builder()
                .index("0")
                .arity("1")
                .required(true)
                .type(String.class)
                .paramLabel("NAME")
                .description("One of " + String.join(", ", names()) + ".")
                .build());
        SettingOptions.addTo(spec, ServeSettings.OF_EXAMPLES);
        return spec;
    }

    @Override
    public int run(ParseResult options, List<String> problems, Shell shell) throws InterruptedException {
        String name = options.matchedPositionalValue(0, "");
        Example example = find(name);
        if (example == null && options.hasMatchedPositional(0)) {
            problems.add(SettingsReader.unknown(name, "unknown example", names()));
        }
        SettingsReader reader = new SettingsReader(ServeSettings.OF_EXAMPLES, ServeSettings.ALL);
        EffectiveSettings settings =
                reader.read(SettingOptions.texts(options, ServeSettings.OF_EXAMPLES), shell.environment(), null);
        problems.addAll(reader.problems());
        return Serving.run(settings, problems, shell, new Serving.Program() {
            @Override
            public void configure(ServerConfig config, EventLog log) {
                if (example != null) {
                    example.alone(config, settings.find(ServeSettings.TIME_ZONE));
                }
            }

            @Override
            public void started(HibikiServer server) {
                shell.say(Version.line() + " in development mode, serving the example " + name
                        + " to anybody on this machine");
                shell.say(Version.line() + " is listening on " + server.uri());
                shell.say("Open " + server.uri() + "/ in a browser; Ctrl-C stops the server.");
            }
        });
    }

    private static @Nullable Example find(String name) {
        for (Example example : Examples.all()) {
            if (example.name().equals(name)) {
                return example;
            }
        }
        return null;
    }

    private static List<String> names() {
        return Examples.all().stream().map(Example::name).toList();
    }
}
