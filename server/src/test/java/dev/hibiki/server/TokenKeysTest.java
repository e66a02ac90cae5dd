// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys as somebody writes them down, and for what they may be used. */
class TokenKeysTest {

    private static List<JWK> read(String text) {
        return TokenKeys.read(text.getBytes(UTF_8));
    }

    private static String rsa(int bits) throws GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(bits);
        return Jwt.pem(generator.generateKeyPair().getPublic());
    }

    private static String ec(String curve) throws GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        return Jwt.pem(generator.generateKeyPair().getPublic());
    }

    private static List<String> fitting(List<JWK> keys) {
        return TokenKeys.ALGORITHMS.stream()
                .filter(algorithm -> keys.stream().anyMatch(key -> TokenKeys.fits(key, algorithm)))
                .map(JWSAlgorithm::getName)
                .toList();
    }

    @Test
    void aKeyFitsTheAlgorithmsOfItsKind() throws GeneralSecurityException {
        assertThat(fitting(read("x".repeat(31)))).isEmpty();
        assertThat(fitting(read("x".repeat(32)))).containsExactly("HS256");
        assertThat(fitting(read("x".repeat(64)))).containsExactly("HS256", "HS384", "HS512");
        assertThat(fitting(read(rsa(2048)))).containsExactly("RS256", "RS384", "RS512", "PS256", "PS384", "PS512");
        assertThat(fitting(read(rsa(1024)))).isEmpty();
        assertThat(fitting(read(ec("secp256r1")))).containsExactly("ES256");
        assertThat(fitting(read(ec("secp384r1")))).containsExactly("ES384");
        assertThat(fitting(read(ec("secp521r1")))).containsExactly("ES512");
        String ed25519 = Jwt.pem(
                KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPublic());
        assertThat(fitting(read(ed25519))).containsExactly("EdDSA");
        assertThat(fitting(read("{\"kty\":\"oct\",\"k\":\"" + "A".repeat(43) + "\"}")))
                .containsExactly("HS256");
        assertThat(fitting(read("{\"keys\":[{\"kty\":\"oct\",\"use\":\"enc\",\"k\":\"" + "A".repeat(43) + "\"}]}")))
                .isEmpty();
    }

    @Test
    void theLineBreakAtTheEndOfASecretIsNoneOfIt() {
        for (String end : List.of("", "\n", "\r\n")) {
            assertThat(read("x".repeat(32) + end)).isEqualTo(read("x".repeat(32)));
        }
        assertThat(read("x".repeat(32) + "\n\n")).isNotEqualTo(read("x".repeat(32)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "short | HS256 | jwt.key: 5 bytes (expected: at least 32 bytes, for jwt.alg HS256)",
                "12345678901234567890123456789012 | HS512 | jwt.key: 32 bytes (expected: at least 64 bytes, for jwt.alg HS512)",
                "12345678901234567890123456789012 | RS256 | jwt.key: a secret (expected: an RSA public key, for jwt.alg RS256)",
                "12345678901234567890123456789012 | EdDSA | jwt.key: a secret (expected: an Ed25519 public key, for jwt.alg EdDSA)",
                "RSA2048 | HS256 | jwt.key: a public key, RSA (expected: a secret of at least 32 bytes, for jwt.alg HS256)",
                "RSA2048 | ES256 | jwt.key: a public key, RSA (expected: an EC public key on the curve P-256, for jwt.alg ES256)",
                "RSA1024 | RS256 | jwt.key: an RSA key of 1024 bits (expected: at least 2048)",
                "EC256 | ES384 | jwt.key: a public key, EC P-256 (expected: an EC public key on the curve P-384, for jwt.alg ES384)",
            })
    void aKeyThatDoesNotFitItsAlgorithmIsToldAtTheStart(String key, String algorithm, String problem)
            throws GeneralSecurityException {
        String written = switch (key) {
            case "RSA2048" -> rsa(2048);
            case "RSA1024" -> rsa(1024);
            case "EC256" -> ec("secp256r1");
            default -> key;
        };
        assertThatThrownBy(() -> HibikiServer.start(config ->
                        config.port(0).tokens(tokens -> tokens.jwtKey(written).jwtAlg(algorithm))))
                .isInstanceOfSatisfying(
                        ServerStartException.class,
                        refused -> assertThat(refused.problems()).containsExactly(problem));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----",
                "-----BEGIN PUBLIC KEY-----\nsecret",
                "-----BEGIN PUBLIC KEY-----\nc2VjcmV0\n-----END PUBLIC KEY-----",
                "-----BEGIN CERTIFICATE-----\nc2VjcmV0\n-----END CERTIFICATE-----",
                "{\"kty\":\"secret\"}",
                "{secret",
                "{\"keys\":[]}",
                "@/no/such/file",
                ""
            })
    void whatIsNoKeyIsRefused_andNotShown(String written) {
        assertThatThrownBy(() -> HibikiServer.start(config ->
                        config.port(0).tokens(tokens -> tokens.jwtKey(written).jwtAlg("RS256"))))
                .isInstanceOfSatisfying(
                        ServerStartException.class,
                        refused -> assertThat(refused.problems())
                                .singleElement()
                                .asString()
                                .startsWith("jwt.key: ")
                                .contains("(expected: ")
                                .doesNotContain("ecret\n")
                                .doesNotContain("c2VjcmV0"));
    }
}
