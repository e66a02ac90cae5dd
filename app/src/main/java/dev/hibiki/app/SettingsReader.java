// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds the value of each setting: from the option, else the environment, else the file, else the default. Everything that
 * is wrong is reported at once, one line each in the form {@code <key>: <value> (expected: <rule>)}, even a wrong value that
 * a better source overrides: otherwise it would be found on the day when that source is gone.
 *
 * <p>Unknown keys and variables are refused, because a setting that silently does nothing is the most expensive kind of typing error.
 * Exceptions are {@code HIBIKI_JAVA_OPTS}, {@code HIBIKI_CONFIG} and {@code HIBIKI_TOKEN}, which the start script and the command line
 * use, and the variables that Kubernetes puts into every container next to a service called {@code hibiki}.
 */
final class SettingsReader {

    static final String PREFIX = "HIBIKI_";
    static final String CONFIG_VARIABLE = PREFIX + "CONFIG";
    static final String TOKEN_VARIABLE = PREFIX + "TOKEN";
    static final String JAVA_OPTS_VARIABLE = PREFIX + "JAVA_OPTS";

    private static final Pattern KUBERNETES =
            Pattern.compile("HIBIKI_SERVICE_(HOST|PORT)(_.*)?|HIBIKI_PORT_\\d+_(TCP|UDP|SCTP)(_.*)?");
    private static final Pattern KUBERNETES_PORT = Pattern.compile("(tcp|udp|sctp)://.*");

    private final List<Setting<?>> known;
    private final List<Setting<?>> settings;
    private final Map<String, EffectiveSettings.Chosen> chosen = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();

    /**
     * A reader, to be used once.
     *
     * @param settings the settings of the command
     * @param known the settings of all commands: in the environment and the file these are no mistakes
     */
    SettingsReader(List<Setting<?>> settings, List<Setting<?>> known) {
        this.settings = settings;
        this.known = known;
    }

    /**
     * Reads everything there is.
     *
     * @param options the texts of each option that was given, by {@link Setting#option}
     * @param environment the environment variables
     * @param file the settings file, or null for none
     */
    EffectiveSettings read(Map<String, List<String>> options, Map<String, String> environment, @Nullable String file) {
        settings.forEach(this::useDefault);
        if (file != null) {
            readFile(file);
        }
        readEnvironment(environment);
        for (Setting<?> setting : settings) {
            List<String> texts = options.get(setting.option());
            if (texts != null) {
                use(setting, texts, Origin.OPTION, setting.option());
            }
        }
        return new EffectiveSettings(chosen);
    }

    /** What was wrong, one line each; empty if all is well. */
    List<String> problems() {
        return problems;
    }

    private void useDefault(Setting<?> setting) {
        String fallback = setting.fallback();
        Object value = fallback == null
                ? null
                : setting.reader()
                        .apply(fallback.isEmpty() ? List.of() : List.of(fallback))
                        .value();
        chosen.put(
                setting.key(), new EffectiveSettings.Chosen(value, setting.fallbackSays(), Origin.DEFAULT, "default"));
    }

    private void readFile(String file) {
        SettingsFile.read(file, problems::add).forEach((key, texts) -> {
            Setting<?> setting = byName(key, Setting::key);
            if (setting == null) {
                unknown(key, "unknown setting", namesBy(Setting::key), " in " + file);
            } else {
                use(setting, texts, Origin.FILE, file);
            }
        });
    }

    private void readEnvironment(Map<String, String> environment) {
        new TreeMap<>(environment).forEach((variable, text) -> {
            if (!variable.startsWith(PREFIX) || text.isEmpty() || isSomebodyElses(variable, text)) {
                return;
            }
            Setting<?> setting = byName(variable, Setting::variable);
            if (setting == null) {
                unknown(variable, "unknown variable", namesBy(Setting::variable), "");
            } else {
                List<String> texts = setting.several() ? List.of(text.split("\\s*,\\s*")) : List.of(text);
                use(setting, texts, Origin.ENVIRONMENT, variable);
            }
        });
    }

    private static boolean isSomebodyElses(String variable, String text) {
        return variable.equals(CONFIG_VARIABLE)
                || variable.equals(JAVA_OPTS_VARIABLE)
                || variable.equals(TOKEN_VARIABLE)
                || KUBERNETES.matcher(variable).matches()
                || (variable.equals(ServeSettings.PORT.variable())
                        && KUBERNETES_PORT.matcher(text).matches());
    }

    /** Takes a value, in place of one from a weaker source. */
    private void use(Setting<?> setting, List<String> texts, Origin origin, String place) {
        if (!settings.contains(setting)) {
            return;
        }
        String where = origin == Origin.OPTION ? "" : " in " + place;
        if (!setting.several() && texts.size() != 1) {
            problems.add(
                    setting.key() + ": " + setting.shown(String.join(", ", texts)) + " (expected: one value)" + where);
            return;
        }
        Setting.Reading<?> reading = setting.reader().apply(texts);
        if (reading.refused() != null) {
            problems.add(setting.key() + ": " + shown(setting.shown(reading.refused())) + " (expected: "
                    + setting.rule() + ")" + where);
            return;
        }
        chosen.put(
                setting.key(),
                new EffectiveSettings.Chosen(reading.value(), setting.shown(String.join(", ", texts)), origin, place));
    }

    /** A value as it may stand in a line: without what would break the line. */
    static String shown(String text) {
        String oneLine = text.replaceAll("\\p{Cntrl}", "?");
        return oneLine.isEmpty() ? "(empty)" : oneLine.length() > 200 ? oneLine.substring(0, 200) + "..." : oneLine;
    }

    private void unknown(String name, String what, List<String> names, String where) {
        problems.add(unknown(name, what, names) + where);
    }

    /** The refusal of an unknown name, with the nearest known one, or else with all of them. */
    static String unknown(String name, String what, List<String> known) {
        String nearest = Nearest.to(name, known);
        String expected = nearest == null ? "one of " + String.join(", ", known) : nearest;
        return shown(name) + ": " + what + " (expected: " + expected + ")";
    }

    private interface Name {
        String of(Setting<?> setting);
    }

    private @Nullable Setting<?> byName(String wanted, Name name) {
        for (Setting<?> setting : known) {
            if (name.of(setting).equals(wanted)) {
                return setting;
            }
        }
        return null;
    }

    private List<String> namesBy(Name name) {
        return known.stream().map(name::of).toList();
    }
}
