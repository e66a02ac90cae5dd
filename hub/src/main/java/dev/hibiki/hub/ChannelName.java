// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The rules for the names of channels, in one place.
 *
 * <p>A channel is 1 to 200 characters of {@code A-Z a-z 0-9 . _ ~ : @ - /}, its segments (between {@code /}) not empty. In a
 * pattern, {@code *} stands for one segment and {@code **}, at the end, for one or more. The address of a client or a user
 * is a channel too, under a reserved first segment, so that one order and one way of delivery hold for everything.
 */
final class ChannelName {

    static final int MAX_LENGTH = 200;

    /** Everybody's channel: each stream of the hub reads it from its start. */
    static final String BROADCAST = "broadcast";

    private static final String USER = "user";
    private static final String CLIENT = "client";
    private static final String HIBIKI = "hibiki";

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private ChannelName() {}

    /** The channel of what is sent to a user. */
    static String ofUser(String userId) {
        if (userId.isEmpty()) {
            throw refused("userId", userId, "at least one character");
        }
        return checkSyntax("userId", USER + "/" + segment(userId), false);
    }

    /**
     * Any text as one segment: characters that a segment may hold stay, every other byte of its UTF-8, and {@code ~} itself,
     * becomes {@code ~} and two hexadecimal digits. No two texts become the same segment, and a text stays as it is exactly
     * if it is a segment without {@code ~}.
     */
    private static String segment(String text) {
        var segment = new StringBuilder(text.length());
        for (byte b : text.getBytes(UTF_8)) {
            char c = (char) (b & 0xff);
            if (c < 0x80 && c != '~' && c != '/' && isAllowed(c)) {
                segment.append(c);
            } else {
                segment.append('~').append(HEX.toHexDigits(b));
            }
        }
        return segment.toString();
    }

    /**
     * The channel of what is sent to a client.
     *
     * @param owner the user whose client it is, or null. It is part of the name, so that another user who learns the
     *     client's id never finds anything of the first user's under it, in any log
     */
    static String ofClient(String clientId, @Nullable String owner) {
        return CLIENT + "/" + clientId + (owner == null ? "" : "~" + fingerprint(owner));
    }

    /** The client whose own channel it is. */
    static String clientOf(String channel) {
        int owner = channel.indexOf('~');
        return channel.substring(CLIENT.length() + 1, owner < 0 ? channel.length() : owner);
    }

