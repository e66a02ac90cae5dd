// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class EventSourceConfigTest {

    private static EventSourceConfig.Builder config() {
        return EventSourceConfig.builder(URI.create("http://localhost/"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ftp://h/ | uri: ftp:… (expected: http:// or https:// and a host)",
                "h/path | uri: null:… (expected: http:// or https:// and a host)",
                "http:///x | uri: http:… (expected: http:// or https:// and a host)",
                "http://h:0/ | uri: port 0 (expected: 1 to 65535)",
                "http://h:65536/ | uri: port 65536 (expected: 1 to 65535)",
                "http://me:secret@h/ | uri: names a user (expected: a header Authorization instead)",
            })
    void anAddressThatCannotBeAskedIsRefused(URI uri, String message) {
        assertThatThrownBy(() -> EventSourceConfig.of(uri))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                refused(
                        "method: FOO BAR (expected: a method of HTTP other than CONNECT)",
                        c -> c.request("FOO BAR", null)),
                refused("method:  (expected: a method of HTTP other than CONNECT)", c -> c.request("", null)),
                refused(
                        "method: CONNECT (expected: a method of HTTP other than CONNECT)",
                        c -> c.request("CONNECT", null)),
                refused(
                        "header Host: cannot be set (expected: a name that is free, a value of one line)",
                        c -> c.header("Host", "h")),
                refused(
                        "header X Y: cannot be set (expected: a name that is free, a value of one line)",
                        c -> c.header("X Y", "1")),
                refused(
                        "header X-A: cannot be set (expected: a name that is free, a value of one line)",
                        c -> c.header("X-A", "a\r\nX-B: secret")),
                refused("header X-A: has other characters (expected: ASCII)", c -> c.header("X-A", "é")),
                refused(
                        "lastEventId: has a line break or NUL (expected: one line)",
                        c -> c.lastEventId("a\nLast-Event-ID: b")),
                refused(
                        "reconnectionTime: PT-1S (expected: zero or more)",
                        c -> c.reconnectionTime(Duration.ofSeconds(-1))),
                refused("idleTimeout: PT-1S (expected: zero or more)", c -> c.idleTimeout(Duration.ofSeconds(-1))),
                refused("mostBackoff: PT0S (expected: more than zero)", c -> c.mostBackoff(Duration.ZERO)),
                refused("connectTimeout: PT0S (expected: more than zero)", c -> c.connectTimeout(Duration.ZERO)),
                refused("maxRetries: -1 (expected: 0 or more)", c -> c.maxRetries(-1)));
    }

    private static Arguments refused(String message, Consumer<EventSourceConfig.Builder> setting) {
        return Arguments.of(message, setting);
    }

    @ParameterizedTest
    @MethodSource("refused")
    void whatCannotWorkIsRefusedAtOnce(String message, Consumer<EventSourceConfig.Builder> setting) {
        EventSourceConfig.Builder config = config();
        assertThatThrownBy(() -> setting.accept(config))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void timesMeantForEverAreAsLongAsATimerTakes() {
        Duration ever = Duration.ofSeconds(Long.MAX_VALUE);
        Duration most = Duration.ofMillis(Integer.MAX_VALUE);
        EventSourceConfig config = config().reconnectionTime(ever)
                .mostBackoff(ever)
                .connectTimeout(ever)
                .idleTimeout(ever)
                .build();
        assertThat(Stream.of(config.reconnectionTime, config.mostBackoff, config.connectTimeout, config.idleTimeout))
                .containsOnly(most);
    }

    @Test
    void headersAreOfOneName_whateverItsCase() {
        assertThat(config().header("X-A", "1").header("x-a", "2\t3").build().headers)
                .hasSize(1)
                .containsValue("2\t3");
    }
}
