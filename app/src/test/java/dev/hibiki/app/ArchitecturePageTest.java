// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What ARCHITECTURE.md names is there: a page that names what is gone is worse than none. */
class ArchitecturePageTest {

    private static final Path ROOT = Path.of("..");
    private static final Path PAGE = ROOT.resolve("ARCHITECTURE.md");
    private static final List<String> MODULES =
            List.of("event", "client", "log", "log-file", "hub", "server", "examples", "app");
    private static final Pattern NAMED = Pattern.compile("`([A-Z][A-Za-z]+)(?:\\.([a-z]\\w*))?`");

    @Test
    void everyClassAndMethodNamedOnThePageExists() throws IOException {
        Map<String, Path> sources = sources();
        Set<String> missing = new TreeSet<>();
        int named = 0;
        Matcher matcher = NAMED.matcher(Files.readString(PAGE));
        while (matcher.find()) {
            named++;
            Path source = sources.get(matcher.group(1));
            String method = matcher.group(2);
            if (source == null || (method != null && !Files.readString(source).contains(" " + method + "("))) {
                missing.add(matcher.group());
            }
        }

        assertThat(missing).isEmpty();
        assertThat(named).isGreaterThan(50);
    }

    private static Map<String, Path> sources() throws IOException {
        Map<String, Path> sources = new HashMap<>();
        for (String module : MODULES) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src"))) {
                sources.putAll(files.filter(file -> file.toString().endsWith(".java"))
                        .collect(Collectors.toMap(
                                file -> file.getFileName().toString().replace(".java", ""),
                                file -> file,
                                (one, other) -> one)));
            }
        }
        return sources;
    }
}
