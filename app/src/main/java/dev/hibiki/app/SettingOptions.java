// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The settings as options of a command. The parser only collects their texts; {@link SettingsReader} gives them meaning. */
final class SettingOptions {

    private static final String CONFIG = "--config";

    private SettingOptions() {}

    /** Adds an option for each setting. */
    static void addTo(CommandSpec command, List<Setting<?>> settings) {
        for (Setting<?> setting : settings) {
            OptionSpec.Builder option = OptionSpec.builder(setting.option());
            if (setting.flag()) {
                option.arity("0..1").fallbackValue("true");
            } else {
                option.arity("1");
            }
            command.addOption(option.type(List.class)
                    .auxiliaryTypes(String.class)
                    .paramLabel(setting.placeholder())
                    .description(escaped(setting.about()), escaped("Default: " + setting.fallbackSays() + "."))
                    .build());
        }
    }

    /** Adds the option that names a settings file. */
    static void addConfigTo(CommandSpec command) {
        command.addOption(OptionSpec.builder(CONFIG)
                .type(String.class)
                .arity("1")
                .paramLabel("FILE")
                .description("A YAML file with settings: the options' names without --, such as port: 8080.")
                .build());
    }

    private static String escaped(String text) {
        return text.replace("%", "%%").replace("@|", "@ |");
    }

    /** The texts that were given, by option. */
    static Map<String, List<String>> texts(ParseResult options, List<Setting<?>> settings) {
        Map<String, List<String>> texts = new LinkedHashMap<>();
        for (Setting<?> setting : settings) {
            List<String> given = options.matchedOptionValue(setting.option(), List.of());
            if (!given.isEmpty()) {
                texts.put(setting.option(), List.copyOf(given));
            }
        }
        return texts;
    }

    /** The settings file that the option or the environment names, or null for none. */
    static @Nullable String config(ParseResult options, Map<String, String> environment) {
        String fallback = environment.getOrDefault(SettingsReader.CONFIG_VARIABLE, "");
        String file = options.matchedOptionValue(CONFIG, fallback);
        return file.isEmpty() ? null : file;
    }
}
