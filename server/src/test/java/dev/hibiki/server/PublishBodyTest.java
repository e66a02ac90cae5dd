// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PublishBodyTest {

    private static final Set<String> ALLOWED = Set.of("channel", "event", "data");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.10",
                "1e400",
                "-0.0",
                "123456789012345678901234567890123456789012345678901234567890",
                "1E+2",
                "true",
                "null",
                "[]",
                "{}",
                "[1,2.50,[\"a b\",{\"c\":\" \\\" \\\\ ] }\"}]]",
                "{\"a\":{\"b\":[1,2]},\"c\":\"\\u00e9\\n\"}",
            })
    void dataThatIsNoStringGoesOutAsItWasWritten(String json) {
        String body = "{ \"event\":\"e\",\n \"data\" :\t" + json + " , \"channel\":\"c\"}";
        assertThat(PublishBody.object(body, ALLOWED).required("data")).isEqualTo(json);
        assertThat(PublishBody.object("{\"data\":" + json + "}", ALLOWED).required("data"))
                .isEqualTo(json);
    }

    @Test
    void whiteSpaceBetweenTokensGoes_thatInStringsStays() {
        String body = "{\"data\": { \"a\" :\r\n [ 1 , \" x \\\" y \" ] \t} }";
        assertThat(PublishBody.object(body, ALLOWED).required("data")).isEqualTo("{\"a\":[1,\" x \\\" y \"]}");
    }

    @Test
    void aStringGoesOutAsItIs() {
        assertThat(PublishBody.object("{\"data\":\"a\\nb \\u00e9\\ud83d\\ude00\"}", ALLOWED)
                        .required("data"))
                .isEqualTo("a\nb é😀");
        assertThat(PublishBody.object("{\"data\":\"\"}", ALLOWED).required("data"))
                .isEmpty();
    }

    @Test
    void anArrayIsABatch_andItsProblemsNameTheElement() {
        List<PublishBody> bodies = PublishBody.array("[{\"data\":[1, 2]},{\"data\":\"x\",\"channel\":\"c\"}]", ALLOWED);
        assertThat(bodies).hasSize(2);
        assertThat(bodies.get(0).required("data")).isEqualTo("[1,2]");
        assertThat(bodies.get(1).optional("channel")).isEqualTo("c");
        assertThat(detail("[{\"data\":1},{\"date\":1}]", true))
                .isEqualTo("[1] date: unknown field (expected: one of channel, data, event)");
        assertThat(detail("[{\"data\":1},7]", true)).isEqualTo("[1] body: is no object (expected: a JSON object)");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``|body: is empty (expected: a JSON object)",
                "`  `|body: is empty (expected: a JSON object)",
                "7|body: is no object (expected: a JSON object)",
                "`{\"dat\":1}`|dat: unknown field (expected: one of channel, data, event)",
                "`{\"channel\":7,\"data\":1}`|channel: is no string (expected: a string)",
                "`{\"data\":\"\\ud800\"}`|data: contains half of a surrogate pair (expected: Unicode text)",
                "`{\"data\":1} x`|body: is no valid JSON",
                "`{\"data\":1} {}`|body: goes on after its value",
                "`{\"data\":1,\"data\":2}`|body: is no valid JSON",
                "`{\"data\":{\"a\":1,\"a\":2}}`|body: is no valid JSON",
                "`{\"data\":01}`|body: is no valid JSON",
                "`{\"data\":NaN}`|body: is no valid JSON",
                "`{\"data\":'x'}`|body: is no valid JSON",
                "`{\"data\":1`|body: is no valid JSON",
                "`{\"data\":[1,}`|body: is no valid JSON",
                "`{\"data\":{\"a\":\"\\q\"}}`|body: is no valid JSON",
            })
    void whatIsNoPublicationIsRefused_withItsReason(String body, String detail) {
        assertThat(detail(body, false))
                .startsWith(detail)
                .doesNotContain("jackson")
                .doesNotContain("Exception");
    }

    @Test
    void deepJsonIsRefused_andHarmsNothing() {
        assertThat(detail("{\"data\":" + "[".repeat(100_000), false)).startsWith("body: is no valid JSON");
    }

    private static String detail(String body, boolean array) {
        var detail = new String[1];
        assertThatExceptionOfType(HttpProblem.class)
                .isThrownBy(() -> {
                    if (array) {
                        PublishBody.array(body, ALLOWED);
                    } else {
                        PublishBody.object(body, ALLOWED);
                    }
                })
                .satisfies(problem -> {
                    assertThat(problem.status()).isEqualTo(400);
                    detail[0] = problem.detail();
                });
        return detail[0];
    }
}
