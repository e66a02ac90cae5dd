// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * The event stream format as the standard tells it, one sentence after the other, over a whole stream as one text: slow, and simple enough to
 * be seen to be right.
 */
final class ReferenceParser {

    private final List<Object> said = new ArrayList<>();
    private String data = "";
    private String type = "";
    private String id;
    private String lastEventId;

    private ReferenceParser(String lastEventId) {
        this.id = lastEventId;
        this.lastEventId = lastEventId;
    }

    record Result(List<Object> said, String lastEventId) {}

    static Result parse(byte[] stream, String lastEventId) {
        var parser = new ReferenceParser(lastEventId);
        String text = ReferenceUtf8.decode(stream);
        if (text.startsWith("\uFEFF")) {
            text = text.substring(1);
        }
        String[] lines = text.split("\r\n|\n|\r", -1);
        for (int i = 0; i < lines.length - 1; i++) { // what follows the last line end is no line
            parser.line(lines[i]);
        }
        return new Result(parser.said, parser.lastEventId);
    }

    private void line(String line) {
        if (line.isEmpty()) {
            dispatch();
        } else if (line.startsWith(":")) {
            said.add(new Recorder.Comment(line.substring(1)));
        } else if (line.contains(":")) {
            String name = line.substring(0, line.indexOf(':'));
            String value = line.substring(line.indexOf(':') + 1);
            field(name, value.startsWith(" ") ? value.substring(1) : value);
        } else {
            field(line, "");
        }
    }

    private void field(String name, String value) {
        if (name.equals("event")) {
            type = value;
        } else if (name.equals("data")) {
            data = data + value + "\n";
        } else if (name.equals("id") && !value.contains("\0")) {
            id = value;
        } else if (name.equals("retry") && value.matches("[0-9]+")) {
            BigInteger millis = new BigInteger(value).min(BigInteger.valueOf(Long.MAX_VALUE));
            said.add(new Recorder.Retry(millis.longValueExact()));
        }
    }

    private void dispatch() {
        lastEventId = id;
        if (!data.isEmpty()) {
            String dispatchedType = type.isEmpty() ? "message" : type;
            said.add(new Recorder.Event(dispatchedType, data.substring(0, data.length() - 1), lastEventId));
        }
        data = "";
        type = "";
    }
}
