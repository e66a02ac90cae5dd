// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventIdTest {

    private static final long MAX = Long.MAX_VALUE;

    /** What an id looks like, said in another way than the parser says it; how large a number may be is left to other tests. */
    private static final Pattern ID =
            Pattern.compile("((?:0|[1-9][0-9]*)-(?:0|[1-9][0-9]*)-(?:0|[1-9a-z][0-9a-z]*))(?:\\.(?:0|[1-9][0-9]*))?");

    @Test
    void isWrittenAsItIsRead() {
        long[] numbers = {0, 1, 9, 10, 35, 36, 1_795_172_460_000L, MAX - 1, MAX};
        for (long millis : numbers) {
            for (long sequence : numbers) {
                for (long incarnation : numbers) {
                    var id = new EventId(millis, sequence, incarnation);
                    assertThat(EventId.parse(id.toString())).isEqualTo(id);
                    assertThat(id.toString()).hasSizeLessThanOrEqualTo(EventId.MAX_LENGTH);
                }
            }
        }
    }

    @Test
    void textIsMillisSequenceAndIncarnationInBase36() {
        assertThat(new EventId(1_795_172_460_000L, 12, 35)).hasToString("1795172460000-12-z");
        assertThat(new EventId(MAX, MAX, MAX)).hasToString("9223372036854775807-9223372036854775807-1y2p0ij32e8e7");
    }

    @Test
    void negativePartIsRefused() {
        assertThatThrownBy(() -> new EventId(-1, 0, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("id: -1-0-0 (expected: no negative part)");
        assertThatThrownBy(() -> new EventId(0, -1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new EventId(0, 0, -1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void orderIsByIncarnationFirst_thenMillis_thenSequence() {
        var rising = List.of(
                new EventId(0, 0, 1),
                new EventId(0, MAX, 1),
                new EventId(1, 0, 1),
                new EventId(MAX, MAX, 1),
                new EventId(0, 0, 2),
                new EventId(0, 1, MAX));
        var sorted = new ArrayList<>(rising);
        Collections.shuffle(sorted, new Random(1));
        Collections.sort(sorted);
        assertThat(sorted).isEqualTo(rising);
        for (int i = 0; i < rising.size(); i++) {
            for (int j = 0; j < rising.size(); j++) {
                assertThat(rising.get(i).isBefore(rising.get(j))).isEqualTo(i < j);
                assertThat(rising.get(i).isAfter(rising.get(j))).isEqualTo(i > j);
                assertThat(rising.get(i).equals(rising.get(j))).isEqualTo(i == j);
            }
        }
        assertThat(rising.get(0).sameIncarnation(rising.get(3))).isTrue();
        assertThat(rising.get(3).sameIncarnation(rising.get(4))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {".0", ".1", ".42", ".9223372036854775807"})
    void whatAFeedPutBehindThePlaceIsDropped(String suffix) {
        assertThat(EventId.parse("5-6-z" + suffix)).isEqualTo(new EventId(5, 6, 35));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "-",
                "--",
                "---",
                "1",
                "1-2",
                "1-2-",
                "1--3",
                "-2-3",
                "1-2-3-4",
                "1-2-3-",
                "-1-2-3",
                "1--2-3",
                "1-2--3",
                "+1-2-3",
                "1-+2-3",
                "1-2-+3",
                " 1-2-3",
                "1-2-3 ",
                "1 -2-3",
                "1- 2-3",
                "1-2- 3",
                "1-2-3\n",
                "1-2-3\0",
                "\t1-2-3",
                "01-2-3",
                "00-2-3",
                "1-02-3",
                "1-00-3",
                "1-2-03",
                "1-2-00",
                "1-2-A",
                "1-2-aZ",
                "a-2-3",
                "1-a-3",
                "1-2-_",
                "0x1-2-3",
                "1_000-2-3",
                "1e3-2-3",
                "1,2,3",
                "1.0-2-3",
                "1-2.0-3",
                "1-2-3.",
                "1-2-3.-1",
                "1-2-3.+1",
                "1-2-3.01",
                "1-2-3.a",
                "1-2-3. 1",
                "1-2-3.1.2",
                "1-2-3..1",
                ".1-2-3",
                ".",
                "1-2-3.9223372036854775808",
                "9223372036854775808-2-3",
                "1-9223372036854775808-3",
                "1-2-1y2p0ij32e8e8",
                "99999999999999999999-2-3",
                "1-2-zzzzzzzzzzzzzz",
                "\u0661-2-3",
                "1-\uff12-3",
                "1-2-\u0969",
                "1-2-\uff41",
                "1-2-\u0131",
                "\u22121-2-3",
                "1\u20132\u20133",
                "\ud835\udfcf-2-3",
                "null",
                "*",
                "$",
                "0"
            })
    void whatNoLogWrote_isNoId(String text) {
        assertThat(EventId.parse(text)).isNull();
    }

    @Test
    void longTextIsNoId() {
        assertThat(EventId.parse("1-2-" + "0".repeat(60) + "3")).isNull();
        assertThat(EventId.parse("1".repeat(1_000_000) + "-2-3")).isNull();
        assertThat(EventId.parse("1-2-3." + "1".repeat(1_000_000))).isNull();
        assertThat(EventId.parse("-".repeat(1_000_000))).isNull();
    }

    @Test
    void everyShortText_isAnIdIfAndOnlyIfItLooksLikeOne() {
        char[] alphabet = "019aA-.+ \u0661".toCharArray();
        checkAll(new StringBuilder(), alphabet, 6);
        checkAll(new StringBuilder("1-0-"), alphabet, 4);
    }

    private static void checkAll(StringBuilder text, char[] alphabet, int more) {
        check(text.toString());
        for (int i = 0; more > 0 && i < alphabet.length; i++) {
            text.append(alphabet[i]);
            checkAll(text, alphabet, more - 1);
            text.setLength(text.length() - 1);
        }
    }

    private static void check(String text) {
        @Nullable EventId id = EventId.parse(text);
        var matcher = ID.matcher(text);
        @Nullable String expected = matcher.matches() ? matcher.group(1) : null;
        if (expected == null ? id != null : id == null || !id.toString().equals(expected)) {
            throw new AssertionError("parse(\"" + text + "\"): " + id + " (expected: " + expected + ")");
        }
    }

    @Test
    void garbageNeverThrows_andWhatIsReadIsWhatWasWritten() {
        long seed = ThreadLocalRandom.current().nextLong();
        var random = new Random(seed);
        // too short for a number to be too large, which the pattern does not know
        String near = "0123456789-.az-.-09";
        for (int i = 0; i < 200_000; i++) {
            var text = new StringBuilder();
            for (int n = random.nextInt(17); n > 0; n--) {
                text.append(
                        random.nextInt(8) == 0
                                ? (char) random.nextInt(0x10000)
                                : near.charAt(random.nextInt(near.length())));
            }
            try {
                check(text.toString());
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    @Test
    void nextIsTheClocksMillisecond_orBesideThisPlaceWhereTheClockStoodOrWentBack() {
        var id = new EventId(1000, 7, 3);
        assertThat(id.next(1001)).isEqualTo(new EventId(1001, 0, 3));
        assertThat(id.next(5000)).isEqualTo(new EventId(5000, 0, 3));
        assertThat(id.next(1000)).isEqualTo(new EventId(1000, 8, 3));
        assertThat(id.next(999)).isEqualTo(new EventId(1000, 8, 3));
        assertThat(id.next(-1)).isEqualTo(new EventId(1000, 8, 3));
        assertThatThrownBy(() -> new EventId(1000, MAX, 3).next(1000)).isInstanceOf(ArithmeticException.class);
    }

    @Test
    void livesBornInOneMillisecond_differ_andALaterBornIsLarger() {
        long now = 1_795_172_460_000L;
        var incarnations = new HashSet<Long>();
        for (int i = 0; i < 10_000; i++) {
            EventId birth = EventId.birth(now);
            assertThat(incarnations.add(birth.incarnation())).isTrue();
            assertThat(birth.millis()).isEqualTo(now);
            assertThat(birth).isLessThan(EventId.birth(now + 1));
        }
    }

    @Test
    void birthIsAPlaceWhateverTheClockSays() {
        for (long now : new long[] {0, 1, MAX / 2, MAX}) {
            EventId birth = EventId.birth(now);
            assertThat(EventId.parse(birth.toString())).isEqualTo(birth);
            assertThat(birth.next(now)).isGreaterThan(birth);
        }
    }
}
