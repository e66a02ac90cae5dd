// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.hibiki.event.EventEncoder;
import dev.hibiki.event.SseEvent;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Whatever a body says, it is read as another JSON parser reads it, or refused as the client's mistake; and the data that goes on is the
 * same value on one line.
 *
 * <p>Run as a test it replays the inputs beside it, and with {@code JAZZER_FUZZ=1} it looks for new ones for a minute.
 */
class PublishBodyFuzz {

    private static final Set<String> FIELDS = Set.of("channel", "event", "data", "key");
    private static final JsonMapper OTHER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNumberLength(Integer.MAX_VALUE)
                            .build())
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    @FuzzTest(maxDuration = "60s")
    void aBodyIsReadAsItStands_orRefused(byte[] bytes) {
        String text;
        List<PublishBody> bodies;
        boolean array;
        try {
            text = Json.text(bytes);
            array = PublishBody.isArray(text);
            bodies = array ? PublishBody.array(text, FIELDS) : List.of(PublishBody.object(text, FIELDS));
        } catch (HttpProblem refused) {
            assertThat(refused.status()).isEqualTo(400);
            assertThat(refused.detail()).contains("(expected: ");
            return;
        }
        JsonNode tree;
        try {
            tree = tree(text);
        } catch (NumberFormatException beyondJava) {
            return; // we never read numbers; the other parser, which does, cannot tell what this one is
        }
        assertThat(bodies).hasSize(array ? tree.size() : 1);
        for (int i = 0; i < bodies.size(); i++) {
            check(array ? tree.get(i) : tree, bodies.get(i));
        }
    }

    private static void check(JsonNode object, PublishBody body) {
        for (String field : FIELDS) {
            String value = body.optional(field);
            JsonNode said = object.get(field);
            if (said == null) {
                assertThat(value).isNull();
            } else if (said.isString()) {
                assertThat(value).isEqualTo(said.stringValue());
            } else if (field.equals("data")) {
                assertThat(value).doesNotContain("\n", "\r").isNotNull();
                assertThat(tree(String.valueOf(value))).isEqualTo(said);
            } else {
                assertThat(said.isNull()).isTrue();
                assertThat(value).isNull();
            }
        }
        try {
            SseEvent event = body.event();
            assertThat(EventEncoder.encode(event)).isNotEmpty();
        } catch (HttpProblem | IllegalArgumentException refused) {
            assertThat(refused).hasMessageContaining("(expected: ");
        }
    }

    private static JsonNode tree(String text) {
        try {
            return OTHER.readTree(text);
        } catch (JacksonException notJson) {
            throw new AssertionError("another parser refuses: " + text, notJson);
        }
    }
}
