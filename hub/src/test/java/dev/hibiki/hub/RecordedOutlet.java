// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.hibiki.event.EventParser;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A socket made of memory: what a stream was written, whether it drains, and why it ended. */
final class RecordedOutlet implements Outlet {

    /** An event as the client's parser gives it. */
    record Received(String type, String data, String id) {}

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final List<Received> received = new ArrayList<>();
    private final EventParser parser = new EventParser(
            (type, data, id) -> received.add(new Received(type, data, id)), EventParser.Limits.USUAL, "");
    private boolean writable = true;
    private long unsent;
    private int writesLeft = Integer.MAX_VALUE;
    int writes;

    @Nullable
    EndReason ended;

    /** What happens when it is ended. */
    Runnable onEnd = () -> {};

    private boolean holdsAll;
    private int fullBytes;

    @Override
    public boolean isWritable() {
        return writable;
    }

    @Override
    public long unsentBytes() {
        return unsent;
    }

    @Override
    public void write(ByteBuf frames) {
        if (!writable || ended != null) {
            throw new AssertionError("written to while it could not take anything");
        }
        writes++;
        byte[] written = ByteBufUtil.getBytes(frames);
        bytes.writeBytes(written);
        parser.feed(written, 0, written.length);
        if (holdsAll) {
            unsent += written.length;
            writable = unsent < fullBytes;
        }
        if (--writesLeft == 0) {
            block(written.length);
        }
    }

    @Override
    public void flush() {}

    @Override
    public void end(EndReason reason) {
        ended = reason;
        onEnd.run();
    }

    /** From now on the socket takes nothing, with so many bytes unsent. */
    void block(long unsentBytes) {
        writable = false;
        unsent = unsentBytes;
    }

    /** After so many more writes the socket takes nothing. */
    void blockAfter(int moreWrites) {
        writesLeft = moreWrites;
    }

    /** From now on the socket lets everything be written, and its peer takes none of it. */
    void holdAll() {
        holdAll(Integer.MAX_VALUE);
    }

    /** From now on its peer takes nothing, and the socket lets no more be written once so many bytes wait. */
    void holdAll(int full) {
        holdsAll = true;
        fullBytes = full;
    }

    /** The peer has taken everything so far, and the socket tells nobody. */
    void takeAll() {
        unsent = 0;
        writable = true;
    }

    /** The socket drains again; tell the stream. */
    void unblock() {
        writable = true;
        unsent = 0;
        writesLeft = Integer.MAX_VALUE;
    }

    /** All bytes so far, as text. */
    String text() {
        return bytes.toString(UTF_8);
    }

    /** Takes the text that has come since the last call. */
    String take() {
        String text = text();
        bytes.reset();
        return text;
    }

    /** All events so far, those of reserved types included. */
    List<Received> events() {
        return List.copyOf(received);
    }

    /** The events after the first so many. */
    List<Received> eventsFrom(int first) {
        return List.copyOf(received.subList(first, received.size()));
    }

    /** The data of all events of the default type but the greeting, or of another type. */
    List<String> data(String type) {
        return events().stream()
                .filter(event -> event.type().equals(type) && !event.data().startsWith("{\"type\":\"connected\""))
                .map(Received::data)
                .toList();
    }
}
