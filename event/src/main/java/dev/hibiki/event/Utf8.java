// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * UTF-8 as the WHATWG Encoding Standard has it, which is what browsers do.
 *
 * <p>The JDK is fast and right about whatever is well-formed, so it does the work. It differs in how it treats the rest: it
 * writes {@code ?} for a lone surrogate where the standard has U+FFFD, and reads an encoded surrogate ({@code ED A0 80}) as
 * one U+FFFD where the standard has three. So each method lets the JDK go first, and does the work again, slowly, only if the
 * result contains the JDK's replacement character.
 */
final class Utf8 {

    private static final char REPLACEMENT = '\uFFFD';

    private Utf8() {}

    /** The bytes of a text, with each lone surrogate as U+FFFD. */
    static byte[] encode(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        return ByteScan.contains('?', bytes, 0, bytes.length) && hasLoneSurrogate(text)
                ? withoutLoneSurrogates(text).getBytes(UTF_8)
                : bytes;
    }

    /** The text of {@code bytes[from, to)}, with each maximal subpart of a malformed sequence as one U+FFFD. */
    static String decode(byte[] bytes, int from, int to) {
        String text = new String(bytes, from, to - from, UTF_8);
        return text.indexOf(REPLACEMENT) < 0 ? text : decodeMalformed(bytes, from, to);
    }

    private static boolean hasLoneSurrogate(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (Character.charCount(text.codePointAt(i)) == 1) {
                    return true;
                }
                i++;
            }
        }
        return false;
    }

    private static String withoutLoneSurrogates(String text) {
        var out = new StringBuilder(text.length());
        text.codePoints().forEach(point -> out.appendCodePoint(isSurrogate(point) ? REPLACEMENT : point));
        return out.toString();
    }

    private static boolean isSurrogate(int point) {
        return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
    }

    /** The decoder of the Encoding Standard, section 8.1.1; a byte that cannot continue a sequence begins the next one. */
    private static String decodeMalformed(byte[] bytes, int from, int to) {
        var out = new StringBuilder(to - from);
        int at = from;
        while (at < to) {
            int lead = bytes[at++] & 0xFF;
            int needed = continuations(lead);
            int lower = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
            int upper = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
            int point = needed == 0 ? lead : lead & (0x3F >> needed);
            while (needed > 0 && at < to && (bytes[at] & 0xFF) >= lower && (bytes[at] & 0xFF) <= upper) {
                point = (point << 6) | (bytes[at++] & 0x3F);
                lower = 0x80;
                upper = 0xBF;
                needed--;
            }
            out.appendCodePoint(needed == 0 ? point : REPLACEMENT);
        }
        return out.toString();
    }

    /** How many bytes follow a lead byte: none for ASCII, -1 for what is no lead byte. */
    private static int continuations(int lead) {
        if (lead < 0x80) {
            return 0;
        }
        if (lead < 0xC2 || lead > 0xF4) {
            return -1;
        }
        return lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    }
}
