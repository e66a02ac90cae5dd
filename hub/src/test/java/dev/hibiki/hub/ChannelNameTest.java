// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Names and patterns against their rules as regular expressions, on every short word of a small alphabet. */
class ChannelNameTest {

    private static final String SEGMENT = "[A-Za-z0-9._~:@-]+";
    private static final Pattern NAME = Pattern.compile(SEGMENT + "(/" + SEGMENT + ")*");
    private static final Pattern READABLE = Pattern.compile("((" + SEGMENT + "|\\*)/)*(" + SEGMENT + "|\\*|\\*\\*)");
    private static final List<String> RESERVED = List.of("broadcast", "user", "client", "hibiki");

    /** All words of at most so many of the letters. */
    private static List<String> words(int most, String... letters) {
        var words = new ArrayList<String>(List.of(""));
        int from = 0;
        for (int length = 1; length <= most; length++) {
            int to = words.size();
            for (; from < to; from++) {
                for (String letter : letters) {
                    words.add(words.get(from) + letter);
                }
            }
        }
        return words;
    }

    private static boolean accepts(Runnable check) {
        try {
            check.run();
            return true;
        } catch (IllegalArgumentException refused) {
            assertThat(refused.getMessage()).matches("(?s)channel: .* \\(expected: .*\\)");
            return false;
        }
    }

    @Test
    void whatMayBePublishedToAndReadIsWhatTheRulesSay() {
        for (String word : words(6, "a", "b", "/", "*", " ")) {
            assertThat(accepts(() -> ChannelName.checkPublishable(word)))
                    .as("publish to '%s'", word)
                    .isEqualTo(NAME.matcher(word).matches());
            assertThat(accepts(() -> ChannelName.checkReadable(word)))
                    .as("read '%s'", word)
                    .isEqualTo(READABLE.matcher(word).matches());
        }
    }

    @Test
    void everyCharacterIsAllowedOrNot() {
        for (char c = 0; c < Character.MAX_VALUE; c++) {
            String name = "a" + c + "b";
            assertThat(accepts(() -> ChannelName.checkPublishable(name)))
                    .as("U+%04x", (int) c)
                    .isEqualTo(NAME.matcher(name).matches());
        }
    }

    @Test
    void nameHasAtMostTwoHundredCharacters() {
        assertThat(accepts(() -> ChannelName.checkReadable("x".repeat(200)))).isTrue();
        assertThatThrownBy(() -> ChannelName.checkReadable("x".repeat(201)))
                .hasMessage("channel: 201 characters long (expected: 1 to 200)");
        assertThatThrownBy(() -> ChannelName.ofUser("x".repeat(196)))
                .hasMessage("userId: 201 characters long (expected: 1 to 200)");
    }

    @Test
    void patternsMatchWhatTheyStandFor_amongAllShortNames() {
        List<String> names = words(6, "a", "b", "/").stream()
                .filter(word -> NAME.matcher(word).matches())
                .toList();
        List<String> patterns = words(6, "a", "/", "*").stream()
                .filter(word -> READABLE.matcher(word).matches())
                .toList();
        assertThat(patterns).contains("**", "a/**", "*/a/*", "a/*/**").doesNotContain("**/a", "a*");
        for (String pattern : patterns) {
            for (String name : names) {
                assertThat(ChannelName.matches(pattern, name))
                        .as("%s matches %s", pattern, name)
                        .isEqualTo(ModelHub.matches(pattern, name));
            }
        }
    }

    @Test
    void aUserOfAnyNameHasAChannel_noTwoTheSame_andAPlainNameStaysAsItIs() {
        assertThat(ChannelName.ofUser("Ann.7_:@-")).isEqualTo("user/Ann.7_:@-");
        assertThat(ChannelName.ofUser("auth0|123")).isEqualTo("user/auth0~7C123");
        assertThat(ChannelName.ofUser("響 *")).isEqualTo("user/~E9~9F~BF~20~2A");
        List<String> names = words(5, "/", "~", "2", "F", "a");
        names.remove("");
        assertThat(names.stream().map(ChannelName::ofUser).distinct()).hasSameSizeAs(names);
        for (String name : names) {
            String channel = ChannelName.ofUser(name);
            assertThat(ChannelName.checkReadable(channel).indexOf('/', 5)).isEqualTo(-1);
        }
    }

    @Test
    void reservedChannelsAreMatchedOnlyByTheirOwnWord() {
        for (String word : RESERVED) {
            for (String name : List.of(word, word + "/x", word + "/x/y")) {
                for (String pattern : List.of("*", "**", "*/*", "*/x", "*/**", "*/x/*", "a/*")) {
                    assertThat(ChannelName.matches(pattern, name))
                            .as("%s matches %s", pattern, name)
                            .isFalse();
                }
                assertThat(accepts(() -> ChannelName.checkPublishable(name))).isFalse();
                assertThat(accepts(() -> ChannelName.checkReadable(name))).isEqualTo(!word.equals("client"));
            }
            assertThat(ChannelName.matches(word + "/*", word + "/x")).isTrue();
            assertThat(ChannelName.matches(word + "/**", word + "/x/y")).isTrue();
            assertThat(ChannelName.matches(word + "/**", word)).isFalse();
            assertThat(ChannelName.isReserved(word + "s/x")).isFalse();
        }
    }

    @Test
    void refusalShowsTheValueWithoutWhatCouldForgeALine() {
        assertThat(ChannelName.refused("channel", "a\r\nid: 1\0\u001b" + "x".repeat(100), "no such thing"))
                .hasMessage("channel: a\uFFFD\uFFFDid: 1\uFFFD\uFFFD" + "x".repeat(70) + "… (expected: no such thing)");
    }
}
