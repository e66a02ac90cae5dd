// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

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
 * <p>A lone surrogate, which UTF-8 cannot express, is written as U+FFFD, as browsers do. All methods are pure; the array
 * that they return belongs to the caller and is exactly as long as its content.
 */
public final class EventEncoder {

    private static final byte[] ID = "id: ".getBytes(ISO_8859_1);
    private static final byte[] EVENT = "event: ".getBytes(ISO_8859_1);
    private static final byte[] RETRY = "retry: ".getBytes(ISO_8859_1);
    private static final byte[] DATA = "data: ".getBytes(ISO_8859_1);

    /** The value of a field that is left out: possible because no such field can be empty. */
    private static final byte[] NONE = {};

    private EventEncoder() {}

    /** The frame of an event. */
    public static byte[] encode(SseEvent event) {
        return write(event.id(), event);
    }

    /** The frame of an event without its id: what {@link #frame(String, byte[])} completes. */
    public static byte[] body(SseEvent event) {
        return write(null, event);
    }

    /**
     * The frame of an event whose body was written before.
     *
     * @param body what {@link #body} returned
     * @throws IllegalArgumentException if {@link SseEvent} would refuse the id
     */
    public static byte[] frame(String id, byte[] body) {
        SseEvent.checkId(id);
        byte[] value = id.getBytes(ISO_8859_1);
        byte[] frame = new byte[sizeOf(ID, value) + body.length];
        int at = put(frame, 0, ID, value);
        System.arraycopy(body, 0, frame, at, body.length);
        return frame;
    }

    /**
     * A block that sets the clients' reconnection time and nothing else.
     *
     * @throws IllegalArgumentException if {@link SseEvent} would refuse the time
     */
    public static byte[] retry(Duration retry) {
        SseEvent.checkRetry(retry);
        return ("retry: " + retry.toMillis() + "\n\n").getBytes(ISO_8859_1);
    }

    /**
     * A comment block, which keeps a connection alive and reaches no program: a colon, the text, an empty line.
     *
     * @throws IllegalArgumentException if the text is not one line, or has a NUL
     */
    public static byte[] comment(String text) {
        SseEvent.checkLine("comment", text);
        return Utf8.encode(":" + text + "\n\n");
    }

    private static byte[] write(@Nullable String idOrNone, SseEvent event) {
        byte[] id = idOrNone == null ? NONE : idOrNone.getBytes(ISO_8859_1);
        byte[] type = event.type() == null ? NONE : Utf8.encode(event.type());
        byte[] retry = event.retry() == null
                ? NONE
                : Long.toString(event.retry().toMillis()).getBytes(ISO_8859_1);
        byte[] data = Utf8.encode(event.data());
        int firstEnd = ByteScan.lineEnd(data, 0, data.length);

        int fields = sizeOf(ID, id) + sizeOf(EVENT, type) + sizeOf(RETRY, retry);
        byte[] out = new byte[fields + sizeOfData(data, firstEnd) + 1];
        int at = put(out, 0, ID, id);
        at = put(out, at, EVENT, type);
        at = put(out, at, RETRY, retry);
        at = putData(out, at, data, firstEnd);
        out[at] = '\n';
        return out;
    }

    private static int sizeOf(byte[] name, byte[] value) {
        return value.length == 0 ? 0 : name.length + value.length + 1;
    }

    private static int put(byte[] out, int at, byte[] name, byte[] value) {
        return value.length == 0 ? at : putLine(out, at, name, value, 0, value.length);
    }

    /** The size of the data's lines: each line end within them is replaced by an LF and the field name of the next line. */
    private static int sizeOfData(byte[] data, int firstEnd) {
        int size = DATA.length + data.length + 1;
        int end = firstEnd;
        while (end < data.length) {
            int next = afterLineEnd(data, end);
            size += 1 + DATA.length - (next - end);
            end = ByteScan.lineEnd(data, next, data.length);
        }
        return size;
    }

    private static int putData(byte[] out, int from, byte[] data, int firstEnd) {
        int at = from;
        int start = 0;
        int end = firstEnd;
        while (end < data.length) {
            at = putLine(out, at, DATA, data, start, end);
            start = afterLineEnd(data, end);
            end = ByteScan.lineEnd(data, start, data.length);
        }
        return putLine(out, at, DATA, data, start, end);
    }

    private static int afterLineEnd(byte[] data, int end) {
        boolean crlf = data[end] == '\r' && end + 1 < data.length && data[end + 1] == '\n';
        return crlf ? end + 2 : end + 1;
    }

    private static int putLine(byte[] out, int at, byte[] name, byte[] value, int from, int to) {
        System.arraycopy(name, 0, out, at, name.length);
        System.arraycopy(value, from, out, at + name.length, to - from);
        int end = at + name.length + to - from;
        out[end] = '\n';
        return end + 1;
    }
}
