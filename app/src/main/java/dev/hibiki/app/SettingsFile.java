// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;

/**
 * The YAML file of settings, as texts by key. Keys may be nested or written in full, also mixed: {@code stream:} with
 * {@code heartbeat: 15s} below it is {@code stream.heartbeat: 15s}. Values are taken as they are written, so that what a value means is
 * decided by its setting and not by YAML, to which {@code 1e3} is a number and {@code no} in some versions a flag.
 */
final class SettingsFile {

    private static final LoadSettings YAML = LoadSettings.builder()
            .setAllowDuplicateKeys(false)
            .setSchema(new FailsafeSchema())
            .setMaxAliasesForCollections(10)
            .build();

    private SettingsFile() {}

    /** Reads a file; what is wrong with it goes to {@code problems}, and what could be read is returned. */
    static Map<String, List<String>> read(String file, Consumer<String> problems) {
        Map<String, List<String>> texts = new LinkedHashMap<>();
        try {
            Object document = new Load(YAML).loadFromString(Files.readString(Path.of(file)));
            if (document instanceof Map<?, ?> map) {
                flatten("", map, texts, file, problems);
            } else if (document != null) {
                problems.accept("config: " + file + " (expected: keys and values, such as port: 8080)");
            }
        } catch (MarkedYamlEngineException notYaml) {
            String where = notYaml.getProblemMark()
                    .map(mark -> "; line " + (mark.getLine() + 1))
                    .orElse("");
            String what = String.valueOf(notYaml.getProblem()).replaceAll("\\s+", " ");
            problems.accept("config: " + file + " (expected: YAML" + where + ": " + what + ")");
        } catch (YamlEngineException notYaml) {
            problems.accept("config: " + file + " (expected: YAML: "
                    + String.valueOf(notYaml.getMessage()).replaceAll("\\s+", " ") + ")");
        } catch (CharacterCodingException notText) {
            problems.accept("config: " + file + " (expected: UTF-8)");
        } catch (IOException | UncheckedIOException | InvalidPathException unreadable) {
            problems.accept("config: " + file + " (expected: a file that can be read)");
        }
        return texts;
    }

    private static void flatten(
            String prefix, Map<?, ?> map, Map<String, List<String>> texts, String file, Consumer<String> problems) {
        map.forEach((name, value) -> {
            String key = prefix + name;
            if (value instanceof Map<?, ?> below) {
                flatten(key + ".", below, texts, file, problems);
                return;
            }
            List<String> found = new ArrayList<>();
            for (Object one : value instanceof List<?> list ? list : List.of(value == null ? "" : value)) {
                found.add(String.valueOf(one));
            }
            if (texts.putIfAbsent(key, found) != null) {
                problems.accept(key + ": given twice (expected: once) in " + file);
            }
        });
    }
}
