// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.log.EventLog;
import dev.hibiki.log.MemoryLog;
import dev.hibiki.log.file.FileLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsReaderTest {

    private final SettingsReader reader = new SettingsReader(ServeSettings.ALL, ServeSettings.ALL);

    @TempDir
    Path folder;

    private EffectiveSettings read(Map<String, List<String>> options, Map<String, String> environment) {
        return reader.read(options, environment, null);
    }

    private EffectiveSettings readFile(String yaml) throws IOException {
        return reader.read(Map.of(), Map.of(), file(yaml));
    }

    private @Nullable String file(String yaml) throws IOException {
        return Files.writeString(folder.resolve("hibiki.yaml"), yaml).toString();
    }

    private List<String> problems() {
        return reader.problems().stream()
                .map(line -> line.replace(folder + "/", ""))
                .toList();
    }

    @Test
    void keyOptionAndVariableFollowFromEachOther() {
        assertThat(ServeSettings.STREAM_HEARTBEAT_TEXT.key()).isEqualTo("stream.heartbeat-text");
        assertThat(ServeSettings.STREAM_HEARTBEAT_TEXT.option()).isEqualTo("--stream-heartbeat-text");
        assertThat(ServeSettings.STREAM_HEARTBEAT_TEXT.variable()).isEqualTo("HIBIKI_STREAM_HEARTBEAT_TEXT");
        assertThat(ServeSettings.ALL.stream().map(Setting::option)).doesNotHaveDuplicates();
        assertThat(ServeSettings.ALL.stream().map(Setting::variable)).doesNotHaveDuplicates();
    }

    @Test
    void everyDefaultIsAValueThatItsOwnSettingAccepts() {
        EffectiveSettings settings = read(Map.of(), Map.of());

        assertThat(problems()).isEmpty();
        for (Setting<?> setting : ServeSettings.ALL) {
            if (setting.fallback() != null) {
                assertThat((Object) settings.find(setting)).as(setting.key()).isNotNull();
            }
        }
        assertThat(settings.get(ServeSettings.PORT)).isEqualTo(8080);
        assertThat(settings.get(ServeSettings.PRESENCE)).isEmpty();
        assertThat(settings.get(ServeSettings.STREAM_HEARTBEAT)).isEqualTo(Duration.ofSeconds(15));
    }

    @Test
    void optionWinsOverEnvironment_overFile_overDefault() throws IOException {
        String file = file("port: 1\nstream:\n  heartbeat: 1s\n  stall-limit: 1m\n");
        Map<String, String> environment = Map.of("HIBIKI_PORT", "2", "HIBIKI_STREAM_HEARTBEAT", "2s");
        EffectiveSettings settings = reader.read(Map.of("--port", List.of("3")), environment, file);

        assertThat(problems()).isEmpty();
        assertThat(settings.get(ServeSettings.PORT)).isEqualTo(3);
        assertThat(settings.get(ServeSettings.STREAM_HEARTBEAT)).isEqualTo(Duration.ofSeconds(2));
        assertThat(settings.get(ServeSettings.STREAM_STALL_LIMIT)).isEqualTo(Duration.ofMinutes(1));
        assertThat(settings.get(ServeSettings.BIND)).isEqualTo("127.0.0.1");
        assertThat(settings.described(ServeSettings.ALL, List.of(ServeSettings.BIND)))
                .containsExactly(
                        "port 3 (--port)",
                        "bind 127.0.0.1 (default)",
                        "stream.heartbeat 2s (HIBIKI_STREAM_HEARTBEAT)",
                        "stream.stall-limit 1m (" + file + ")");
    }

    @Test
    void everythingThatIsWrongIsToldAtOnce() throws IOException {
        String file = file("prot: 8080\nstream.heartbeat: soon\nlog: file\n");
        Map<String, String> environment = Map.of("HIBIKI_PRESENCE_GRACE", "8", "HIBIKI_STREAM_HARTBEAT", "1s");
        reader.read(Map.of("--port", List.of("70000"), "--bind", List.of("")), environment, file);

        assertThat(problems())
                .containsExactly(
                        "prot: unknown setting (expected: port) in hibiki.yaml",
                        "stream.heartbeat: soon (expected: a duration from 100ms to 1h, such as 500ms, 15s, 2m, 1h or 7d)"
                                + " in hibiki.yaml",
                        "log: file (expected: memory or file:DIRECTORY, such as file:./hibiki-data) in hibiki.yaml",
                        "presence.grace: 8 (expected: a duration from 0ms to 1h, such as 500ms, 15s, 2m, 1h or 7d) in"
                                + " HIBIKI_PRESENCE_GRACE",
                        "HIBIKI_STREAM_HARTBEAT: unknown variable (expected: HIBIKI_STREAM_HEARTBEAT)",
                        "port: 70000 (expected: a whole number from 0 to 65535)",
                        "bind: (empty) (expected: an address or a name of this machine)");
    }

    @Test
    void howMuchIsKeptDependsOnTheLog_unlessItIsSaid() throws IOException {
        EffectiveSettings settings = read(Map.of(), Map.of());
        assertThat(settings.get(ServeSettings.LOG).directory()).isEqualTo(Path.of("./hibiki-data"));
        assertThat(settings.find(ServeSettings.LOG_MAX_AGE)).isNull();
        assertThat(ServeSettings.LOG_MAX_AGE.fallbackSays()).isEqualTo("7d on disk, 1d in memory");
        assertThat(ServeSettings.LOG_MAX_BYTES.fallbackSays()).isEqualTo("2GiB on disk, 64MiB in memory");
        assertThat(ServeSettings.LOG_MAX_ENTRIES.fallbackSays()).isEqualTo("10000000 on disk, 1000000 in memory");
        assertThat(LogChoice.told(settings))
                .isEqualTo("Events are kept in " + Path.of("hibiki-data").toAbsolutePath()
                        + " (durability fsync), also when the server stops");
        settings = read(Map.of("--log", List.of("memory")), Map.of());
        assertThat(LogChoice.told(settings)).isEqualTo("Events are kept in memory, and are lost when the server stops");
        try (EventLog log = LogChoice.open(settings)) {
            assertThat(log).isInstanceOf(MemoryLog.class);
        }
        settings = read(Map.of("--log", List.of("file:" + folder + "/a/b"), "--durability", List.of("os")), Map.of());
        try (EventLog log = LogChoice.open(settings)) {
            assertThat(log).isInstanceOf(FileLog.class);
        }
        assertThat(problems()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "file:", "File:x", "disk:x", "redis://localhost"})
    void aLogThatIsNoneIsRefused(String log) {
        read(Map.of("--log", List.of(log)), Map.of());

        assertThat(problems())
                .containsExactly("log: " + (log.isEmpty() ? "(empty)" : log)
                        + " (expected: memory or file:DIRECTORY, such as file:./hibiki-data)");
    }

    @Test
    void aKeyThatIsLikeNoneGetsTheListOfAll() throws IOException {
        readFile("colour-of-the-sky: blue\n");

        assertThat(problems())
                .containsExactly("colour-of-the-sky: unknown setting (expected: one of "
                        + String.join(
                                ", ",
                                ServeSettings.ALL.stream().map(Setting::key).toList())
                        + ") in hibiki.yaml");
    }

    @Test
    void keysInTheFileAreNestedOrFlat_alsoBoth() throws IOException {
        EffectiveSettings settings = readFile("""
                log: memory
                log.max-entries: 10
                stream:
                  heartbeat: 5s
                presence: [dashboard, 'chat/*']
                insecure: true
                time-zone: Asia/Tokyo
                """);

        assertThat(problems()).isEmpty();
        assertThat(settings.get(ServeSettings.LOG_MAX_ENTRIES)).isEqualTo(10);
        assertThat(settings.get(ServeSettings.STREAM_HEARTBEAT)).isEqualTo(Duration.ofSeconds(5));
        assertThat(settings.get(ServeSettings.PRESENCE)).containsExactly("dashboard", "chat/*");
        assertThat(settings.get(ServeSettings.INSECURE)).isTrue();
        assertThat(settings.find(ServeSettings.TIME_ZONE)).isEqualTo(ZoneId.of("Asia/Tokyo"));
    }

    @Test
    void aKeyGivenNestedAndFlatIsRefused() throws IOException {
        readFile("stream.heartbeat: 5s\nstream:\n  heartbeat: 6s\n");

        assertThat(problems())
                .hasSize(1)
                .first()
                .asString()
                .startsWith("stream.heartbeat: given twice (expected: once)");
    }

    @Test
    void aFileThatIsNoYamlIsRefusedWithItsLine() throws IOException {
        readFile("port: 8080\nbind: [\n");

        assertThat(problems())
                .hasSize(1)
                .first()
                .asString()
                .startsWith("config: hibiki.yaml (expected: YAML; line 3: ");
    }

    @Test
    void aFileThatNestsWithoutEndIsRefused() throws IOException {
        readFile("port: &a\n  b: *a\n");

        assertThat(problems()).hasSize(1).first().asString().startsWith("port.b.b.b.b.b.b.b: unknown setting");
    }

    @Test
    void aFileThatIsNotThereOrHoldsNoKeysIsRefused() throws IOException {
        reader.read(Map.of(), Map.of(), folder + "/none.yaml");
        readFile("just a text\n");
        readFile("");
        readFile("# only a comment\n");

        assertThat(problems())
                .containsExactly(
                        "config: none.yaml (expected: a file that can be read)",
                        "config: hibiki.yaml (expected: keys and values, such as port: 8080)");
    }

    @Test
    void severalPatternsOfPresence_byOptionRepeated_byVariableWithCommas() {
        assertThat(read(Map.of("--presence", List.of("a", "b/**")), Map.of()).get(ServeSettings.PRESENCE))
                .containsExactly("a", "b/**");
        assertThat(read(Map.of(), Map.of("HIBIKI_PRESENCE", "a, b/*")).get(ServeSettings.PRESENCE))
                .containsExactly("a", "b/*");
        assertThat(problems()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a//b", "/a", "a/", "a b", "a/**/b", "a*", "***", "\u00e4"})
    void aPatternThatNoChannelHasIsRefused(String pattern) {
        read(Map.of("--presence", List.of(pattern)), Map.of());

        assertThat(problems()).hasSize(1).first().asString().startsWith("presence: ");
    }

    @Test
    void anEmptyVariableIsNoVariable_andWhatKubernetesPutsThereIsNotOurs() {
        Map<String, String> environment = Map.of(
                "HIBIKI_BIND", "",
                "HIBIKI_PORT", "tcp://10.0.0.7:8080",
                "HIBIKI_PORT_8080_TCP", "tcp://10.0.0.7:8080",
                "HIBIKI_PORT_8080_TCP_ADDR", "10.0.0.7",
                "HIBIKI_SERVICE_HOST", "10.0.0.7",
                "HIBIKI_SERVICE_PORT_HTTP", "8080",
                "HIBIKI_JAVA_OPTS", "-Xmx1g",
                "PATH", "/bin");
        EffectiveSettings settings = read(Map.of(), environment);

        assertThat(problems()).isEmpty();
        assertThat(settings.get(ServeSettings.PORT)).isEqualTo(8080);
    }

    @Test
    void aSettingOfOneValueGivenTwiceIsRefused() {
        read(Map.of("--port", List.of("1", "2")), Map.of());

        assertThat(problems()).containsExactly("port: 1, 2 (expected: one value)");
    }

    @Test
    void whatWouldBreakTheLineIsNotShown() {
        read(Map.of("--stream-heartbeat-text", List.of("a\nb")), Map.of());

        assertThat(problems())
                .containsExactly("stream.heartbeat-text: a?b (expected: one line of 1 to 200 characters)");
    }

    @Test
    void aCommandWithFewerSettingsLeavesTheOthersAlone() {
        SettingsReader ofExample = new SettingsReader(ServeSettings.OF_EXAMPLES, ServeSettings.ALL);
        ofExample.read(Map.of(), Map.of("HIBIKI_LOG", "file:elsewhere", "HIBIKI_PORT", "none"), null);

        assertThat(ofExample.problems())
                .containsExactly("port: none (expected: a whole number from 0 to 65535) in HIBIKI_PORT");
    }
}
