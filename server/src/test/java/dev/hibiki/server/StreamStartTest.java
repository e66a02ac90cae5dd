// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.hibiki.hub.StreamRequest.From;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamStartTest {

    private static final long NOW = Instant.parse("2026-11-21T12:00:00Z").toEpochMilli();

    /** The hub of a request is not asked here. */
    @NullUnmarked
    private static From of(String query, String... header) {
        var message = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/api/events?" + query);
        message.headers().set("Host", "localhost");
        for (String value : header) {
            message.headers().set("Last-Event-ID", value);
        }
        return StreamStart.of(
                new ReceivedRequest(RequestHead.of(message), Map.of(), Response.NO_BODY, null, () -> Caller.EVERYBODY),
                NOW);
    }

    private static From sinceTime(String time) {
        return new From.Since(Instant.parse(time).toEpochMilli());
    }

    @Test
    void theHeaderWins_thenLastEventId_thenSince_thenLast_andEmptyIsAbsent() {
        assertThat(of("last=5&since=1-2-3&lastEventId=4-5-6", "7-8-9")).isEqualTo(new From.After("7-8-9"));
        assertThat(of("last=5&since=1-2-3&lastEventId=4-5-6", "")).isEqualTo(new From.After("4-5-6"));
        assertThat(of("last=5&since=1-2-3&lastEventId=")).isEqualTo(new From.After("1-2-3"));
        assertThat(of("last=5&since=")).isEqualTo(new From.Newest(5));
        assertThat(of("last=&since=&lastEventId=", "")).isEqualTo(new From.Now());
        assertThat(of("")).isEqualTo(new From.Now());
    }

    @Test
    void whatDoesNotCountIsNotLookedAt() {
        assertThat(of("last=x&since=x&lastEventId=any", "none of ours, \u00c3\u00a9"))
                .isEqualTo(new From.After("none of ours, é"));
        assertThat(of("last=x&since=10m")).isEqualTo(sinceTime("2026-11-21T11:50:00Z"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1795213380123-0-eav2lmwsv7ao", "1795213380123-17-eav2lmwsv7ao.3", "0-0-0"})
    void sinceAnIdIsAfterIt(String id) {
        assertThat(StreamStart.since(id, NOW)).isEqualTo(new From.After(id));
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-20T20:01:00Z, 2026-11-20T20:01:00Z",
        "2026-11-20t20:01:00z, 2026-11-20T20:01:00Z",
        "2026-11-20T20:01:00.5Z, 2026-11-20T20:01:00.500Z",
        "2026-11-20T20:01:00.123456789Z, 2026-11-20T20:01:00.123Z",
        "2026-11-20T20:01Z, 2026-11-20T20:01:00Z",
        "2026-11-20T20:01:00+09:00, 2026-11-20T11:01:00Z",
        "2026-11-20T20:01:00+0900, 2026-11-20T11:01:00Z",
        "2026-11-20T20:01:00+09, 2026-11-20T11:01:00Z",
        "2026-11-20T20:01:00-05:30, 2026-11-21T01:31:00Z",
        "2026-11-20T20:01:00 09:00, 2026-11-20T11:01:00Z",
        "2026-11-20T20:01:00.25 09:00, 2026-11-20T11:01:00.250Z",
        "2026-11-20T20:01 0900, 2026-11-20T11:01:00Z",
        "2026-11-20T20:01:00 09, 2026-11-20T11:01:00Z",
        "2026-11-20 20:01:00, 2026-11-20T20:01:00Z",
        "2026-11-20 20:01:00 09:00, 2026-11-20T11:01:00Z",
        "2026-11-20T20:01:00, 2026-11-20T20:01:00Z",
        "2026-11-20T20:01, 2026-11-20T20:01:00Z",
        "2026-11-20, 2026-11-20T00:00:00Z",
        "1970-01-01, 1970-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z, 1970-01-01T00:00:00Z",
        "2026-11-21T12:00:00Z, 2026-11-21T12:00:00Z",
    })
    void sinceATime_inUtcUnlessItSaysOtherwise(String text, String time) {
        assertThat(StreamStart.since(text, NOW)).isEqualTo(sinceTime(time));
    }

    @ParameterizedTest
    @CsvSource({
        "10m, 2026-11-21T11:50:00Z",
        "1500ms, 2026-11-21T11:59:58.500Z",
        "90s, 2026-11-21T11:58:30Z",
        "2h, 2026-11-21T10:00:00Z",
        "1.5h, 2026-11-21T10:30:00Z",
        "7d, 2026-11-14T12:00:00Z",
        "0s, 2026-11-21T12:00:00Z",
        "PT10M, 2026-11-21T11:50:00Z",
        "pt1h30m, 2026-11-21T10:30:00Z",
        "P1D, 2026-11-20T12:00:00Z",
        "PT0.25S, 2026-11-21T11:59:59.750Z",
        "999999999999999d, 1970-01-01T00:00:00Z",
        "PT2562047788015215H, 1970-01-01T00:00:00Z",
    })
    void sinceADurationIsThatLongAgo(String text, String time) {
        assertThat(StreamStart.since(text, NOW)).isEqualTo(sinceTime(time));
    }

    @ParameterizedTest
    @ValueSource(strings = {"2026-11-21T12:00:00.001Z", "2026-11-22", "9999-12-31T23:59:59Z"})
    void sinceTheFutureIsFromNowOn(String text) {
        assertThat(StreamStart.since(text, NOW)).isEqualTo(new From.Now());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "10",
                "10 m",
                "-10m",
                "+10m",
                "10M",
                "1e3s",
                "PT",
                "-PT10M",
                "PT-10M",
                "P1Y",
                "PT99999999999999999999H",
                "2026-11-31",
                "2026-02-29T00:00:00Z",
                "2026-11-20T24:00:00Z",
                "2026-11-20T20:01:00+25:00",
                "2026-11-20T20:01:00 +09:00",
                "2026-11-20T",
                "20261120T200100Z",
                "1795213380123",
                "1795213380123-0",
                "1795213380123-0-EAV",
                "yesterday\n",
            })
    void sinceAnythingElseIsRefused_withWhatIsAllowed(String text) {
        refused(
                () -> StreamStart.since(text, NOW),
                "since: " + text.replace('\n', '?')
                        + " (expected: an event's id, a time such as 2026-11-20T20:01:00Z, or a duration such as 10m or"
                        + " PT10M)");
    }

    @Test
    void lastIsAWholeNumberInItsRange() {
        assertThat(of("last=0")).isEqualTo(new From.Newest(0));
        assertThat(of("last=10000")).isEqualTo(new From.Newest(10_000));
        for (String bad : new String[] {"10001", "-1", "1.5", "x", "1e3", "99999999999999999999", "%D9%A1"}) {
            String shown = bad.equals("%D9%A1") ? "\u0661" : bad;
            refused(() -> of("last=" + bad), "last: " + shown + " (expected: a whole number from 0 to 10000)");
        }
    }

    private static void refused(Runnable reading, String detail) {
        assertThatExceptionOfType(HttpProblem.class).isThrownBy(reading::run).satisfies(problem -> {
            assertThat(problem.status()).isEqualTo(400);
            assertThat(problem.detail()).isEqualTo(detail);
        });
    }
}
