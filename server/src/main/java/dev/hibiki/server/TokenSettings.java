// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How tokens are checked, as it was configured.
 *
 * @param key a key or {@code @} and a file with one, or null; see {@link TokenKeys#read}
 * @param keysUrl where keys are fetched, or null
 * @param algorithms the names of the algorithms that are allowed
 * @param issuer what {@code iss} must be, or null for anything
 * @param audience what {@code aud} must name, or null for anything
 * @param skew by how much the issuer's clock may differ
 * @param cookie the name of the cookie that may hold a token
 * @param anonymous whether channels under {@code public/} are open to everybody
 * @param warning how long before a token's end its stream is told
 */
record TokenSettings(
        @Nullable String key,
        @Nullable URI keysUrl,
        List<String> algorithms,
        @Nullable String issuer,
        @Nullable String audience,
        Duration skew,
        String cookie,
        boolean anonymous,
        Duration warning,
        RemoteKeys.Pace pace) {

    /** Whether there are keys, so that tokens are asked for. */
    boolean areAsked() {
        return key != null || keysUrl != null;
    }

    /** The channels that everybody may read, with a token or without. */
    List<String> publicChannels() {
        return anonymous ? List.of("public/**") : List.of();
    }

    List<JWSAlgorithm> allowed() {
        return algorithms.stream().distinct().map(JWSAlgorithm::parse).toList();
    }

    /** @throws IllegalArgumentException if they cannot be read */
    List<JWK> keys() {
        if (key == null) {
            return List.of();
        }
        if (!key.startsWith("@")) {
            return TokenKeys.read(key.getBytes(StandardCharsets.UTF_8));
        }
        String file = key.substring(1);
        try {
            return TokenKeys.read(Files.readAllBytes(Path.of(file)));
        } catch (IOException | InvalidPathException unreadable) {
            throw new IllegalArgumentException(
                    "jwt.key: @" + file + " (expected: a file that can be read)", unreadable);
        }
    }

    /** What cannot work, one line each. */
    List<String> problems() {
        var problems = new ArrayList<String>();
        if (skew.isNegative() || skew.compareTo(Duration.ofMinutes(10)) > 0) {
            problems.add("jwt.clock-skew: " + skew.toMillis() + " ms (expected: 0 to 10 minutes)");
        }
        if (warning.isNegative()) {
            problems.add("jwt.warning: " + warning.toMillis() + " ms (expected: at least 0 ms)");
        }
        if (!cookie.matches("[A-Za-z0-9_.-]{1,64}")) {
            problems.add("jwt.cookie: is no name of a cookie (expected: 1 to 64 characters of A-Z a-z 0-9 _ . -)");
        }
        List<String> known =
                TokenKeys.ALGORITHMS.stream().map(JWSAlgorithm::getName).toList();
        for (String algorithm : algorithms) {
            if (!known.contains(algorithm)) {
                problems.add("jwt.alg: " + algorithm + " (expected: one of " + String.join(", ", known) + ")");
            }
        }
        if (keysUrl != null && !isHttp(keysUrl)) {
            problems.add("jwks-url: " + keysUrl + " (expected: an http:// or https:// URL)");
        }
        if (problems.isEmpty() && areAsked()) {
            keyProblems(problems);
        } else if (anonymous && !areAsked()) {
            problems.add("anonymous: true (expected: with a key only; without one everybody may read everything)");
        }
        return problems;
    }

    private static boolean isHttp(URI url) {
        return ("http".equalsIgnoreCase(url.getScheme()) || "https".equalsIgnoreCase(url.getScheme()))
                && url.getHost() != null;
    }

    private void keyProblems(List<String> problems) {
        try {
            problems.addAll(TokenKeys.problems(allowed(), keys(), keysUrl != null));
        } catch (IllegalArgumentException refused) {
            problems.add(String.valueOf(refused.getMessage()));
        }
        if (key == null && allowed().stream().anyMatch(JWSAlgorithm.Family.HMAC_SHA::contains)) {
            problems.add("jwt.alg: " + String.join(", ", algorithms)
                    + " (expected: RS…, PS…, ES… or EdDSA, because what can be fetched from jwks-url is no secret)");
        }
    }
}
