// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CommandLineTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(String... args) {
        return run(Map.of(), args);
    }

    private int run(Map<String, String> environment, String... args) {
        Shell shell = new Shell(
                new ByteArrayInputStream(new byte[0]),
                new PrintStream(out, true, UTF_8),
                new PrintStream(err, true, UTF_8),
                environment);
        return new Main(Main.COMMANDS).run(shell, args);
    }

    private List<String> errors() {
        return err.toString(UTF_8).lines().toList();
    }

    @Test
    void helpIsPrintedForTheWholeAndForEachCommand() {
        for (String[] args : new String[][] {
            {"--help"},
            {"-h"},
            {"serve", "--help"},
            {"publish", "--help"},
            {"subscribe", "--help"},
            {"token", "--help"},
            {"example", "--help"},
            {"example", "-h"}
        }) {
            out.reset();
            assertThat(run(args)).isEqualTo(0);
            assertThat(out.toString(UTF_8)).startsWith("Usage: hibiki ");
        }
        assertThat(errors()).isEmpty();
    }

    @Test
    void theHelpOfServeHasEverySetting() {
        run("serve", "--help");

        for (Setting<?> setting : ServeSettings.ALL) {
            assertThat(out.toString(UTF_8)).contains(setting.option());
        }
    }

    @Test
    void whatATokenCannotBeMadeOfIsToldAtOnce() {
        assertThat(run("token", "--key", "too short", "--for", "soon", "--publish", "a//b"))
                .isEqualTo(2);
        assertThat(errors())
                .containsExactly(
                        "--for: soon (expected: a duration from 1s to 36500d, such as 500ms, 15s, 2m, 1h or 7d)",
                        "--publish: a//b (expected: a channel name or pattern of A-Z a-z 0-9 . _ ~ : @ - /, with * for one"
                                + " segment and ** at the end)",
                        "--key: 9 bytes (expected: at least 32 bytes, for HS256)");
        err.reset();
        assertThat(run("token", "--sub", "ann")).isEqualTo(2);
        assertThat(errors()).singleElement().asString().startsWith("--key: is missing (expected: ");
        err.reset();
        assertThat(run(Map.of("HIBIKI_JWT_KEY", "x".repeat(32)), "token", "--alg", "RS256"))
                .isEqualTo(2);
        assertThat(errors()).singleElement().asString().startsWith("--alg: RS256 (expected: one that fits the key");
    }

    @Test
    void versionIsOneLine() {
        assertThat(run("--version")).isEqualTo(0);
        assertThat(out.toString(UTF_8).lines()).hasSize(1).first().asString().startsWith("Hibiki ");
    }

    @Test
    void withoutACommandTheHelpGoesToStandardErrorAndTheStatusIsTwo() {
        assertThat(run()).isEqualTo(2);
        assertThat(out.size()).isZero();
        assertThat(errors()).first().asString().startsWith("Usage: hibiki COMMAND");
    }

    @Test
    void anUnknownCommandIsToldWithTheNearest() {
        assertThat(run("serv", "--port", "1")).isEqualTo(2);
        assertThat(errors()).containsExactly("serv: unknown command (expected: serve)");
    }

    @Test
    void everyWrongOptionOfServeIsToldAtOnce_andNothingStarts() {
        int status = run(
                Map.of("HIBIKI_PROT", "1"),
                "serve",
                "--prot",
                "9000",
                "--stream-heartbeat=soon",
                "--log=redis",
                "rest",
                "--bind",
                "0.0.0.0");

        assertThat(status).isEqualTo(2);
        assertThat(errors())
                .containsExactly(
                        "--prot: unknown option (expected: --port)",
                        "rest: one argument too many (expected: an option, such as --config)",
                        "HIBIKI_PROT: unknown variable (expected: HIBIKI_PORT)",
                        "log: redis (expected: memory or file:DIRECTORY, such as file:./hibiki-data)",
                        "stream.heartbeat: soon (expected: a duration from 100ms to 1h, such as 500ms, 15s, 2m, 1h or 7d)",
                        "bind: 0.0.0.0 (expected: a loopback address, or insecure, as long as no key protects the server)");
        assertThat(out.size()).isZero();
    }

    @Test
    void anOptionWithoutItsValueIsTold() {
        assertThat(run("serve", "--port", "--bind")).isEqualTo(2);
        assertThat(errors())
                .containsExactly("--port: no value (expected: PORT)", "--bind: no value (expected: ADDRESS)");
    }

    @Test
    void aFlagNeedsNoValue_andMayHaveOne() {
        assertThat(run("serve", "--insecure", "--port", "x", "--bind", "127.0.0.1"))
                .isEqualTo(2);
        assertThat(run("serve", "--insecure=maybe", "--bind", "127.0.0.1", "--port", "0"))
                .isEqualTo(2);
        assertThat(errors())
                .containsExactly(
                        "port: x (expected: a whole number from 0 to 65535)",
                        "insecure: maybe (expected: true or false)");
    }

    @Test
    void publishTellsWhatIsMissingAndWhatIsNoAddress() {
        assertThat(run("publish", "localhost:8080")).isEqualTo(2);
        assertThat(errors())
                .containsExactly(
                        "CHANNEL: missing (expected: The channel to publish to.)",
                        "URL: localhost:8080 (expected: http:// or https:// and a host, such as http://localhost:8080)");
    }
}
