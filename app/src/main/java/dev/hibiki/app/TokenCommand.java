// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;
import tools.jackson.databind.json.JsonMapper;

/** {@code hibiki token}: prints a token for a server with that key. */
final class TokenCommand implements Command {

    private static final Kind<String> PATTERN = ServeSettings.CHANNEL_PATTERN;
    private static final Kind<Duration> FOR = Kind.duration(Duration.ofSeconds(1), Duration.ofDays(36_500));
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("token");
        spec.usageMessage()
                .description("Prints a token that a server with this key believes.")
                .footer(
                        "",
                        "  hibiki token --key @secret.txt --sub ann --subscribe 'news/*' --for 1h",
                        "Without --key the variable HIBIKI_JWT_KEY counts, which other users of the machine cannot see.");
        spec.addOption(
                one("--key", "KEY|@FILE", "A secret, a private key in PEM (PKCS#8) or as JWK, or @ and its file."));
        spec.addOption(
                one("--alg", "ALG", "The algorithm; HS256, RS256, ES256 to ES512 or EdDSA by the key unless told."));
        spec.addOption(one("--sub", "USER", "The user."));
        spec.addOption(one("--name", "NAME", "What others are told the user is called."));
        spec.addOption(several("--subscribe", "A channel or pattern that may be read; may be given several times."));
        spec.addOption(several(
                "--publish",
                "A channel or pattern that may be published to, also broadcast, user/* and client/*; several times."));
        spec.addOption(OptionSpec.builder("--admin")
                .type(boolean.class)
                .description("May look at channels and metrics, and revoke tokens.")
                .build());
        spec.addOption(one("--for", "DURATION", "How long it counts, such as 15m or 7d; 1h unless told."));
        spec.addOption(one("--id", "ID", "The id by which it can be revoked."));
        spec.addOption(one("--issuer", "ISSUER", "Who issues it, where the server asks for that."));
        spec.addOption(one("--audience", "AUDIENCE", "Whom it is for, where the server asks for that."));
        return spec;
    }

    private static OptionSpec one(String name, String label, String about) {
        return OptionSpec.builder(name)
                .type(String.class)
                .arity("1")
                .paramLabel(label)
                .description(about)
                .build();
    }

    private static OptionSpec several(String name, String about) {
        return OptionSpec.builder(name)
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("1")
                .paramLabel("PATTERN")
                .description(about)
                .build();
    }

    @Override
    public int run(ParseResult options, List<String> problems, Shell shell) throws GeneralSecurityException {
        String written = options.matchedOptionValue(
                "--key", shell.environment().getOrDefault(JwtSettings.JWT_KEY.variable(), ""));
        String lasting = options.matchedOptionValue("--for", "1h");
        Duration time = FOR.parser().parse(lasting);
        if (time == null) {
            problems.add("--for: " + SettingsReader.shown(lasting) + " (expected: " + FOR.rule() + ")");
        }
        checkPatterns("--subscribe", options, problems);
        checkPatterns("--publish", options, problems);
        SigningKey key = null;
        try {
            key = SigningKey.of(written, options.matchedOptionValue("--alg", (String) null));
        } catch (IllegalArgumentException refused) {
            problems.add(String.valueOf(refused.getMessage()));
        }
        if (key == null || time == null || !problems.isEmpty()) {
            shell.complain(problems);
            return REFUSED;
        }
        shell.say(token(key, claims(options, time)));
        return OK;
    }

    private static void checkPatterns(String option, ParseResult options, List<String> problems) {
        for (String pattern : options.matchedOptionValue(option, List.<String>of())) {
            if (PATTERN.parser().parse(pattern) == null) {
                problems.add(option + ": " + SettingsReader.shown(pattern) + " (expected: " + PATTERN.rule() + ")");
            }
        }
    }

    private static Map<String, Object> claims(ParseResult options, Duration time) {
        var claims = new LinkedHashMap<String, Object>();
        Instant now = Instant.now();
        put(claims, "iss", options.matchedOptionValue("--issuer", (String) null));
        put(claims, "sub", options.matchedOptionValue("--sub", (String) null));
        put(claims, "aud", options.matchedOptionValue("--audience", (String) null));
        put(claims, "jti", options.matchedOptionValue("--id", (String) null));
        put(claims, "name", options.matchedOptionValue("--name", (String) null));
        claims.put("iat", now.getEpochSecond());
        claims.put("exp", now.plus(time).getEpochSecond());
        var hibiki = new LinkedHashMap<String, Object>();
        put(hibiki, "subscribe", options.matchedOptionValue("--subscribe", (Object) null));
        put(hibiki, "publish", options.matchedOptionValue("--publish", (Object) null));
        put(hibiki, "admin", options.hasMatchedOption("--admin") ? true : null);
        put(claims, "hibiki", hibiki.isEmpty() ? null : hibiki);
        return claims;
    }

    private static void put(Map<String, Object> claims, String name, @Nullable Object value) {
        if (value != null) {
            claims.put(name, value);
        }
    }

    private static String token(SigningKey key, Map<String, Object> claims) throws GeneralSecurityException {
        var header = new LinkedHashMap<String, Object>();
        header.put("alg", key.algorithm());
        header.put("typ", "JWT");
        put(header, "kid", key.id());
        String signed = part(header) + "." + part(claims);
        return signed + "." + BASE64.encodeToString(key.sign(signed.getBytes(UTF_8)));
    }

    private static String part(Map<String, Object> members) {
        return BASE64.encodeToString(JsonMapper.shared().writeValueAsBytes(members));
    }
}
