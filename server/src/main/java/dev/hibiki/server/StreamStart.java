// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.hibiki.hub.StreamRequest.From;
import dev.hibiki.log.EventId;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.TemporalAccessor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where in the log a stream begins, as its request says it: a place that the client knows, a time, or a number of events.
 *
 * <p>The header {@code Last-Event-ID} wins over all parameters, because a browser reconnects with the URL of its first
 * connect, and what that says about the beginning must not count again. Then {@code lastEventId}, {@code since},
 * {@code last}, in this order; an empty one counts as absent, and the others are ignored.
 */
final class StreamStart {

    private static final int MOST_NEWEST = 10_000;

    /** A date is tried before an id, because {@code 2026-11-20} could also be an id, of the third second of 1970. */
    private static final Pattern DATE_FIRST = Pattern.compile("\\d{4}-\\d{2}-\\d{2}(?:[Tt ].*)?");

    /** The {@code +} of an offset, which a query turns into a space. */
    private static final Pattern LOST_PLUS = Pattern.compile("(.+:\\d{2}(?:[.,]\\d+)?) (\\d{2}(?::?\\d{2})?)");

    private static final DateTimeFormatter TIME = new DateTimeFormatterBuilder()
            .parseCaseInsensitive()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .appendLiteral('T')
            .append(DateTimeFormatter.ISO_LOCAL_TIME)
            .appendPattern("[XXX][XX][X]")
            .toFormatter()
            .withResolverStyle(ResolverStyle.STRICT);

    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d{1,15}(?:\\.\\d{1,9})?)(ms|s|m|h|d)");

    private StreamStart() {}

    /**
     * Reads what a request says.
     *
     * @param nowMillis the time, milliseconds since 1970
     * @throws HttpProblem 400, naming the parameter and what is allowed
     */
    static From of(Request request, long nowMillis) {
        String id = lastEventId(request);
        if (id != null) {
            return new From.After(id);
        }
        String since = request.query("since");
        if (since != null) {
            return since(since, nowMillis);
        }
        String last = request.query("last");
        return last == null ? new From.Now() : new From.Newest(last(last));
    }

    private static @Nullable String lastEventId(Request request) {
        String header = request.header("last-event-id");
        // A browser sends the id's UTF-8 bytes; a header is handed over as Latin-1.
        return header == null || header.isEmpty()
                ? request.query("lastEventId")
                : new String(header.getBytes(ISO_8859_1), UTF_8);
    }

    /** An id, a time or a duration, told apart by their form alone. */
    static From since(String text, long nowMillis) {
        if (DATE_FIRST.matcher(text).matches()) {
            return from(time(text), nowMillis);
        }
        if (EventId.parse(text) != null) {
            return new From.After(text);
        }
        return from(BigDecimal.valueOf(nowMillis).subtract(duration(text)), nowMillis);
    }

    /** A time before 1970 means everything there is, a time in the future means only what is to come. */
    private static From from(BigDecimal millis, long nowMillis) {
        return millis.compareTo(BigDecimal.valueOf(nowMillis)) > 0
                ? new From.Now()
                : new From.Since(millis.max(BigDecimal.ZERO).longValue());
    }

    /** Milliseconds since 1970; without an offset the time is in UTC. */
    private static BigDecimal time(String text) {
        String whole = text.length() > 10 ? text.substring(0, 10) + "T" + text.substring(11) : text;
        Matcher lost = LOST_PLUS.matcher(whole);
        try {
            TemporalAccessor parsed = whole.length() == 10
                    ? LocalDate.parse(whole).atStartOfDay()
                    : TIME.parseBest(
                            lost.matches() ? lost.group(1) + "+" + lost.group(2) : whole,
                            OffsetDateTime::from,
                            LocalDateTime::from);
            OffsetDateTime time = parsed instanceof OffsetDateTime zoned
                    ? zoned
                    : LocalDateTime.from(parsed).atOffset(ZoneOffset.UTC);
            return BigDecimal.valueOf(time.toInstant().toEpochMilli());
        } catch (DateTimeException noTime) {
            throw noStart(text);
        }
    }

    /** Milliseconds. */
    private static BigDecimal duration(String text) {
        Matcher number = NUMBER_AND_UNIT.matcher(text);
        if (number.matches()) {
            return new BigDecimal(number.group(1)).multiply(BigDecimal.valueOf(millis(number.group(2))));
        }
        if (!text.startsWith("P") && !text.startsWith("p")) {
            throw noStart(text);
        }
        try {
            Duration duration = Duration.parse(text);
            if (duration.isNegative()) {
                throw noStart(text);
            }
            return BigDecimal.valueOf(duration.getSeconds())
                    .movePointRight(3)
                    .add(BigDecimal.valueOf(duration.getNano(), 6));
        } catch (DateTimeException | ArithmeticException noDuration) {
            throw noStart(text);
        }
    }

    private static long millis(String unit) {
        return switch (unit) {
            case "ms" -> 1;
            case "s" -> 1000;
            case "m" -> 60_000;
            case "h" -> 3_600_000;
            default -> 86_400_000;
        };
    }

    private static HttpProblem noStart(String text) {
        return HttpProblem.badRequest(
                "since: " + shown(text)
                        + " (expected: an event's id, a time such as 2026-11-20T20:01:00Z, or a duration such as 10m or PT10M)");
    }

    private static int last(String text) {
        if (text.matches("\\d{1,5}") && Integer.parseInt(text) <= MOST_NEWEST) {
            return Integer.parseInt(text);
        }
        throw HttpProblem.badRequest(
                "last: " + shown(text) + " (expected: a whole number from 0 to " + MOST_NEWEST + ")");
    }

    private static String shown(String text) {
        String start = text.length() > 60 ? text.substring(0, 60) + "…" : text;
        return start.replaceAll("\\p{Cntrl}", "?");
    }
}
