// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.hibiki.log.Publication;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PublishKeysTest {

    private static final String LONGEST = "k".repeat(200);

    private static PublishKeys header(String... values) {
        var request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/api/publish");
        request.headers().set("Host", "localhost");
        for (String value : values) {
            request.headers().add("Idempotency-Key", new String(value.getBytes(UTF_8), ISO_8859_1));
        }
        return PublishKeys.of(RequestHead.of(request));
    }

    private static PublishBody body(String json) {
        return PublishBody.object(json, Set.of("data", "key"));
    }

    private static Publication.Key key(String value) {
        return new Publication.Key("", value);
    }

    @Test
    void theKeyIsTheEventsOwn_orTheHeaders() {
        assertThat(header().ofOnly(body("{\"data\":1}"))).isNull();
        assertThat(header().ofOnly(body("{\"data\":1,\"key\":null}"))).isNull();
        assertThat(header().ofOnly(body("{\"data\":1,\"key\":\"a b#é\"}"))).isEqualTo(key("a b#é"));
        assertThat(header("é響").ofOnly(body("{\"data\":1}"))).isEqualTo(key("é響"));
        assertThat(header("a").ofOnly(body("{\"data\":1,\"key\":\"a\"}"))).isEqualTo(key("a"));
        assertThat(header(LONGEST).ofOnly(body("{}"))).isEqualTo(key(LONGEST));
    }

    @Test
    void ofSeveralEventsTheHeaderNumbersThoseThatHaveNone() {
        assertThat(header().ofNumber(body("{}"), 3)).isNull();
        assertThat(header("a").ofNumber(body("{}"), 0)).isEqualTo(key("a#0"));
        assertThat(header("a").ofNumber(body("{\"key\":\"b\"}"), 1)).isEqualTo(key("b"));
        assertThat(header("a").ofNumber(body("{}"), 20_000_000_000L)).isEqualTo(key("a#20000000000"));
        assertThat(header(LONGEST).ofNumber(body("{}"), 7)).isEqualTo(key(LONGEST + "#7"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {"\"a\"|a", "\"a b\"|a b", "\"a\\\"b\\\\c\"|a\"b\\c", "a\"b|a\"b", "'a'|'a'", "\"#\"|#"})
    void aHeaderInQuotesMeansWhatIsBetween(String text, String meaning) {
        assertThat(header(text).ofOnly(body("{}"))).isEqualTo(key(meaning));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``|idempotency-key: has 0 characters (expected: 1 to 200 characters)",
                "\"\"|idempotency-key: has 0 characters (expected: 1 to 200 characters)",
                "\"|idempotency-key: is not quoted as a whole (expected: \"KEY\" or KEY)",
                "\"a|idempotency-key: is not quoted as a whole (expected: \"KEY\" or KEY)",
                "\"a\"b|idempotency-key: is not quoted as a whole (expected: \"KEY\" or KEY)",
                "\"a\"b\"|idempotency-key: is not quoted as a whole (expected: \"KEY\" or KEY)",
                "\"a\\|idempotency-key: is not quoted as a whole (expected: \"KEY\" or KEY)",
                "\"a\\\"|idempotency-key: is not quoted as a whole (expected: \"KEY\" or KEY)",
                "\"a\\b\"|idempotency-key: is not quoted as a whole (expected: \"KEY\" or KEY)",
                "a\tb|idempotency-key: contains a control character (expected: 1 to 200 characters, none of them a"
                        + " control character)",
            })
    void aHeaderThatIsNoKeyIsRefused(String text, String detail) {
        refused(() -> header(text), detail);
    }

    @Test
    void whatIsNoKeyIsRefused() {
        refused(() -> header(LONGEST + "x"), "idempotency-key: has 201 characters (expected: 1 to 200 characters)");
        refused(() -> header("a", "a"), "idempotency-key: given 2 times (expected: once)");
        refused(() -> header().ofOnly(body("{\"key\":\"\"}")), "key: has 0 characters (expected: 1 to 200 characters)");
        refused(
                () -> header().ofNumber(body("{\"key\":\"" + LONGEST + "x\"}"), 0),
                "key: has 201 characters (expected: 1 to 200 characters)");
        refused(
                () -> header().ofOnly(body("{\"key\":\"a\\u0085b\"}")),
                "key: contains a control character (expected: 1 to 200 characters, none of them a control character)");
        refused(
                () -> header("a").ofOnly(body("{\"key\":\"b\"}")),
                "key: is not what the header says (expected: the same key as idempotency-key, or one of the two)");
    }

    private static void refused(Runnable reading, String detail) {
        assertThatExceptionOfType(HttpProblem.class).isThrownBy(reading::run).satisfies(problem -> {
            assertThat(problem.status()).isEqualTo(400);
            assertThat(problem.detail()).isEqualTo(detail);
        });
    }
}
