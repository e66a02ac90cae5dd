// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The reference page of the settings is made from their table. Run with {@code -Dhibiki.write-docs=true} this test writes it. */
class SettingsPageTest {

    private static final Path PAGE = Path.of("..", "docs", "reference", "settings.md");

    @Test
    void thePageSaysWhatTheTableSays() throws IOException {
        if (Boolean.getBoolean("hibiki.write-docs")) {
            Files.writeString(PAGE, page());
        }

        assertThat(PAGE).hasContent(page());
    }

    private static String page() {
        StringBuilder page = new StringBuilder("""
                # Settings

                Every setting of `./hibiki serve` is an option, an environment variable and a key of a YAML file, by one rule: the key
                `stream.heartbeat` is `--stream-heartbeat` and `HIBIKI_STREAM_HEARTBEAT`. The option wins over the variable, the variable
                over the file, the file over the default. What is unknown or cannot be is refused at start, all of it at once, with exit
                status 2.

                The file is named by `--config FILE` or `HIBIKI_CONFIG`. Its keys may be nested or written in full:

                ```yaml
                port: 8080
                stream:
                  heartbeat: 5s
                presence: [dashboard, "chat/*"]
                log: file:/var/lib/hibiki
                log.max-age: 1d
                ```

                Durations are whole numbers with `ms`, `s`, `m`, `h` or `d`; sizes with `B`, `kB`, `MB`, `GB` (thousands) or `KiB`, `MiB`,
                `GiB` (1024s). A variable that is empty counts as absent; one with several values has commas between them. Options for the
                Java VM go into `HIBIKI_JAVA_OPTS`.

                | key | option | variable | default |
                | --- | --- | --- | --- |
                """);
        for (Setting<?> setting : ServeSettings.ALL) {
            page.append("| [`%s`](#%s) | `%s` | `%s` | %s |%n"
                    .formatted(
                            setting.key(),
                            setting.key().replace(".", ""),
                            setting.option(),
                            setting.variable(),
                            setting.fallback() == null || setting.several()
                                    ? setting.fallbackSays()
                                    : "`" + setting.fallbackSays() + "`"));
        }
        for (Setting<?> setting : ServeSettings.ALL) {
            page.append("%n## %s%n%n%s%n%nExpected: %s. Default: %s.%n"
                    .formatted(setting.key(), setting.about(), escaped(setting.rule()), setting.fallbackSays()));
        }
        return page.toString();
    }

    private static String escaped(String text) {
        return text.replace("*", "\\*").replace("_", "\\_").replace("~", "\\~");
    }
}
