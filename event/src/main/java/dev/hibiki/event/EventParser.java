// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * Reads the event stream format (WHATWG HTML, section 9.2.6): the only place that does. Fed with bytes as they come, cut anywhere,
 * it tells its listener of each event as soon as the empty line that ends the event is complete.
 *
 * <p>What is read never depends on where the bytes were cut, and nothing that a peer sends is an error, except what exceeds
 * the {@link Limits}. A CR ends its line at once, since waiting for the LF that may follow would hold an event back for as
 * long as the stream is quiet; that LF is dropped when it comes. The parser works on bytes: no byte of a longer UTF-8
 * sequence, broken or not, equals a CR, LF or colon, so lines and fields are found without decoding, and only values that
 * somebody gets become text. A line that is whole in one call is read in place.
 *
 * <p>Threads: one at a time. The listener is called in {@code feed}, before it returns. A listener may call {@link #end()},
 * after which it gets nothing more of what is being fed. What it throws comes out of {@code feed}.
 *
 * <p>Memory: one unfinished line, and one event's data, type and id, each within the limits.
 */
public final class EventParser {

    /** Gets what a stream says, in order. */
    public interface Listener {

        /**
         * An event.
         *
         * @param type {@code message} if the stream named none
         * @param data its lines joined with LF; may be empty
         * @param lastEventId the last id that the stream set, by this event or before; empty if there is none
         */
        void onEvent(String type, String data, String lastEventId);

        /**
         * A comment, such as a keep-alive.
         *
         * @param text all that follows the colon
         */
        default void onComment(String text) {}

        /**
         * A new reconnection time, told at once and not only with the event in which it may stand.
         *
         * @param millis as the stream says it: from 0, so a client needs a floor of its own, to {@link Long#MAX_VALUE},
         *     which also stands for anything larger and is more than most timers take
         */
        default void onRetry(long millis) {}
    }

    /**
     * How much a stream may make its reader hold in memory.
     *
     * @param maxLineBytes the longest line, without its end
     * @param maxEventBytes the most data of one event: its bytes in the stream plus one line end for each line
     */
    public record Limits(int maxLineBytes, int maxEventBytes) {

        /** 4 MiB for a line, 4 MiB for an event: more than anybody should send, and little enough to hold. */
        public static final Limits USUAL = new Limits(4 << 20, 4 << 20);

        public Limits {
            if (maxLineBytes < 1) {
                throw new IllegalArgumentException("maxLineBytes: " + maxLineBytes + " (expected: at least 1)");
            }
            if (maxEventBytes < 1) {
                throw new IllegalArgumentException("maxEventBytes: " + maxEventBytes + " (expected: at least 1)");
            }
        }
    }

    private enum State {
        READY,
        FEEDING,
        /** The listener called {@link #end()}: the rest of what is being fed is dropped. */
        ENDED,
        /** {@code feed} threw: it is not known how much of its bytes was read. */
        FAILED
    }

    private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};
    private static final byte[] DATA = "data".getBytes(ISO_8859_1);
    private static final byte[] EVENT = "event".getBytes(ISO_8859_1);
    private static final byte[] ID = "id".getBytes(ISO_8859_1);
    private static final byte[] RETRY = "retry".getBytes(ISO_8859_1);
    private static final int OTHER_FIELD = -1;
    private static final int COPY_BYTES = 8 << 10;

    private final Listener listener;
    private State state = State.READY;

    // The stream's lines.
    private int byteOrderMarkRead;
    private boolean afterCr;
    private final BoundedBytes line;

    // The event being read.
    private final BoundedBytes data;
    private String type = "";
    private String id;

    private String lastEventId;

    /**
     * @param lastEventId the id with which the first connection resumes, which is the last id until the stream sets another;
     *     empty for none
     */
    public EventParser(Listener listener, Limits limits, String lastEventId) {
        this.listener = Objects.requireNonNull(listener, "listener");
        this.line = new BoundedBytes("line", limits.maxLineBytes());
        this.data = new BoundedBytes("event", limits.maxEventBytes());
        this.id = Objects.requireNonNull(lastEventId, "lastEventId");
        this.lastEventId = lastEventId;
    }

    /** The id with which a client would resume now: that of the last finished block which had one. */
    public String lastEventId() {
        return lastEventId;
    }

    /**
     * Reads the next bytes of the stream, which are the caller's again when this returns.
     *
     * @throws EventTooLargeException if a line or an event is beyond the limits; what came before it has been told. After this, as
     *     after an exception of the listener, the stream cannot be read on, and only {@link #end()} may be called
     * @throws IllegalStateException if an earlier call failed, or is being made
     */
    public void feed(byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        read(bytes, offset, offset + length);
    }

    /** Reads what remains of a buffer, as {@link #feed(byte[], int, int)} does, and leaves nothing remaining. */
    public void feed(ByteBuffer bytes) {
        ByteBuffer source = bytes.duplicate();
        bytes.position(bytes.limit());
        if (source.hasArray()) {
            int from = source.arrayOffset() + source.position();
            read(source.array(), from, from + source.remaining());
            return;
        }
        byte[] copy = new byte[Math.min(source.remaining(), COPY_BYTES)];
        boolean goesOn = true;
        while (goesOn && source.hasRemaining()) {
            int length = Math.min(source.remaining(), copy.length);
            source.get(copy, 0, length);
            goesOn = read(copy, 0, length);
        }
    }

    /**
     * The stream has ended: drops what is unfinished, an event, its id, a line. What is fed next is the beginning of another
     * stream, which goes on from {@link #lastEventId()}.
     */
    public void end() {
        byteOrderMarkRead = 0;
        afterCr = false;
        line.clear();
        data.clear();
        type = "";
        id = lastEventId;
        state = state == State.FEEDING || state == State.ENDED ? State.ENDED : State.READY;
    }

    /** Returns false if the listener ended the stream. */
    private boolean read(byte[] bytes, int from, int to) {
        if (state != State.READY) {
            throw new IllegalStateException(
                    "parser: " + state + " (expected: READY: one call at a time, and end() after a failure)");
        }
        state = State.FEEDING;
        try {
            parse(bytes, from, to);
            boolean goesOn = state == State.FEEDING;
            state = State.READY;
            return goesOn;
        } finally {
            if (state != State.READY) {
                state = state == State.FEEDING ? State.FAILED : State.READY;
            }
        }
    }

    private void parse(byte[] bytes, int from, int to) {
        int at = readByteOrderMark(bytes, from, to);
        while (at < to && state == State.FEEDING) {
            if (afterCr) {
                afterCr = false;
                if (bytes[at] == '\n') {
                    at++;
                    continue;
                }
            }
            int start = at;
            int end = ByteScan.lineEnd(bytes, start, to);
            if (end == to) {
                line.append(bytes, start, end);
                return;
            }
            afterCr = bytes[end] == '\r';
            at = end + 1;
            finishLine(bytes, start, end);
        }
    }

    /** Drops one byte order mark, which may come in pieces. Bytes that only begin like one belong to the first line. */
    private int readByteOrderMark(byte[] bytes, int from, int to) {
        int at = from;
        while (byteOrderMarkRead < BYTE_ORDER_MARK.length && at < to) {
            if (bytes[at] != BYTE_ORDER_MARK[byteOrderMarkRead]) {
                line.append(BYTE_ORDER_MARK, 0, byteOrderMarkRead);
                byteOrderMarkRead = BYTE_ORDER_MARK.length;
                return at;
            }
            byteOrderMarkRead++;
            at++;
        }
        return at;
    }

    private void finishLine(byte[] bytes, int start, int end) {
        if (line.length() == 0) {
            line.check(end - start);
            readLine(bytes, start, end);
            return;
        }
        line.append(bytes, start, end);
        byte[] whole = line.array();
        int length = line.length();
        line.clear();
        readLine(whole, 0, length);
    }

    private void readLine(byte[] bytes, int start, int end) {
        if (start == end) {
            dispatch();
            return;
        }
        switch (bytes[start]) {
            case ':' -> listener.onComment(Utf8.decode(bytes, start + 1, end));
            case 'd' -> readData(bytes, valueOf(DATA, bytes, start, end), end);
            case 'e' -> readType(bytes, valueOf(EVENT, bytes, start, end), end);
            case 'i' -> readId(bytes, valueOf(ID, bytes, start, end), end);
            case 'r' -> readRetry(bytes, valueOf(RETRY, bytes, start, end), end);
            default -> {}
        }
    }

    /** Where the value of the field begins, or {@link #OTHER_FIELD} if the line has another name. */
    private static int valueOf(byte[] name, byte[] bytes, int start, int end) {
        int colon = start + name.length;
        if (colon > end || !Arrays.equals(bytes, start, colon, name, 0, name.length)) {
            return OTHER_FIELD;
        }
        if (colon == end) {
            return end;
        }
        if (bytes[colon] != ':') {
            return OTHER_FIELD;
        }
        int value = colon + 1;
        return value < end && bytes[value] == ' ' ? value + 1 : value;
    }

    private void readData(byte[] bytes, int value, int end) {
        if (value != OTHER_FIELD) {
            data.appendLine(bytes, value, end);
        }
    }

    private void readType(byte[] bytes, int value, int end) {
        if (value != OTHER_FIELD) {
            type = Utf8.decode(bytes, value, end);
        }
    }

    /** An id with a NUL is ignored: it could not be sent back. */
    private void readId(byte[] bytes, int value, int end) {
        if (value != OTHER_FIELD && !ByteScan.contains('\0', bytes, value, end)) {
            id = Utf8.decode(bytes, value, end);
        }
    }

    private void readRetry(byte[] bytes, int value, int end) {
        if (value == OTHER_FIELD || value == end) {
            return;
        }
        long millis = 0;
        for (int at = value; at < end; at++) {
            int digit = bytes[at] - '0';
            if (digit < 0 || digit > 9) {
                return;
            }
            millis = millis > (Long.MAX_VALUE - digit) / 10 ? Long.MAX_VALUE : millis * 10 + digit;
        }
        listener.onRetry(millis);
    }

    /** The empty line: the id counts from now on, even if there is no event; without data there is none. */
    private void dispatch() {
        lastEventId = id;
        String dispatchedType = type.isEmpty() ? "message" : type;
        type = "";
        if (data.length() == 0) {
            return;
        }
        String text = Utf8.decode(data.array(), 0, data.length() - 1);
        data.clear();
        listener.onEvent(dispatchedType, text, lastEventId);
    }
}
