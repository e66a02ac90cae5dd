// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.hibiki.log.Publication;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys under which the events of one request are published: a publisher that was not answered sends the same again, and
 * nothing is appended twice.
 *
 * <p>An event's own {@code key} is in its object. The header {@code Idempotency-Key} is for the whole request: it is the key
 * of its only event, or gives event number i of several, from 0, the key {@code KEY#i}, unless that event has its own.
 */
final class PublishKeys {

    private static final String HEADER = "idempotency-key";
    private static final String FIELD = "key";
    private static final int MAX_LENGTH = 200;

    /** The publisher whose keys they are: to keys all publishers are one. */
    private static final String PUBLISHER = "";

    private final @Nullable String ofRequest;

    private PublishKeys(@Nullable String ofRequest) {
        this.ofRequest = ofRequest;
    }

    /**
     * Reads the header.
     *
     * @throws HttpProblem 400 if it is not a valid key
     */
    static PublishKeys of(RequestHead head) {
        List<String> given = head.headers().getAll(HEADER);
        if (given.size() > 1) {
            throw HttpProblem.badRequest(HEADER + ": given " + given.size() + " times (expected: once)");
        }
        return new PublishKeys(given.isEmpty() ? null : checked(HEADER, unquoted(utf8(given.get(0)))));
    }

    /** A client sends UTF-8 where it sends more than ASCII; a header is handed over as Latin-1. */
    private static String utf8(String header) {
        return new String(header.getBytes(ISO_8859_1), UTF_8);
    }

    /** What stands between double quotes (RFC 9651 section 3.3.3, as the draft of this header writes it), or the bare text. */
    private static String unquoted(String text) {
        if (!text.startsWith("\"")) {
            return text;
        }
        var value = new StringBuilder(text.length());
        for (int i = 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' && i == text.length() - 1) {
                return value.toString();
            }
            boolean escape = c == '\\' && i + 1 < text.length() && "\"\\".indexOf(text.charAt(i + 1)) >= 0;
            if (c == '"' || (c == '\\' && !escape)) {
                break;
            }
            value.append(escape ? text.charAt(++i) : c);
        }
        throw HttpProblem.badRequest(HEADER + ": is not quoted as a whole (expected: \"KEY\" or KEY)");
    }

    private static String checked(String what, String key) {
        int length = key.codePointCount(0, key.length());
        if (length < 1 || length > MAX_LENGTH) {
            throw HttpProblem.badRequest(
                    what + ": has " + length + " characters (expected: 1 to " + MAX_LENGTH + " characters)");
        }
        if (key.chars().anyMatch(Character::isISOControl)) {
            throw HttpProblem.badRequest(what + ": contains a control character (expected: 1 to " + MAX_LENGTH
                    + " characters, none of them a control character)");
        }
        return key;
    }

    /**
     * The key of the only event of the request, or null for none.
     *
     * @throws HttpProblem 400 if its key is not valid, or the header says another
     */
    Publication.@Nullable Key ofOnly(PublishBody body) {
        String own = own(body);
        if (own != null && ofRequest != null && !own.equals(ofRequest)) {
            throw HttpProblem.badRequest(
                    "key: is not what the header says (expected: the same key as " + HEADER + ", or one of the two)");
        }
        return key(own != null ? own : ofRequest);
    }

    /**
     * The key of one of several events, or null for none.
     *
     * @param number which event of the request it is, from 0
     * @throws HttpProblem 400 if its key is not valid
     */
    Publication.@Nullable Key ofNumber(PublishBody body, long number) {
        String own = own(body);
        return key(own != null || ofRequest == null ? own : ofRequest + "#" + number);
    }

    private static @Nullable String own(PublishBody body) {
        String own = body.optional(FIELD);
        return own == null ? null : checked(FIELD, own);
    }

    private static Publication.@Nullable Key key(@Nullable String value) {
        return value == null ? null : new Publication.Key(PUBLISHER, value);
    }
}
