// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessLogTest {

    @ParameterizedTest
    @CsvSource({
        "/a?b=c, /a?b=c",
        "/a?token=secret, /a?token=***",
        "/a?b=c&token=secret&d=e, /a?b=c&token=***&d=e",
        "/a?%74oken=secret&token=other, /a?%74oken=***&token=***",
        "/a?TOKEN=secret, /a?TOKEN=***",
        "/api/events?clientId=secret&channel=a, /api/events?clientId=***&channel=a",
        "/api/send/secret, /api/send/***",
        "/api/%73end/secret?x=1, /api/send/***?x=1",
        "/a%0Ab, /a%0Ab",
    })
    void aTokenIsNeverShown(String target, String shown) {
        assertThat(AccessLog.shown(Target.parse(target))).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({"'a\nb\r\u001b[0m', a\\u000ab\\u000d\\u001b[0m", "é, \\u00e9"})
    void noTextForgesALine(String text, String shown) {
        assertThat(AccessLog.escaped(text)).isEqualTo(shown);
    }
}
