// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OnDemandTest {

    /** How often the socket was asked for more. */
    private int reads;

    private final List<Object> taken = new ArrayList<>();
    private int takesAtOnce;

    private final EmbeddedChannel channel = new EmbeddedChannel(
            new ChannelOutboundHandlerAdapter() {
                @Override
                public void read(ChannelHandlerContext ctx) {
                    reads++;
                }
            },
            new OnDemand(),
            new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object message) {
                    taken.add(message);
                    if (taken.size() < takesAtOnce) {
                        ctx.read();
                    }
                }
            });

    OnDemandTest() {
        channel.config().setAutoRead(false);
        come("what the channel asked for when it was new");
        taken.clear();
        reads = 0;
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private void come(Object... messages) {
        for (Object message : messages) {
            channel.pipeline().fireChannelRead(message);
        }
        channel.pipeline().fireChannelReadComplete();
    }

    @Test
    void passesOneForEachThatIsAskedFor() {
        come("a", "b", "c");
        assertThat(taken).isEmpty();
        channel.read();
        assertThat(taken).containsExactly("a");
        channel.read();
        assertThat(taken).containsExactly("a", "b");
        assertThat(reads).as("reads, while there was something to pass on").isZero();
    }

    @Test
    void asksTheSocketForWhatIsNotThere_andAgainWhenAReadBroughtNothing() {
        channel.read();
        assertThat(reads).isEqualTo(1);
        come();
        assertThat(reads).isEqualTo(2);
        come("a", "b");
        assertThat(taken).containsExactly("a");
        assertThat(reads).as("reads, once that is met").isEqualTo(2);
    }

    @Test
    void aHundredThousandThatAreTakenEachFromWithinTheOneBeforeNeedNoStackForEach() {
        takesAtOnce = 100_000;
        Object[] messages = new Object[100_000];
        for (int i = 0; i < messages.length; i++) {
            messages[i] = i;
        }
        come(messages);
        channel.read();
        assertThat(taken).containsExactly(messages);
    }

    @Test
    void passesAllOnceTheChannelReadsByItself() {
        come("a", "b");
        channel.config().setAutoRead(true);
        come("c");
        assertThat(taken).containsExactly("a", "b", "c");
    }

    @Test
    void whatWaitsIsReleasedWithTheChannel() {
        ByteBuf bytes = Unpooled.buffer(1);
        come(bytes);
        assertThat(channel.close().isSuccess()).isTrue();
        assertThat(bytes.refCnt()).isZero();
    }

    @Test
    void whatWaitsIsReleasedWithTheHandler() {
        ByteBuf bytes = Unpooled.buffer(1);
        come(bytes);
        channel.pipeline().remove(OnDemand.class);
        assertThat(bytes.refCnt()).isZero();
        assertThat(taken).isEmpty();
    }
}
