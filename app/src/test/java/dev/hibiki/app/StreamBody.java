// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Takes the body of an event stream out of its HTTP/1.1 response, strictly: a 200, then chunks, to the letter. */
final class StreamBody {

    private enum Part {
        HEAD,
        SIZE,
        DATA,
        LINE_END,
        LAST
    }

    private final StringBuilder line = new StringBuilder();
    private Part part = Part.HEAD;
    private int left;
    private boolean first = true;

    /** Whether the last chunk has come: the server has ended the stream in order. */
    boolean isComplete() {
        return part == Part.LAST;
    }

    /** The next piece of the body, a view of what was given, or null if all of that is used up. */
    @Nullable
    ByteBuffer next(ByteBuffer in) {
        while (in.hasRemaining()) {
            if (part == Part.DATA) {
                return data(in);
            }
            char c = (char) (in.get() & 0xff);
            line.append(c);
            if (c == '\n') {
                lineRead();
            }
        }
        return null;
    }

    private ByteBuffer data(ByteBuffer in) {
        int length = Math.min(left, in.remaining());
        ByteBuffer piece = in.slice(in.position(), length);
        in.position(in.position() + length);
        left -= length;
        if (left == 0) {
            part = Part.LINE_END;
        }
        return piece;
    }

    private void lineRead() {
        if (line.length() < 2 || line.charAt(line.length() - 2) != '\r') {
            throw broken("a line without CR");
        }
        String text = line.substring(0, line.length() - 2);
        line.setLength(0);
        switch (part) {
            case HEAD -> headLine(text);
            case SIZE -> {
                left = Integer.parseInt(text, 16);
                part = left == 0 ? Part.LAST : Part.DATA;
            }
            case LINE_END -> {
                if (!text.isEmpty()) {
                    throw broken("a chunk longer than its size: " + text);
                }
                part = Part.SIZE;
            }
            case LAST, DATA -> {
                if (!text.isEmpty()) {
                    throw broken("bytes after the last chunk: " + text);
                }
            }
        }
    }

    private void headLine(String text) {
        if (first && !text.equals("HTTP/1.1 200 OK")) {
            throw broken(text);
        }
        first = false;
        if (text.isEmpty()) {
            part = Part.SIZE;
        }
    }

    private static AssertionError broken(String what) {
        return new AssertionError("response: " + what + " (expected: 200, in chunks)");
    }
}