    private static String fingerprint(String owner) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(owner.getBytes(UTF_8));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(hash, 16));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Whether entries of this channel are for single streams, so that only a pattern of the same kind can match it. */
    static boolean isPrivate(String channel) {
        return channel.startsWith("client/") || channel.startsWith("user/");
    }

    /** Whether only the hub's own calls publish there. */
    static boolean isReserved(String channel) {
        return switch (firstSegment(channel)) {
            case BROADCAST, USER, CLIENT, HIBIKI -> true;
            default -> false;
        };
    }

    /**
     * Checks the name of a channel to publish to.
     *
     * @throws IllegalArgumentException naming what is wrong and what is allowed
     */
    static String checkPublishable(String channel) {
        if (channel.indexOf('*') >= 0) {
            throw refused("channel", channel, "a channel; one may subscribe to a pattern, not publish to it");
        }
        checkSyntax("channel", channel, false);
        if (isReserved(channel)) {
            throw refused("channel", channel, "not reserved; broadcast, notify and send publish there");
        }
        return channel;
    }

    /**
     * Checks the name or pattern of what a stream wants to read.
     *
     * @throws IllegalArgumentException naming what is wrong and what is allowed
     */
    static String checkReadable(String channel) {
        checkSyntax("channel", channel, true);
        if (firstSegment(channel).equals(CLIENT)) {
            throw refused("channel", channel, "not client/…, which cannot be subscribed to");
        }
        return channel;
    }

    /**
     * Checks a name or pattern that a grant may hold, reserved ones included.
     *
     * @throws IllegalArgumentException naming what is wrong and what is allowed
     */
    static String checkPattern(String channel) {
        return checkSyntax("channel", channel, true);
    }

    /** Whether a granted name or pattern stands for each channel that a wanted one stands for. */
    static boolean covers(String granted, String wanted) {
        if (isReserved(wanted) && !firstSegment(granted).equals(firstSegment(wanted))) {
            return false;
        }
        int g = 0;
        int w = 0;
        while (g < granted.length() && w < wanted.length()) {
            int gEnd = segmentEnd(granted, g);
            int wEnd = segmentEnd(wanted, w);
            if (gEnd - g == 2 && granted.startsWith("**", g)) {
                return true;
            }
            boolean tail = wEnd - w == 2 && wanted.startsWith("**", w);
            boolean wild = gEnd - g == 1 && granted.charAt(g) == '*' && !tail;
            if (!wild && !(gEnd - g == wEnd - w && granted.regionMatches(g, wanted, w, gEnd - g))) {
                return false;
            }
            g = gEnd + 1;
            w = wEnd + 1;
        }
        return g > granted.length() && w > wanted.length();
    }

    static boolean isPattern(String channel) {
        return channel.indexOf('*') >= 0;
    }

    /** Whether a channel is one of those that a pattern stands for. */
    static boolean matches(String pattern, String channel) {
        if (isReserved(channel) && !firstSegment(pattern).equals(firstSegment(channel))) {
            return false;
        }
        int p = 0;
        int c = 0;
        while (p < pattern.length() && c < channel.length()) {
            int pEnd = segmentEnd(pattern, p);
            int cEnd = segmentEnd(channel, c);
            if (pEnd - p == 2 && pattern.startsWith("**", p)) {
                return true;
            }
            boolean wild = pEnd - p == 1 && pattern.charAt(p) == '*';
            if (!wild && !(pEnd - p == cEnd - c && pattern.regionMatches(p, channel, c, pEnd - p))) {
                return false;
            }
            p = pEnd + 1;
            c = cEnd + 1;
        }
        return p > pattern.length() && c > channel.length();
    }

    private static String checkSyntax(String what, String name, boolean wildcards) {
        if (name.isEmpty() || name.length() > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    what + ": " + name.length() + " characters long (expected: 1 to " + MAX_LENGTH + ")");
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!isAllowed(c) && !(wildcards && c == '*')) {
                throw refused(what, name, "characters of A-Z a-z 0-9 . _ ~ : @ - /");
            }
        }
        for (int start = 0; start <= name.length(); start = segmentEnd(name, start) + 1) {
            checkSegment(what, name, start, segmentEnd(name, start));
        }
        return name;
    }

    private static void checkSegment(String what, String name, int start, int end) {
        if (start == end) {
            throw refused(what, name, "no empty segment between the /");
        }
        String segment = name.substring(start, end);
        boolean tail = segment.equals("**") && end == name.length();
        if (segment.indexOf('*') >= 0 && !segment.equals("*") && !tail) {
            throw refused(what, name, "* for one whole segment, ** only at the end");
        }
    }

    private static boolean isAllowed(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || (c != '*' && "._~:@-/".indexOf(c) >= 0);
    }

    private static int segmentEnd(String name, int start) {
        int end = name.indexOf('/', start);
        return end < 0 ? name.length() : end;
    }

    private static String firstSegment(String channel) {
        return channel.substring(0, segmentEnd(channel, 0));
    }

    /** A refusal that shows the value without what could forge a line of a log or of a stream. */
    static IllegalArgumentException refused(String what, @Nullable String value, String expected) {
        return new IllegalArgumentException(what + ": " + printable(value) + " (expected: " + expected + ")");
    }

    private static String printable(@Nullable String value) {
        if (value == null) {
            return "absent";
        }
        var shown = new StringBuilder();
        value.codePoints().limit(80).forEach(c -> shown.appendCodePoint(Character.isISOControl(c) ? '\uFFFD' : c));
        return shown.length() < value.length() ? shown + "…" : shown.toString();
    }
}
