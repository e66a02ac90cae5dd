// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a request is for: the target of its request line, read strictly (RFC 9112 section 3.2, RFC 3986).
 *
 * <p>The path is cut at its slashes first and decoded then, so {@code %2F} is never a separator; it is never normalised, so
 * there is no second spelling of a path that a check in front of us could have missed. A {@code +} in the query is a space,
 * as forms write it.
 *
 * @param text the target as it was sent, in origin form
 * @param segments the segments of the path, percent-decoded; {@code /} is one empty segment
 * @param parameters the query, percent-decoded, in its order
 * @param authority the host of a target in absolute form, or null; it replaces the header
 */
record Target(
        String text,
        List<String> segments,
        List<Parameter> parameters,
        @Nullable String authority) {

    /** One parameter of the query. */
    record Parameter(String name, String value) {}

    /**
     * Reads a target in origin form, absolute form or asterisk form.
     *
     * @throws HttpProblem 400 if it is none of these or cannot be decoded
     */
    static Target parse(String raw) {
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c <= ' ' || c > '~' || c == '#') {
                throw HttpProblem.badRequest("request target: contains a character that must be percent-encoded");
            }
        }
        if (raw.equals("*")) {
            return new Target(raw, List.of("*"), List.of(), null);
        }
        String text = raw;
        String authority = null;
        String lower = raw.toLowerCase(Locale.ROOT);
        if (lower.startsWith("http://") || lower.startsWith("https://")) {
            int host = raw.indexOf("//") + 2;
            int slash = endOfAuthority(raw, host);
            authority = raw.substring(host, slash);
            text = raw.substring(slash);
            text = text.startsWith("/") ? text : "/" + text;
        }
        if (!text.startsWith("/")) {
            throw HttpProblem.badRequest("request target: is no path (expected: a path that starts with /)");
        }
        int query = text.indexOf('?');
        String path = query < 0 ? text : text.substring(0, query);
        return new Target(
                text, segments(path), query < 0 ? List.of() : parameters(text.substring(query + 1)), authority);
    }

    private static int endOfAuthority(String raw, int from) {
        for (int i = from; i < raw.length(); i++) {
            if (raw.charAt(i) == '/' || raw.charAt(i) == '?') {
                return i;
            }
        }
        return raw.length();
    }

    private static List<String> segments(String path) {
        var segments = new ArrayList<String>();
        for (String segment : path.substring(1).split("/", -1)) {
            segments.add(decode(segment, false, "path"));
        }
        return List.copyOf(segments);
    }

    private static List<Parameter> parameters(String query) {
        var parameters = new ArrayList<Parameter>();
        for (String pair : query.split("&", -1)) {
            if (!pair.isEmpty()) {
                int equals = pair.indexOf('=');
                String name = decode(equals < 0 ? pair : pair.substring(0, equals), true, "query");
                String value = equals < 0 ? "" : decode(pair.substring(equals + 1), true, "query parameter " + name);
                parameters.add(new Parameter(name, value));
            }
        }
        return List.copyOf(parameters);
    }

    /** Percent-decodes strictly: every {@code %} begins two hexadecimal digits, and the bytes are UTF-8. */
    private static String decode(String encoded, boolean plusIsSpace, String what) {
        if (encoded.indexOf('%') < 0) {
            return plusIsSpace ? encoded.replace('+', ' ') : encoded;
        }
        byte[] bytes = new byte[encoded.length()];
        int length = 0;
        for (int i = 0; i < encoded.length(); i++) {
            char c = encoded.charAt(i);
            if (c == '%') {
                boolean complete = i + 2 < encoded.length();
                int high = complete ? Character.digit(encoded.charAt(i + 1), 16) : -1;
                int low = complete ? Character.digit(encoded.charAt(i + 2), 16) : -1;
                if (high < 0 || low < 0) {
                    throw HttpProblem.badRequest(
                            what + ": has a % without two hexadecimal digits (expected: percent-encoding)");
                }
                bytes[length++] = (byte) (high << 4 | low);
                i += 2;
            } else {
                bytes[length++] = (byte) (plusIsSpace && c == '+' ? ' ' : c);
            }
        }
        try {
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, 0, length)).toString();
        } catch (CharacterCodingException notText) {
            throw HttpProblem.badRequest(what + ": is not UTF-8 after percent-decoding (expected: UTF-8)");
        }
    }

    /** The path, percent-decoded. */
    String path() {
        return authority == null && text.equals("*") ? "*" : "/" + String.join("/", segments);
    }

    /** The path as it was sent, without the query. */
    String rawPath() {
        int query = text.indexOf('?');
        return query < 0 ? text : text.substring(0, query);
    }

    /** A parameter's first value that is not empty, or null. */
    @Nullable
    String query(String name) {
        for (Parameter parameter : parameters) {
            if (parameter.name().equals(name) && !parameter.value().isEmpty()) {
                return parameter.value();
            }
        }
        return null;
    }

    /** All of a parameter's values that are not empty. */
    List<String> queryAll(String name) {
        var values = new ArrayList<String>();
        for (Parameter parameter : parameters) {
            if (parameter.name().equals(name) && !parameter.value().isEmpty()) {
                values.add(parameter.value());
            }
        }
        return List.copyOf(values);
    }
}
