// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import java.util.Random;

/** Texts made of what has broken other encoders and parsers, and what is to become of it. */
final class Texts {

    private static final String[] NASTY = {
        "\r", "\n", "\r\n", "\n\n", "\0", "\u2028", "\u2029", "\u0085", "\u000B", "\f", "\t", "\uFEFF", "\uD83D",
                "\uDE00", "\uD83D\uDE00", "\uFFFD",
        "?", ":", ": ", " ", "  ", "é", "響", "\uFFFF", "data: x", "id: 7", "event: e", "retry: 1", ":heartbeat", "a",
                "hello", "0123456789abcdef"
    };

    private Texts() {}

    static String any(Random random) {
        var text = new StringBuilder();
        int parts = random.nextInt(4) == 0 ? random.nextInt(200) : random.nextInt(8);
        for (int i = 0; i < parts; i++) {
            text.append(NASTY[random.nextInt(NASTY.length)]);
        }
        return text.toString();
    }

    static String oneLineWithoutNul(Random random) {
        return any(random).replaceAll("[\r\n\0]", "");
    }

    /** A pattern works on code points, so it meets a surrogate only where that is alone. */
    static String withoutLoneSurrogates(String text) {
        return text.replaceAll("[\\x{D800}-\\x{DFFF}]", "\uFFFD");
    }

    static String withLineFeeds(String text) {
        return text.replace("\r\n", "\n").replace('\r', '\n');
    }
}
