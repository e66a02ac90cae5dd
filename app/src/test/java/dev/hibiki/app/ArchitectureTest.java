// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The modules are a line: each needs only what stands before it, and of the libraries only those that are its business. */
class ArchitectureTest {

    /** By their packages, one each. */
    private static final List<String> LINE =
            List.of("event", "client", "log", "log.file", "hub", "server", "examples", "app");

    /** An engine of the log: only who puts a program together knows which one it is. */
    private static final String ENGINE = "log.file";

    /** What stands in the line, and only who puts a program together needs: an engine of the log, the other end of the wire. */
    private static final Set<String> BESIDE = Set.of(ENGINE, "client");

    /** Jackson 3 kept the annotations of Jackson 2. */
    private static final String JSON_ANNOTATIONS = "com.fasterxml.jackson.annotation..";

    /** The libraries of each module; the JDK and the annotations of JSpecify are everybody's. */
    private static final Map<String, List<String>> LIBRARIES = Map.of(
            "event",
            List.of(),
            "client",
            List.of(),
            "log",
            List.of("org.slf4j.."),
            "hub",
            List.of("org.slf4j..", "io.netty.buffer..", "io.netty.util.."),
            ENGINE,
            List.of("org.slf4j..", "org.sqlite.."),
            "server",
            List.of(
                    "org.slf4j..",
                    "io.netty..",
                    "tools.jackson..",
                    JSON_ANNOTATIONS,
                    "com.nimbusds.jose..",
                    "com.nimbusds.jwt..",
                    "io.micrometer.core.instrument.."),
            "examples",
            List.of("org.slf4j..", "tools.jackson..", JSON_ANNOTATIONS, "com.sun.management.."),
            "app",
            List.of(
                    "com.nimbusds.jose..",
                    "org.slf4j..",
                    "ch.qos.logback..",
                    "tools.jackson..",
                    "io.micrometer.core.instrument..",
                    "io.micrometer.prometheusmetrics..",
                    "picocli..",
                    "org.snakeyaml.engine.."));

    private static final Pattern SAYS_NOTHING =
            Pattern.compile(".*(Impl|Utils?|Helpers?|Manager)|(Default|Abstract)[A-Z].*");
    private static final Pattern HOLDS_ANYTHING = Pattern.compile("(common|utils?|api|impl|misc|shared)");

    private static final JavaClasses OURS = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("/test-classes/") && !location.contains("-tests.jar"))
            .importPackages("dev.hibiki");

    @Test
    void eachModuleIsSeen() {
        Set<String> seen = OURS.stream().map(JavaClass::getPackageName).collect(Collectors.toSet());

        assertThat(seen)
                .containsAll(LINE.stream().map(name -> "dev.hibiki." + name).toList());
    }

    @Test
    void noPackageCycle() {
        slices().matching("dev.hibiki.(**)").should().beFreeOfCycles().check(OURS);
    }

    @Test
    void eachModuleNeedsOnlyWhatStandsBeforeIt_andItsOwnLibraries() {
        List<String> before = new ArrayList<>(List.of("java..", "javax..", "org.jspecify.annotations.."));
        for (String module : LINE) {
            before.add("dev.hibiki." + module);
            List<String> allowed = new ArrayList<>(before);
            if (!module.equals("app")) {
                BESIDE.stream()
                        .filter(beside -> !beside.equals(module))
                        .forEach(beside -> allowed.remove("dev.hibiki." + beside));
            }
            allowed.addAll(LIBRARIES.getOrDefault(module, List.of()));
            classes()
                    .that()
                    .resideInAPackage("dev.hibiki." + module)
                    .should()
                    .onlyDependOnClassesThat()
                    .resideInAnyPackage(allowed.toArray(String[]::new))
                    .check(OURS);
        }
    }

    @Test
    void theHubKnowsNoHttpAndNoSocket() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.hibiki.event..", "dev.hibiki.log..", "dev.hibiki.hub..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty.channel..", "io.netty.handler..", "java.net..", "java.net.http..")
                .check(OURS);
    }

    @Test
    void theJdkOnlyForTheFormat_noNettyForTheLog() {
        noClasses()
                .that()
                .resideInAnyPackage("dev.hibiki.event..", "dev.hibiki.log..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.netty..", "tools.jackson..")
                .check(OURS);
    }

    @Test
    void noNameThatSaysNothing() {
        List<String> found = OURS.stream()
                .filter(one -> SAYS_NOTHING.matcher(one.getSimpleName()).matches()
                        || List.of(one.getPackageName().split("\\.")).stream()
                                .anyMatch(part -> HOLDS_ANYTHING.matcher(part).matches()))
                .map(JavaClass::getName)
                .toList();

        assertThat(found).isEmpty();
    }
}
