// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What goes out on a connection until it becomes a stream: to each request one answer, and none after the last.
 *
 * <p>Every answer passes here: it is written and logged here, and the connection is told when the peer has taken it.
 * {@link #isBegun} shows whether a request would be answered twice, or not at all.
 *
 * <p>On the connection's loop.
 */
@SuppressWarnings("FutureReturnValueIgnored") // a write fails only with the connection, whose end is told anyway
final class Answers {

    /** Is told when an answer was taken. */
    interface Taken {
        /**
         * It was written to the socket, or could not be.
         *
         * @param last whether nothing may follow it on this connection
         */
        void taken(Future<?> written, boolean last);
    }

    private final Site site;
    private final RequestClock clock;
    private final Taken then;
    private @Nullable ChannelHandlerContext context;
    private @Nullable String origin;
    private boolean begun;
    private boolean closing;

    Answers(Site site, RequestClock clock, Taken then) {
        this.site = site;
        this.clock = clock;
        this.then = then;
    }

    /** Where they are written. */
    void to(ChannelHandlerContext ctx) {
        context = ctx;
    }

    ChannelHandlerContext context() {
        if (context == null) {
            throw new IllegalStateException("connection: is in no pipeline yet");
        }
        return context;
    }

    /** Whether some of the present request's answer is out. */
    boolean isBegun() {
        return begun;
    }

    /** From now on all is a stream's. */
    void becomeStream() {
        begun = true;
    }

    /** The origin of the page that is to read the answer, also where the request's head was not understood. */
    void origin(@Nullable String named) {
        origin = named;
    }

    /** Another request may come. */
    void next() {
        begun = false;
    }

    /**
     * A complete answer.
     *
     * @param answered the request, or null if its head was not understood
     * @param last whether nothing may follow it on this connection
     */
    void whole(@Nullable Exchange answered, Response response, boolean last) {
        begun = true;
        RequestHead head = answered == null ? null : answered.head();
        FullHttpResponse answer;
        Response sent = response;
        try {
            answer = HttpAnswer.whole(site, head, origin, response, last);
        } catch (IllegalArgumentException unwritable) {
            sent = Problems.document(Problems.of(unwritable, String.valueOf(answered)));
            answer = HttpAnswer.whole(site, head, origin, sent, last);
        }
        clock.await(RequestClock.Awaited.ANSWER_TAKEN);
        AccessLog.answered(
                answered == null
                        ? Connections.address(context().channel()).getHostAddress() + " -"
                        : answered.toString(),
                sent.status(),
                answer.content().readableBytes(),
                answered == null ? 0 : System.nanoTime() - answered.startNanos());
        context().writeAndFlush(answer).addListener(taken -> then.taken(taken, last));
    }

    /** Begins an answer that goes on while its request does; {@link #more} and {@link #end} go on with it. */
    void begin(Exchange answered, String contentType) {
        RequestHead head = answered.head();
        begun = true;
        closing = head.http10() || !head.keepAlive();
        context().writeAndFlush(HttpAnswer.begun(site, head, contentType, closing));
    }

    void more(ByteBuf bytes) {
        context().writeAndFlush(new DefaultHttpContent(bytes));
    }

    /** Ends such an answer; its request has ended, or the server is stopping and the rest of it is thrown away. */
    void end(Exchange answered, long bytes) {
        clock.await(RequestClock.Awaited.ANSWER_TAKEN);
        AccessLog.answered(answered.toString(), 200, bytes, System.nanoTime() - answered.startNanos());
        boolean last = closing || site.stopping().get();
        context().writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT).addListener(taken -> then.taken(taken, last));
    }

    /** A stream that has ended already, as the last thing on this connection: written as bytes, because the encoder would not take it. */
    void endedStream(Exchange answered, List<?> parts) {
        begun = true;
        clock.await(RequestClock.Awaited.ANSWER_TAKEN);
        AccessLog.streamRefused(answered.toString());
        ChannelHandlerContext wire = context().channel().pipeline().context(clock);
        ChannelFuture written = wire.newSucceededFuture();
        for (Object part : parts) {
            written = wire.write(part);
        }
        wire.flush();
        written.addListener(taken -> then.taken(taken, true));
    }
}
