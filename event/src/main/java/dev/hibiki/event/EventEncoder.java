// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Writes the event stream format: the only place that does.
 *
 * <p>An event's bytes are its <em>frame</em>: {@code id}, {@code event}, {@code retry}, {@code data}, in this order, each with
 * one space after the colon and LF at its end, then an empty line. A frame has two parts, because an event is written once,
 * when it is published, and only later is given its id by the log: {@link #body} is everything but the id, and
 * {@link #frame(String, byte[])} puts the id before it without looking at the body again.
 *
 * <p>All methods are pure; what they return belongs to the caller.
 */
public final class EventEncoder {

    private static final byte[] ID = "id: ".getBytes(ISO_8859_1);
    private static final byte[] EVENT = "event: ".getBytes(ISO_8859_1);
    private static final byte[] RETRY = "retry: ".getBytes(ISO_8859_1);
    private static final byte[] DATA = "data: ".getBytes(ISO_8859_1);

    private EventEncoder() {}

    /** The frame of an event. */
    public static byte[] encode(SseEvent event) {
        byte[] body = body(event);
        return event.id() == null ? body : frame(event.id(), body);
    }

    /** The frame of an event without its id: what {@link #frame(String, byte[])} completes. */
    public static byte[] body(SseEvent event) {
        var out = new ByteArrayOutputStream(event.data().length() + 48);
        if (event.type() != null) {
            field(out, EVENT, event.type());
        }
        if (event.retry() != null) {
            field(out, RETRY, Long.toString(event.retry().toMillis()));
        }
        dataLines(out, event.data());
        out.write('\n');
        return out.toByteArray();
    }

    /**
     * The frame of an event whose body was written before.
     *
     * @param id the id, as {@link SseEvent#id()} allows it; not checked again
     * @param body what {@link #body} returned
     */
    public static byte[] frame(String id, byte[] body) {
        byte[] frame = new byte[ID.length + id.length() + 1 + body.length];
        System.arraycopy(ID, 0, frame, 0, ID.length);
        int at = ID.length;
        for (int i = 0; i < id.length(); i++) {
            frame[at++] = (byte) id.charAt(i);
        }
        frame[at++] = '\n';
        System.arraycopy(body, 0, frame, at, body.length);
        return frame;
    }

    /** A block that sets the clients' reconnection time and nothing else. */
    public static byte[] retry(Duration retry) {
        var checked = new SseEvent(null, null, retry, "");
        var out = new ByteArrayOutputStream(24);
        field(out, RETRY, Long.toString(retryMillis(checked.retry())));
        out.write('\n');
        return out.toByteArray();
    }

    /**
     * A comment block, which keeps a connection busy and reaches no program: a colon, the text, an empty line.
     *
     * @throws IllegalArgumentException if the text is not one line
     */
    public static byte[] comment(String text) {
        if (text.indexOf('\n') >= 0 || text.indexOf('\r') >= 0) {
            throw new IllegalArgumentException("comment: contains a line break (expected: one line)");
        }
        return (":" + text + "\n\n").getBytes(StandardCharsets.UTF_8);
    }

    private static long retryMillis(@Nullable Duration retry) {
        return retry == null ? 0 : retry.toMillis();
    }

    private static void dataLines(ByteArrayOutputStream out, String data) {
        int start = 0;
        for (int i = 0; i < data.length(); i++) {
            char c = data.charAt(i);
            if (c == '\n' || c == '\r') {
                field(out, DATA, data.substring(start, i));
                if (c == '\r' && i + 1 < data.length() && data.charAt(i + 1) == '\n') {
                    i++;
                }
                start = i + 1;
            }
        }
        field(out, DATA, data.substring(start));
    }

    private static void field(ByteArrayOutputStream out, byte[] name, String value) {
        out.writeBytes(name);
        out.writeBytes(value.getBytes(StandardCharsets.UTF_8));
        out.write('\n');
    }
}
