// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.event.SseEvent;
import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.Publication;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrameBuffersTest {

    private final FrameBuffers buffers = new FrameBuffers();
    private EventId last = new EventId(1, 0, 1);

    private LogEntry entry(int bytes) {
        last = last.next(0);
        return LogEntry.of(last, 0, Publication.of("a", SseEvent.of("x".repeat(bytes))));
    }

    private static byte[] bytes(ByteBuf buffer) {
        return ByteBufUtil.getBytes(buffer);
    }

    @Test
    void aLargeEventIsHeldOnce_howeverManyHaveItPending() {
        LogEntry large = entry(Segment.BYTES);
        ByteBuf first = buffers.of(List.of(large));
        ByteBuf second = buffers.of(List.of(large));
        assertThat(second.memoryAddress()).isEqualTo(first.memoryAddress());
        first.release();
        assertThat(bytes(second)).isEqualTo(large.frame());
        second.release();
        assertThat(second.refCnt()).isZero();
    }

    @Test
    void onceAllHaveTakenItItIsMadeAnew() {
        LogEntry large = entry(Segment.BYTES);
        LogEntry other = entry(Segment.BYTES);
        ByteBuf taken = buffers.of(List.of(large));
        taken.release();
        ByteBuf another = buffers.of(List.of(other));
        ByteBuf anew = buffers.of(List.of(large));
        assertThat(anew).isNotSameAs(taken);
        assertThat(bytes(anew)).isEqualTo(large.frame());
        assertThat(bytes(another)).isEqualTo(other.frame());
        anew.release();
        another.release();
    }

    @Test
    void smallEventsStandTogetherInABufferOfTheirOwn() {
        LogEntry one = entry(10);
        LogEntry two = entry(10);
        ByteBuf first = buffers.of(List.of(one, two));
        ByteBuf second = buffers.of(List.of(one, two));
        assertThat(second.memoryAddress()).isNotEqualTo(first.memoryAddress());
        assertThat(new String(bytes(first), UTF_8))
                .isEqualTo(new String(one.frame(), UTF_8) + new String(two.frame(), UTF_8));
        first.release();
        second.release();
    }
}
