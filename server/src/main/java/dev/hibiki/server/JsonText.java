// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

/**
 * A JSON value exactly as it was written, without its white space: how data that is not a string goes out.
 *
 * <p>No number is ever read: {@code 1.10} stays {@code 1.10}, {@code 1e400} stays what it is, and an integer of a hundred digits keeps
 * them. The parser checks the text, so nothing is checked here.
 */
final class JsonText {

    private JsonText() {}

    /**
     * Copies the value that begins at a place.
     *
     * @param json text of which a strict parser has read up to the value's first token; what follows may not be JSON, which
     *     the parser then refuses
     * @param start where the value's first character stands
     */
    static String compact(String json, int start) {
        var out = new StringBuilder(64);
        int depth = 0;
        int i = start;
        while (i < json.length()) {
            char c = json.charAt(i);
            if (c == '"') {
                int end = endOfString(json, i);
                out.append(json, i, end);
                i = end;
                if (depth == 0) {
                    break;
                }
                continue;
            }
            if (depth == 0 && (c == ',' || c == '}' || c == ']' || isSpace(c))) {
                break;
            }
            if (!isSpace(c)) {
                out.append(c);
            }
            i++;
            if (c == '{' || c == '[') {
                depth++;
            } else if ((c == '}' || c == ']') && --depth == 0) {
                break;
            }
        }
        return out.toString();
    }

    private static int endOfString(String json, int start) {
        int i = start + 1;
        while (i < json.length() && json.charAt(i) != '"') {
            i += json.charAt(i) == '\\' ? 2 : 1;
        }
        return Math.min(i + 1, json.length());
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
    }
}
