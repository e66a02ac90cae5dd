// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.event.EventParser;
import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the documentation shows of this client compiles, and its reference page leaves nothing out. */
class JavaClientPageTest {

    private static final Path PAGE = Path.of("..", "docs", "reference", "java-client.md");
    private static final Path README = Path.of("..", "README.md");
    private static final Pattern SNIPPET = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    @TempDir
    Path folder;

    @Test
    void whatIsShownCompiles() throws Exception {
        List<String> snippets = new ArrayList<>(snippets(PAGE));
        assertThat(snippets).hasSize(4);
        snippets.addAll(snippets(README).stream()
                .filter(snippet -> snippet.contains("EventSource"))
                .toList());
        assertThat(snippets).hasSize(5);
        for (String snippet : snippets) {
            assertThat(complaints(snippet)).as(snippet).isEmpty();
        }
    }

    @Test
    void eachOptionAndEachReasonIsOnThePage() throws IOException {
        String page = Files.readString(PAGE);
        Stream.of(EventSourceConfig.Builder.class.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
                .filter(method -> !method.getName().equals("build"))
                .forEach(method -> assertThat(page).contains("| `" + method.getName() + "("));
        for (Failure.Reason reason : Failure.Reason.values()) {
            assertThat(page).contains("| `" + reason + "` |");
        }
    }

    private static List<String> snippets(Path page) throws IOException {
        var snippets = new ArrayList<String>();
        Matcher matcher = SNIPPET.matcher(Files.readString(page));
        while (matcher.find()) {
            snippets.add(matcher.group(1));
        }
        return snippets;
    }

    /** What the compiler says to a class around these statements. */
    private String complaints(String statements) throws Exception {
        String source = "import dev.hibiki.client.*;\nimport java.net.URI;\nimport java.time.Duration;\n"
                + "class Shown {\n void run() throws Exception {\n" + statements + "}\n}\n";
        JavaCompiler compiler = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler(), "a JDK");
        var complaints = new StringWriter();
        var unit = new SimpleJavaFileObject(URI.create("string:///Shown.java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return source;
            }
        };
        String classPath = String.join(
                File.pathSeparator, place(EventSource.class), place(EventParser.class), place(NullMarked.class));
        List<String> options = List.of("-proc:none", "-d", folder.toString(), "-classpath", classPath);
        compiler.getTask(complaints, null, null, options, null, List.of(unit)).call();
        return complaints.toString();
    }

    private static String place(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString();
    }
}
