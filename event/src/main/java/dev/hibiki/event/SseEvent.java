// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a server says on an event stream: an event as it is written (WHATWG HTML, section 9.2).
 *
 * <p>An instance can always be written: what would corrupt the stream, forge a field or be changed by a browser is refused
 * here, with an {@link IllegalArgumentException}, and never repaired. Immutable.
 *
 * @param id the event's id, or null for none: printable ASCII without outer spaces, 1 to {@value #MAX_ID_LENGTH} characters
 * @param type the event's type, or null to write none, which a client takes for {@code message}; one line, not empty, without NUL
 * @param retry the reconnection time that clients use from now on, or null to leave it as it is; 1 second to 1 hour, whole milliseconds
 * @param data the event's data; may be empty, may have several lines; CR, LF and CRLF end a line, and all arrive as LF
 */
public record SseEvent(
        @Nullable String id,
        @Nullable String type,
        @Nullable Duration retry,
        String data) {

    /** The longest id, in characters. */
    public static final int MAX_ID_LENGTH = 128;

    /** The shortest reconnection time: one second. */
    public static final Duration MIN_RETRY = Duration.ofSeconds(1);

    /** The longest reconnection time: one hour. */
    public static final Duration MAX_RETRY = Duration.ofHours(1);

    public SseEvent {
        Objects.requireNonNull(data, "data");
        if (id != null) {
            checkId(id);
        }
        if (type != null) {
            checkType(type);
        }
        if (retry != null) {
            checkRetry(retry);
        }
    }

    /** An event of the default type, {@code message}. */
    public static SseEvent of(String data) {
        return new SseEvent(null, null, null, data);
    }

    /** An event of a named type. */
    public static SseEvent of(String type, String data) {
        return new SseEvent(null, Objects.requireNonNull(type, "type"), null, data);
    }

    /** This event with another id. */
    public SseEvent withId(@Nullable String newId) {
        return new SseEvent(newId, type, retry, data);
    }

    /** This event with a reconnection time. */
    public SseEvent withRetry(@Nullable Duration newRetry) {
        return new SseEvent(id, type, newRetry, data);
    }

    static void checkId(String id) {
        if (id.isEmpty() || id.length() > MAX_ID_LENGTH) {
            throw new IllegalArgumentException(
                    "id: " + id.length() + " characters long (expected: 1 to " + MAX_ID_LENGTH + ")");
        }
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            if (c < ' ' || c > '~') {
                throw new IllegalArgumentException("id: contains " + nameOf(c) + " (expected: printable ASCII)");
            }
        }
        if (id.charAt(0) == ' ' || id.charAt(id.length() - 1) == ' ') {
            throw new IllegalArgumentException("id: begins or ends with a space (expected: no outer space)");
        }
    }

    private static void checkType(String type) {
        if (type.isEmpty()) {
            throw new IllegalArgumentException("event: is empty (expected: at least one character)");
        }
        checkLine("event", type);
    }

    /** Refuses line breaks, which would end the line early, and NUL, which some readers take for the end of the text. */
    static void checkLine(String what, String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n' || c == '\r' || c == '\0') {
                throw new IllegalArgumentException(
                        what + ": contains " + nameOf(c) + " (expected: one line without NUL)");
            }
        }
    }

    static void checkRetry(Duration retry) {
        if (retry.compareTo(MIN_RETRY) < 0 || retry.compareTo(MAX_RETRY) > 0) {
            throw new IllegalArgumentException(
                    "retry: " + retry + " (expected: " + MIN_RETRY + " to " + MAX_RETRY + ")");
        }
        if (!retry.equals(retry.truncatedTo(ChronoUnit.MILLIS))) {
            throw new IllegalArgumentException("retry: " + retry + " (expected: whole milliseconds)");
        }
    }

    private static String nameOf(char c) {
        return switch (c) {
            case '\n', '\r' -> "a line break";
            case '\0' -> "NUL";
            default -> String.format("the character U+%04X", (int) c);
        };
    }
}
