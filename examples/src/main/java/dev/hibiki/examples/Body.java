// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.examples;

import dev.hibiki.server.HttpProblem;
import dev.hibiki.server.Request;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A JSON object that a client posted. A field that does not fit is a 400 that names the field and the rule. */
record Body(JsonNode json) {

    static Body of(Request request) {
        JsonNode json = request.json();
        if (!json.isObject()) {
            throw HttpProblem.badRequest("body: a JSON " + json.getNodeType() + " (expected: a JSON object)");
        }
        return new Body(json);
    }

    /** A text without its outer white space, or null if it is absent or blank. */
    @Nullable
    String text(String name, int maxLength) {
        JsonNode value = json.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isString()) {
            throw HttpProblem.badRequest(name + ": " + value + " (expected: a text)");
        }
        String text = value.stringValue().strip();
        int length = text.codePointCount(0, text.length());
        if (length > maxLength) {
            throw HttpProblem.badRequest(
                    name + ": " + length + " characters long (expected: at most " + maxLength + ")");
        }
        return text.isEmpty() ? null : text;
    }

    int whole(String name, int absent, int min, int max) {
        JsonNode value = json.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return absent;
        }
        boolean fits = value.isIntegralNumber()
                && value.canConvertToInt()
                && value.intValue() >= min
                && value.intValue() <= max;
        if (!fits) {
            throw HttpProblem.badRequest(
                    name + ": " + value + " (expected: a whole number from " + min + " to " + max + ")");
        }
        return value.intValue();
    }
}
