// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import java.net.http.HttpResponse;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/** The header {@code Retry-After} (RFC 9110, section 10.2.3): seconds, or a date. */
final class RetryAfter {

    private static final Duration MOST = Duration.ofMillis(Integer.MAX_VALUE);

    private RetryAfter() {}

    /** How long to wait, from now; null where nothing that can be read is said. */
    static @Nullable Duration of(HttpResponse<?> answer) {
        String value = answer.headers().firstValue("Retry-After").orElse("").strip();
        if (value.matches("[0-9]{1,18}")) {
            long seconds = Long.parseLong(value);
            return seconds > MOST.toSeconds() ? MOST : Duration.ofSeconds(seconds);
        }
        try {
            Instant date = DateTimeFormatter.RFC_1123_DATE_TIME.parse(value, Instant::from);
            Duration left = Duration.between(Instant.now(), date);
            return left.isNegative() ? Duration.ZERO : left;
        } catch (DateTimeException noDate) {
            return null;
        }
    }
}
