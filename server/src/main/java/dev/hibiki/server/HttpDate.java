// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The {@code Date} header (RFC 9110 section 5.6.7), written once a second. Any thread. */
final class HttpDate {

    private static final DateTimeFormatter FORMAT = DateTimeFormatter.ofPattern(
                    "EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
            .withZone(ZoneOffset.UTC);

    private record Second(long second, String text) {}

    private static volatile Second last = new Second(0, FORMAT.format(Instant.EPOCH));

    private HttpDate() {}

    static String now() {
        long second = System.currentTimeMillis() / 1000;
        Second known = last;
        if (known.second != second) {
            known = new Second(second, FORMAT.format(Instant.ofEpochSecond(second)));
            last = known;
        }
        return known.text;
    }
}
