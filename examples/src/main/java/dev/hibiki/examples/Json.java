// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.examples;

import dev.hibiki.event.SseEvent;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/** Events whose data is a value as JSON, its fields in the order in which they are declared. */
final class Json {

    private static final JsonMapper mapper = JsonMapper.builder()
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .build();

    private Json() {}

    /** An event of the default type. */
    static SseEvent event(Object value) {
        return SseEvent.of(mapper.writeValueAsString(value));
    }

    static SseEvent event(String type, Object value) {
        return SseEvent.of(type, mapper.writeValueAsString(value));
    }
}
