// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.hub.EndReason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StreamOutletTest {

    private final OpenStreams open = new OpenStreams(10, TestSite.EDGE, new AtomicBoolean());

    private StreamOutlet outlet(boolean chunked) {
        OpenStreams.Place place = Objects.requireNonNull(open.enter(null, null));
        return new StreamOutlet(chunked ? StreamWire.CHUNKED : StreamWire.BARE, "GET /x", place, null);
    }

    private static ByteBuf direct(String text) {
        return PooledByteBufAllocator.DEFAULT.directBuffer().writeBytes(text.getBytes(UTF_8));
    }

    private static String sent(EmbeddedChannel channel) {
        var all = new StringBuilder();
        for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
            all.append(part.toString(UTF_8));
            part.release();
        }
        return all.toString();
    }

    @Test
    void eachBufferIsOneChunk_overHttp10ItIsBare() {
        for (boolean chunked : new boolean[] {true, false}) {
            StreamOutlet outlet = outlet(chunked);
            var channel = new EmbeddedChannel(outlet);
            ByteBuf frames = direct("id: 1\ndata: 0123456789\n\n");
            outlet.write(frames);
            outlet.write(Unpooled.EMPTY_BUFFER);
            outlet.flush();
            assertThat(sent(channel))
                    .isEqualTo(chunked ? "18\r\nid: 1\ndata: 0123456789\n\n\r\n" : "id: 1\ndata: 0123456789\n\n");
            outlet.end(EndReason.ENDED);
            assertThat(sent(channel)).isEqualTo(chunked ? "0\r\n\r\n" : "");
            channel.runPendingTasks();
            frames.release();
            assertThat(frames.refCnt()).isZero();
        }
    }

    @Test
    void whatIsLargeIsAChunkOfTheSameBytes_notOfACopy() {
        StreamOutlet outlet = outlet(true);
        var channel = new EmbeddedChannel(outlet);
        ByteBuf frames = direct("x".repeat(64 * 1024 + 1));
        outlet.write(frames);
        outlet.flush();
        ByteBuf begin = channel.readOutbound();
        ByteBuf bytes = channel.readOutbound();
        assertThat(begin.toString(UTF_8)).isEqualTo("10001\r\n");
        assertThat(bytes.memoryAddress()).isEqualTo(frames.memoryAddress());
        assertThat(bytes.readableBytes()).isEqualTo(0x10001);
        assertThat(sent(channel)).isEqualTo("\r\n");
        begin.release();
        bytes.release();
        frames.release();
        assertThat(frames.refCnt()).isZero();
        outlet.end(EndReason.ENDED);
        assertThat(sent(channel)).isEqualTo("0\r\n\r\n");
    }

    @Test
    void oneFramingServesAllStreamsOfATurn_andIsLetGoAfterIt() {
        var channel = new EmbeddedChannel(outlet(true));
        ChannelHandlerContext ctx = channel.pipeline().lastContext();
        ByteBuf frames = direct("data: x\n\n");
        var parts = new ArrayList<ByteBuf>();
        for (int i = 0; i < 5; i++) {
            parts.add(ChunkMemo.chunk(ctx, frames));
        }
        assertThat(parts).allSatisfy(part -> {
            assertThat(part.toString(UTF_8)).isEqualTo("9\r\ndata: x\n\n\r\n");
            assertThat(part.isDirect()).isTrue();
            assertThat(part.memoryAddress()).isEqualTo(parts.get(0).memoryAddress());
        });
        assertThat(frames.refCnt()).isEqualTo(2);
        channel.runPendingTasks();
        assertThat(frames.refCnt()).isEqualTo(1);
        frames.release();
        parts.forEach(ByteBuf::release);
        assertThat(parts.get(0).refCnt()).isZero();
    }

    @Test
    void manyBuffersOfOneTurnAreNotMistakenForEachOther() {
        StreamOutlet outlet = outlet(true);
        var channel = new EmbeddedChannel(outlet);
        var expected = new StringBuilder();
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 40; i++) {
                ByteBuf frames = direct("data: " + round + "." + i % 10 + "\n\n");
                outlet.write(frames);
                frames.release(); // so that, once forgotten, the pool may hand it out again
                expected.append("b\r\ndata: ")
                        .append(round)
                        .append('.')
                        .append(i % 10)
                        .append("\n\n\r\n");
            }
            outlet.flush();
        }
        assertThat(sent(channel)).isEqualTo(expected.toString());
        channel.runPendingTasks();
    }

    @Test
    void whatTheClientSaysIsThrownAway_itsGoingIsToldOnce() {
        StreamOutlet outlet = outlet(true);
        var channel = new EmbeddedChannel(outlet);
        ByteBuf noise = direct("GET / HTTP/1.1\r\n");
        channel.writeInbound(noise);
        assertThat(noise.refCnt()).isZero();
        assertThat(open.count()).isEqualTo(1);
        channel.close().syncUninterruptibly();
        channel.pipeline().fireChannelInactive();
        assertThat(open.count()).isZero();
    }

    @Test
    void whoSaysSomethingWaitsUntilMoreOfItIsRead() {
        var reads = new AtomicInteger();
        var channel = new EmbeddedChannel(
                new ChannelOutboundHandlerAdapter() {
                    @Override
                    public void read(ChannelHandlerContext ctx) {
                        reads.incrementAndGet();
                    }
                },
                outlet(true));
        channel.freezeTime();
        reads.set(0);
        channel.read();
        channel.runPendingTasks();
        assertThat(reads).as("reads of a quiet stream").hasValue(1);
        channel.writeInbound(direct("noise")); // after which the channel asks for more by itself
        channel.runPendingTasks();
        assertThat(reads).as("at once").hasValue(1);
        channel.advanceTimeBy(StreamOutlet.NOISE_MILLIS, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
        assertThat(reads).as("after a while").hasValue(2);
        assertThat(channel.close().isSuccess()).isTrue();
    }

    @Test
    void afterTheEndNothingIsWritten_andTheReasonIsTheServers() {
        StreamOutlet outlet = outlet(true);
        var channel = new EmbeddedChannel(outlet);
        outlet.end(EndReason.TAKEN_OVER);
        outlet.end(EndReason.STOPPING);
        ByteBuf frames = direct("data: x\n\n");
        outlet.write(frames);
        outlet.flush();
        frames.release();
        assertThat(outlet.isWritable()).isFalse();
        assertThat(sent(channel)).isEqualTo("0\r\n\r\n");
        channel.close().syncUninterruptibly();
        assertThat(open.count()).isZero();
    }
}
