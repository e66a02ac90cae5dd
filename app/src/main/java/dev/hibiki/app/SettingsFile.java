// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * The YAML file of settings, as texts by key. Keys may be nested or written in full, also mixed: {@code stream:} with
 * {@code heartbeat: 15s} below it is {@code stream.heartbeat: 15s}. Values are taken as they are written, so that their
 * meaning is decided by the setting and not by YAML, for which {@code 1e3} is a number and {@code no}, in some versions, a
 * flag.
 */
final class SettingsFile {

    /** No key of ours has more parts; but a file may nest without end, by an alias of itself. */
    private static final int DEEPEST = 8;

    private final String file;
    private final Consumer<String> problems;
    private final Map<String, List<String>> texts = new LinkedHashMap<>();

    private SettingsFile(String file, Consumer<String> problems) {
        this.file = file;
        this.problems = problems;
    }

    /** Reads a file; what is wrong with it goes to {@code problems}, and what could be read is returned. */
    static Map<String, List<String>> read(String file, Consumer<String> problems) {
        SettingsFile reading = new SettingsFile(file, problems);
        try {
            String yaml = Files.readString(Path.of(file));
            new Compose(LoadSettings.builder().build()).composeString(yaml).ifPresent(reading::document);
        } catch (MarkedYamlEngineException notYaml) {
            String where = notYaml.getProblemMark()
                    .map(mark -> "; line " + (mark.getLine() + 1))
                    .orElse("");
            reading.refuse("YAML" + where + ": " + notYaml.getProblem());
        } catch (YamlEngineException notYaml) {
            reading.refuse("YAML: " + notYaml.getMessage());
        } catch (CharacterCodingException notText) {
            reading.refuse("UTF-8");
        } catch (IOException | InvalidPathException unreadable) {
            reading.refuse("a file that can be read");
        }
        return reading.texts;
    }

    private void refuse(String expected) {
        problems.accept("config: " + file + " (expected: " + expected.replaceAll("\\s+", " ") + ")");
    }

    private void document(Node document) {
        if (document instanceof MappingNode map) {
            flatten("", map, 1);
        } else {
            refuse("keys and values, such as port: 8080");
        }
    }

    private void flatten(String prefix, MappingNode map, int depth) {
        for (NodeTuple entry : map.getValue()) {
            String key = prefix + text(entry.getKeyNode());
            Node value = entry.getValueNode();
            if (value instanceof MappingNode below && depth < DEEPEST) {
                flatten(key + ".", below, depth + 1);
                continue;
            }
            List<String> found = value instanceof SequenceNode list
                    ? list.getValue().stream().map(SettingsFile::text).toList()
                    : List.of(text(value));
            if (texts.putIfAbsent(key, found) != null) {
                problems.accept(key + ": given twice (expected: once) in " + file);
            }
        }
    }

    private static String text(Node node) {
        return node instanceof ScalarNode scalar ? scalar.getValue() : "(a structure)";
    }
}
