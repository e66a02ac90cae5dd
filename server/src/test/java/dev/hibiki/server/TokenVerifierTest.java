// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Date;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a token begins and ends, to the second, for a server that allows clocks to differ by half a minute. */
class TokenVerifierTest {

    private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);

    private final TokenVerifier verifier = new TokenVerifier(
            List.of(JWSAlgorithm.HS256),
            null,
            null,
            Duration.ofSeconds(30),
            List.of(),
            Clock.fixed(NOW, ZoneOffset.UTC));

    private static Date in(long seconds) {
        return Date.from(NOW.plusSeconds(seconds));
    }

    /** Why it is not believed, or an empty text if it is. */
    private String judge(Consumer<JWTClaimsSet.Builder> claims) {
        try {
            SignedJWT token = verifier.parse(Jwt.of(claims));
            verifier.verify(token, List.of(Jwt.secret(Jwt.SECRET)));
            return "";
        } catch (TokenVerifier.Refusal refused) {
            return String.valueOf(refused.getMessage());
        }
    }

    @ParameterizedTest
    @CsvSource({"1, ''", "0, ''", "-29, ''", "-30, has expired", "-31, has expired", "-3600, has expired"})
    void itEndsHalfAMinuteAfterItsEnd(long expires, String why) {
        assertThat(judge(claims -> claims.subject("ann").expirationTime(in(expires))))
                .isEqualTo(why);
        assertThat(verifier.isOver(NOW.plusSeconds(expires))).isEqualTo(!why.isEmpty());
    }

    @ParameterizedTest
    @CsvSource({"-1, ''", "0, ''", "30, ''", "31, is not valid yet", "3600, is not valid yet"})
    void itBeginsHalfAMinuteBeforeItsBeginning(long from, String why) {
        assertThat(judge(
                        claims -> claims.subject("ann").expirationTime(in(7200)).notBeforeTime(in(from))))
                .isEqualTo(why);
    }
}
