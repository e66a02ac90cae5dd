// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.event.SseEvent;
import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.Publication;
import io.netty.buffer.ByteBufUtil;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Which bytes a run of entries makes, for whom, and how often. */
class SegmentTest {

    private static final EventId START = new EventId(1, 0, 1);

    private final FrameBuffers buffers = new FrameBuffers();
    private final Window window = new Window(1024, Long.MAX_VALUE, START);
    private EventId last = START;

    private void put(String channel, String data) {
        last = last.next(0);
        window.put(LogEntry.of(last, 0, Publication.of(channel, SseEvent.of(data))));
    }

    private Segment all() {
        return from(window.oldest());
    }

    private Segment from(long index) {
        return Objects.requireNonNull(Segment.read(window, index, window.head(), Segment.BYTES));
    }

    private static Cohort cohort(String... readable) {
        return new Cohort(Interest.in(List.of(readable)));
    }

    private Segment.Frames frames(Segment segment, Cohort cohort) {
        return Objects.requireNonNull(segment.frames(cohort, buffers));
    }

    @Test
    void equalSelectionsShareOneBuffer_whateverTheStreamsAreSubscribedTo() {
        put("a", "1");
        put("b", "2");
        put("a", "3");
        Segment segment = all();
        Segment.Frames byName = frames(segment, cohort("a"));
        assertThat(frames(segment, cohort("a", "nothing here"))).isSameAs(byName);
        assertThat(frames(segment, cohort("a", "x/*"))).isSameAs(byName);
        assertThat(frames(segment, cohort("*"))).isNotSameAs(byName).isSameAs(frames(segment, cohort("a", "b")));
        var selection = new BitSet();
        selection.set(0);
        selection.set(2);
        assertThat(segment.frames(selection, buffers)).isSameAs(byName);
        assertThat(segment.frames(cohort("nothing here"), buffers)).isNull();
        segment.release();
        assertThat(byName.bytes().refCnt()).isZero();
    }

    @Test
    void bytesOfASelectionAreItsFramesInLogOrder_inADirectBuffer() {
        put("a", "1");
        EventId first = last;
        put("b", "2");
        put("a", "3");
        Segment segment = all();
        Segment.Frames frames = frames(segment, cohort("a"));
        assertThat(new String(ByteBufUtil.getBytes(frames.bytes()), UTF_8))
                .isEqualTo("id: " + first + "\ndata: 1\n\nid: " + last + "\ndata: 3\n\n");
        assertThat(frames.last()).isEqualTo(last);
        assertThat(frames.bytes().isDirect()).isTrue();
        segment.release();
    }

    @Test
    void segmentHoldsAtMostItsEntriesAndBytes_butOneAtLeast() {
        for (int i = 0; i < 300; i++) {
            put("a", "x");
        }
        assertThat(all().entries()).hasSize(Segment.ENTRIES);
        put("big", "x".repeat(3 * Segment.BYTES));
        put("a", "x".repeat(Segment.BYTES / 2));
        put("a", "x".repeat(Segment.BYTES / 2));
        assertThat(from(300).entries()).hasSize(1);
        assertThat(from(301).entries()).hasSize(1);
        assertThat(from(256).to()).isEqualTo(300);
    }

    @Test
    void whatTheWindowDroppedIsNoSegment() {
        var small = new Window(1, Long.MAX_VALUE, START);
        small.put(LogEntry.of(START.next(0), 0, Publication.of("a", SseEvent.of("1"))));
        small.put(LogEntry.of(START.next(0).next(0), 0, Publication.of("a", SseEvent.of("2"))));
        assertThat(Segment.read(small, 0, 2, Segment.BYTES)).isNull();
        assertThat(Segment.read(small, 1, 2, Segment.BYTES)).isNotNull();
    }

    @Test
    void controlEntriesAreInNobodysSelection() {
        last = last.next(0);
        window.put(LogEntry.of(last, 0, ControlEvents.subscribe("client/x", "a")));
        Segment segment = all();
        assertThat(segment.frames(cohort("client/*", "client/x"), buffers)).isNull();
        assertThat(segment.hasPrivate(List.of("client/x"))).isTrue();
        assertThat(segment.hasPrivate(List.of("client/y", "user/x"))).isFalse();
    }
}
