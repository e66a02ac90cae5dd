// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON, read strictly: UTF-8, no key twice, nothing after the value, bounded depth. A refusal names the place, and never
 * uses the parser's own words.
 */
final class Json {

    private static final int MAX_DEPTH = 100;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxNumberLength(10_000)
                    .build())
            .build();

    private static final JsonMapper MAPPER = JsonMapper.builder(FACTORY)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .build();

    private Json() {}

    static byte[] write(Object value) {
        return MAPPER.writeValueAsBytes(value);
    }

    /** {@code {"success":true}} with one more member. */
    static Map<String, Object> success(String name, Object value) {
        var object = new LinkedHashMap<String, Object>();
        object.put("success", true);
        object.put(name, value);
        return object;
    }

    /** A parser over a text; its places are indexes into the text. */
    static JsonParser parser(String text) {
        return FACTORY.createParser(ObjectReadContext.empty(), text);
    }

    /**
     * Reads a body as a tree.
     *
     * @throws HttpProblem 400 if it is not JSON
     */
    static JsonNode tree(byte[] body) {
        String text = text(body);
        if (text.isBlank()) {
            throw HttpProblem.badRequest("body: is empty (expected: JSON)");
        }
        try {
            return MAPPER.readTree(text);
        } catch (JacksonException notJson) {
            throw malformed(notJson);
        }
    }

    /** An object without members. */
    static JsonNode nothing() {
        return MAPPER.createObjectNode();
    }

    /**
     * Bytes as text.
     *
     * @throws HttpProblem 400 if they are not UTF-8
     */
    static String text(byte[] body) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(body))
                    .toString();
        } catch (CharacterCodingException notText) {
            throw HttpProblem.badRequest("body: is not UTF-8 (expected: JSON in UTF-8)");
        }
    }

    static HttpProblem malformed(JacksonException refused) {
        TokenStreamLocation at = refused.getLocation();
        String place = at == null ? "" : " at line " + at.getLineNr() + ", column " + at.getColumnNr();
        return HttpProblem.badRequest("body: is no valid JSON" + place
                + " (expected: one JSON value, no key twice, at most " + MAX_DEPTH + " levels)");
    }

    /**
     * Checks a body's content type. A type that a form of a foreign page can send is never accepted.
     *
     * @throws HttpProblem 415 unless it is JSON or says nothing
     */
    static void checkType(@Nullable String contentType) {
        if (contentType != null && !isJson(mediaType(contentType))) {
            throw new HttpProblem(
                    415,
                    "Unsupported media type",
                    "content-type: " + printable(contentType) + " (expected: application/json)");
        }
    }

    /** A media type without its parameters, in lower case. */
    static String mediaType(String contentType) {
        int semicolon = contentType.indexOf(';');
        String type = semicolon < 0 ? contentType : contentType.substring(0, semicolon);
        return type.trim().toLowerCase(Locale.ROOT);
    }

    private static boolean isJson(String type) {
        return type.equals("application/json") || (type.startsWith("application/") && type.endsWith("+json"));
    }

    private static String printable(String text) {
        String shown = text.length() > 80 ? text.substring(0, 80) + "…" : text;
        return shown.replaceAll("[^ -~…]", "?");
    }
}
