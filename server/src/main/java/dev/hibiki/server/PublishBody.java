// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.event.SseEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/**
 * A body of the hub's own requests: an object with a few known fields, all of them strings except {@code data} and the time
 * {@code exp}.
 *
 * <p>Read in one pass over the tokens; {@code data} is never made into objects, see {@link JsonText}. An unknown field is
 * refused, because otherwise a misspelt one would be left out silently.
 */
final class PublishBody {

    private final Map<String, String> fields = new LinkedHashMap<>();

    private PublishBody() {}

    /** Reads one object. */
    static PublishBody object(String text, Set<String> allowed) {
        List<PublishBody> bodies = read(text, allowed, false);
        return bodies.get(0);
    }

    /** Whether the text is an array rather than an object. */
    static boolean isArray(String text) {
        return text.stripLeading().startsWith("[");
    }

    /** Reads an array of objects; each problem names the element, counted from 0. */
    static List<PublishBody> array(String text, Set<String> allowed) {
        return read(text, allowed, true);
    }

    private static List<PublishBody> read(String text, Set<String> allowed, boolean array) {
        var bodies = new ArrayList<PublishBody>();
        try (JsonParser parser = Json.parser(text)) {
            JsonToken token = parser.nextToken();
            if (array) {
                while ((token = parser.nextToken()) != JsonToken.END_ARRAY) {
                    bodies.add(one(parser, token, text, allowed, "[" + bodies.size() + "] "));
                }
            } else {
                bodies.add(one(parser, token, text, allowed, ""));
            }
            if (parser.nextToken() != null) {
                throw HttpProblem.badRequest("body: goes on after its value (expected: one JSON value)");
            }
            return bodies;
        } catch (JacksonException notJson) {
            throw Json.malformed(notJson);
        }
    }

    private static PublishBody one(
            JsonParser parser, @Nullable JsonToken token, String text, Set<String> allowed, String where) {
        if (token == null) {
            throw HttpProblem.badRequest("body: is empty (expected: a JSON object)");
        }
        if (token != JsonToken.START_OBJECT) {
            throw HttpProblem.badRequest(where + "body: is no object (expected: a JSON object)");
        }
        var body = new PublishBody();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            if (!allowed.contains(name)) {
                throw HttpProblem.badRequest(where + shown(name) + ": unknown field (expected: one of "
                        + String.join(", ", allowed.stream().sorted().toList()) + ")");
            }
            String value = value(parser, parser.nextToken(), text, where, name);
            if (value != null) {
                body.fields.put(name, value);
            }
        }
        return body;
    }

    private static @Nullable String value(JsonParser parser, JsonToken token, String text, String where, String name) {
        if (token == JsonToken.VALUE_STRING) {
            return whole(parser.getString(), where + name);
        }
        if (name.equals("data")) {
            int start = (int) parser.currentTokenLocation().getCharOffset();
            parser.skipChildren();
            return JsonText.compact(text, start);
        }
        if (name.equals("exp") && token.isNumeric()) {
            return parser.getString();
        }
        if (token == JsonToken.VALUE_NULL) {
            return null;
        }
        throw HttpProblem.badRequest(where + name + ": is no string (expected: a string)");
    }

    /** Refuses half of a surrogate pair, which JSON can express and UTF-8 cannot. */
    private static String whole(String value, String name) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (Character.isHighSurrogate(c)
                    && i + 1 < value.length()
                    && Character.isLowSurrogate(value.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                throw HttpProblem.badRequest(name + ": contains half of a surrogate pair (expected: Unicode text)");
            }
        }
        return value;
    }

    private static String shown(@Nullable String name) {
        String text = String.valueOf(name);
        return text.length() > 60 ? text.substring(0, 60) + "…" : text;
    }

    /** A field's value, or null if it is absent or null. */
    @Nullable
    String optional(String name) {
        return fields.get(name);
    }

    /**
     * A field's value.
     *
     * @throws HttpProblem 400 if it is absent
     */
    String required(String name) {
        String value = fields.get(name);
        if (value == null) {
            throw HttpProblem.badRequest(name + ": is missing (expected: a value)");
        }
        return value;
    }

    /**
     * The event that the body describes.
     *
     * @throws HttpProblem 400 if it has no data
     * @throws IllegalArgumentException if the event cannot be written
     */
    SseEvent event() {
        return new SseEvent(null, fields.get("event"), null, required("data"));
    }
}
