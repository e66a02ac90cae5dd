// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How values of one kind are written: read from text, written as text, and told as a rule when a text is refused. Every value carries its
 * unit, so that nobody has to guess whether {@code 15} is seconds.
 *
 * @param placeholder what stands for the value in help: {@code DURATION}
 * @param rule what is allowed, as the end of a refusal: {@code (expected: <rule>)}
 * @param parser reads a value
 * @param writer writes it, so that the parser reads the same again
 */
record Kind<T>(String placeholder, String rule, Parser<T> parser, Function<T, String> writer) {

    /** Reads a value, or returns null for what is none. */
    interface Parser<T> {
        @Nullable
        T parse(String text);
    }

    private static final Pattern DURATION = Pattern.compile("(\\d{1,12})(ms|s|m|h|d)");
    private static final Map<String, Long> MILLIS =
            Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);
    private static final List<String> DURATION_UNITS = List.of("d", "h", "m", "s", "ms");

    private static final Pattern SIZE = Pattern.compile("(\\d{1,15})(B|[kK]B|KiB|MB|MiB|GB|GiB)");
    private static final Map<String, Long> BYTES = Map.of(
            "B",
            1L,
            "kB",
            1_000L,
            "KB",
            1_000L,
            "KiB",
            1L << 10,
            "MB",
            1_000_000L,
            "MiB",
            1L << 20,
            "GB",
            1_000_000_000L,
            "GiB",
            1L << 30);
    private static final List<String> SIZE_UNITS = List.of("GiB", "GB", "MiB", "MB", "KiB", "kB", "B");

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
                    Long millis = quantity(DURATION, MILLIS, text);
                    Duration value = millis == null ? null : Duration.ofMillis(millis);
                    return value == null || value.compareTo(min) < 0 || value.compareTo(max) > 0 ? null : value;
                },
                Kind::write);
    }

    static Kind<Long> bytes(long min) {
        return bytes(min, Long.MAX_VALUE);
    }

    static Kind<Long> bytes(long min, long max) {
        String from = quantity(SIZE_UNITS, BYTES, min);
        String range = max == Long.MAX_VALUE
                ? "a size of at least " + from
                : "a size from " + from + " to " + quantity(SIZE_UNITS, BYTES, max);
        return new Kind<>(
                "SIZE",
                range + ", such as 500kB, 64MB or 64MiB",
                text -> {
                    Long value = quantity(SIZE, BYTES, text);
                    return value == null || value < min || value > max ? null : value;
                },
                value -> quantity(SIZE_UNITS, BYTES, value));
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

    /** A text of one line that a pattern allows. */
    static Kind<String> text(String placeholder, String rule, Pattern allowed) {
        return new Kind<>(placeholder, rule, text -> allowed.matcher(text).matches() ? text : null, text -> text);
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
        return quantity(DURATION_UNITS, MILLIS, duration.toMillis());
    }

    private static @Nullable Long whole(String text, long min, long max) {
        if (!text.matches("-?\\d{1,18}")) {
            return null;
        }
        long value = Long.parseLong(text);
        return value < min || value > max ? null : value;
    }

    /** Reads a number with its unit; null for anything else, and for what no long can hold. */
    private static @Nullable Long quantity(Pattern form, Map<String, Long> units, String text) {
        Matcher matcher = form.matcher(text);
        if (!matcher.matches()) {
            return null;
        }
        BigDecimal value = new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(units.get(matcher.group(2))));
        return value.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0 ? null : value.longValueExact();
    }

    /** Writes a number in the largest unit that leaves it whole; the units stand in falling order. */
    private static String quantity(List<String> units, Map<String, Long> sizes, long value) {
        for (String unit : units) {
            long size = sizes.get(unit);
            if (value != 0 && value % size == 0) {
                return value / size + unit;
            }
        }
        return value + units.get(units.size() - 1).toLowerCase(Locale.ROOT);
    }
}
