// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How values of one kind are read from text, written as text, and described as a rule when a text is refused. Every value carries its
 * unit, so that nobody has to guess whether {@code 15} is seconds.
 *
 * @param placeholder what stands for the value in help: {@code DURATION}
 * @param rule what is allowed, as the end of a refusal: {@code (expected: <rule>)}
 * @param parser reads a value
 * @param writer writes a value, so that the parser reads the same value again
 */
record Kind<T>(String placeholder, String rule, Parser<T> parser, Function<T, String> writer) {

    /** Reads a value, or returns null if the text is not one. */
    interface Parser<T> {
        @Nullable
        T parse(String text);
    }

    /** A unit of numbers; the units of one kind are in the order in which they are tried for writing. */
    private record Unit(String name, long size) {}

    private static final Pattern ONE_LINE = Pattern.compile("[^\\p{Cntrl}]{1,200}");
    private static final Pattern QUANTITY = Pattern.compile("(\\d{1,15})([A-Za-z]{1,3})");

    private static final List<Unit> DURATIONS = List.of(
            new Unit("d", 86_400_000),
            new Unit("h", 3_600_000),
            new Unit("m", 60_000),
            new Unit("s", 1_000),
            new Unit("ms", 1));

    private static final List<Unit> SIZES = List.of(
            new Unit("GiB", 1 << 30),
            new Unit("GB", 1_000_000_000),
            new Unit("MiB", 1 << 20),
            new Unit("MB", 1_000_000),
            new Unit("KiB", 1 << 10),
            new Unit("kB", 1_000),
            new Unit("KB", 1_000),
            new Unit("B", 1));

    static Kind<Integer> number(String placeholder, int min, int max) {
        String rule = max == Integer.MAX_VALUE
                ? "a whole number, at least " + min
                : "a whole number from " + min + " to " + max;
        return new Kind<>(
                placeholder,
                rule,
                text -> {
                    Long value = whole(text, min, max);
                    return value == null ? null : (int) (long) value;
                },
                String::valueOf);
    }

    static Kind<Long> number(String placeholder, long min) {
        return new Kind<>(
                placeholder,
                "a whole number, at least " + min,
                text -> whole(text, min, Long.MAX_VALUE),
                String::valueOf);
    }

    static Kind<Duration> duration(Duration min, Duration max) {
        return new Kind<>(
                "DURATION",
                "a duration from " + write(min) + " to " + write(max) + ", such as 500ms, 15s, 2m, 1h or 7d",
                text -> {
                    Long millis = quantity(DURATIONS, text);
                    Duration value = millis == null ? null : Duration.ofMillis(millis);
                    return value == null || value.compareTo(min) < 0 || value.compareTo(max) > 0 ? null : value;
                },
                Kind::write);
    }

    static Kind<Long> bytes(long min) {
        return bytes(min, Long.MAX_VALUE);
    }

    static Kind<Long> bytes(long min, long max) {
        String from = quantity(SIZES, min);
        String range = max == Long.MAX_VALUE
                ? "a size of at least " + from
                : "a size from " + from + " to " + quantity(SIZES, max);
        return new Kind<>(
                "SIZE",
                range + ", such as 500kB, 64MB or 64MiB",
                text -> {
                    Long value = quantity(SIZES, text);
                    return value == null || value < min || value > max ? null : value;
                },
                value -> quantity(SIZES, value));
    }

    static Kind<Boolean> flag() {
        return new Kind<>(
                "true|false",
                "true or false",
                text -> switch (text) {
                    case "true" -> true;
                    case "false" -> false;
                    default -> null;
                },
                String::valueOf);
    }

    /** One of a few words. */
    static Kind<String> word(String placeholder, String... allowed) {
        List<String> words = List.of(allowed);
        String rule = words.size() == 1 ? words.get(0) : "one of " + String.join(", ", words);
        return new Kind<>(placeholder, rule, text -> words.contains(text) ? text : null, text -> text);
    }

    /** Any text of one line. */
    static Kind<String> line(String placeholder) {
        return text(placeholder, "one line of 1 to 200 characters", ONE_LINE);
    }

    /** The name of a file, whether it is there or not. */
    static Kind<String> file(String rule) {
        return text("FILE", rule, ONE_LINE);
    }

    /** A text of one line that a pattern allows. */
    static Kind<String> text(String placeholder, String rule, Pattern allowed) {
        return new Kind<>(placeholder, rule, text -> allowed.matcher(text).matches() ? text : null, text -> text);
    }

    /** The address of something on the Web. */
    static Kind<URI> url() {
        return new Kind<>(
                "URL",
                "a URL with http:// or https://",
                text -> {
                    try {
                        URI url = new URI(text);
                        boolean http =
                                "http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme());
                        return http && url.getHost() != null ? url : null;
                    } catch (URISyntaxException noUrl) {
                        return null;
                    }
                },
                URI::toString);
    }

    static Kind<ZoneId> zone() {
        return new Kind<>(
                "ZONE",
                "a time zone, such as Europe/Berlin or UTC",
                text -> {
                    try {
                        return ZoneId.of(text);
                    } catch (DateTimeException unknown) {
                        return null;
                    }
                },
                ZoneId::getId);
    }

    private static String write(Duration duration) {
        return quantity(DURATIONS, duration.toMillis());
    }

    private static @Nullable Long whole(String text, long min, long max) {
        if (!text.matches("-?\\d{1,18}")) {
            return null;
        }
        long value = Long.parseLong(text);
        return value < min || value > max ? null : value;
    }

    /** Reads a number with its unit; null for anything else, and for more than a long can hold. */
    private static @Nullable Long quantity(List<Unit> units, String text) {
        Matcher matcher = QUANTITY.matcher(text);
        if (!matcher.matches()) {
            return null;
        }
        for (Unit unit : units) {
            if (unit.name().equals(matcher.group(2))) {
                BigDecimal value = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unit.size()));
                return value.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0 ? null : value.longValueExact();
            }
        }
        return null;
    }

    /** Writes a number in the first unit that leaves it whole, and 0 in the smallest unit. */
    private static String quantity(List<Unit> units, long value) {
        for (Unit unit : units) {
            if (value != 0 && value % unit.size() == 0) {
                return value / unit.size() + unit.name();
            }
        }
        return value + units.get(units.size() - 1).name();
    }
}
