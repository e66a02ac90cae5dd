// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KindTest {

    private static final Kind<Duration> DURATION = Kind.duration(Duration.ofMillis(100), Duration.ofDays(7));
    private static final Kind<Long> SIZE = Kind.bytes(1);

    @ParameterizedTest
    @CsvSource({"100ms,100", "500ms,500", "15s,15000", "2m,120000", "1h,3600000", "7d,604800000"})
    void durationsCarryTheirUnit(String text, long millis) {
        assertThat(DURATION.parser().parse(text)).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "15", "15 s", "s", "1.5s", "-1s", "15S", "99ms", "8d", "999999999999d", "1h30m", "PT15S"})
    void whatIsNoDurationInRangeIsRefused(String text) {
        assertThat(DURATION.parser().parse(text)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "1B,1",
        "500kB,500000",
        "500KB,500000",
        "64MB,64000000",
        "64MiB,67108864",
        "1KiB,1024",
        "2GB,2000000000",
        "2GiB,2147483648"
    })
    void sizesCarryTheirUnit(String text, long bytes) {
        assertThat(SIZE.parser().parse(text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "64", "64M", "64mb", "-1MB", "0B", "0.5MB", "999999999999999GiB"})
    void whatIsNoSizeIsRefused(String text) {
        assertThat(SIZE.parser().parse(text)).isNull();
    }

    @Test
    void numbersHaveARange() {
        Kind<Integer> port = Kind.number("PORT", 0, 65_535);

        assertThat(port.parser().parse("0")).isEqualTo(0);
        assertThat(port.parser().parse("65535")).isEqualTo(65_535);
        assertThat(port.parser().parse("65536")).isNull();
        assertThat(port.parser().parse("-1")).isNull();
        assertThat(port.parser().parse("80a")).isNull();
        assertThat(port.parser().parse("")).isNull();
        assertThat(port.parser().parse("99999999999999999999")).isNull();
        assertThat(port.rule()).isEqualTo("a whole number from 0 to 65535");
    }

    @Test
    void aZoneIsAnyThatJavaKnows() {
        assertThat(Kind.zone().parser().parse("Asia/Tokyo")).isEqualTo(ZoneId.of("Asia/Tokyo"));
        assertThat(Kind.zone().parser().parse("Mars/Olympus")).isNull();
    }

    @Test
    void whatIsWrittenIsReadBack() {
        for (long millis : new long[] {100, 1_500, 15_000, 90_000, 120_000, 3_600_000, 86_400_000}) {
            Duration value = Duration.ofMillis(millis);
            assertThat(DURATION.parser().parse(DURATION.writer().apply(value))).isEqualTo(value);
        }
        for (long bytes : new long[] {1, 999, 1_000, 1_024, 65_536, 64_000_000, 64L << 20, 3L << 30}) {
            assertThat(SIZE.parser().parse(SIZE.writer().apply(bytes))).isEqualTo(bytes);
        }
    }
}
