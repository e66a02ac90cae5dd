// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP/1.1 connection: one request after the other, each answered before the next is looked at.
 *
 * <p>Nothing is read that is not wanted: the next request waits in the kernel (or, pipelined, as bytes in the {@link RequestDecoder}) until
 * the present one's answer is taken, so a peer cannot make us hold more than one, and who takes no answers is not read. A request is judged by its head, but answered when its
 * body has come, so that the connection can go on. Where that would be too much, and after anything that leaves it unclear where the next
 * request begins, the answer is the last: our side is shut, and what still comes is thrown away ({@link Farewell}).
 *
 * <p>A stream of an HTTP/2 connection is such a connection too, with one request, whose frames come as the same messages
 * ({@link StreamMessages}); what ends with its only answer is the stream.
 *
 * <p>All on the connection's loop. Worst case: one body of {@link Limits#body} bytes; {@value #TOGETHER} pipelined requests in one turn of the
 * loop, before the others there have theirs.
 */
@SuppressWarnings(
        "FutureReturnValueIgnored") // a write or close fails only with the connection, whose end is told anyway
final class HttpConnection extends ChannelInboundHandlerAdapter {

    private static final Logger LOG = LoggerFactory.getLogger(HibikiServer.class.getPackageName());

    /**
     * How many requests are served before the loop looks at its other connections. It runs what is due, and what that makes due, for up to a
     * second before it does so by itself: then a thousand requests that came in one segment were served while all others waited.
     */
    static final int TOGETHER = 16;

    private enum State {
        /** Between requests. */
        AWAITING,
        /** A head has come, its body has not. */
        RECEIVING,
        /** The request is complete. */
        SERVING,
        /** The last answer is out. */
        LINGERING
    }

    private final Site site;
    private final RequestClock clock;
    private final @Nullable RequestDecoder decoder;
    private final Protocol protocol;
    private final Answers answers;
    private final RequestFaults faults;
    private final ReceivedBody body;

    private int served;
    private State state = State.AWAITING;
    private boolean begun;
    private boolean inputClosed;
    private boolean lastAnswer;

    private @Nullable PresentRequest present;

    HttpConnection(Site site, RequestClock clock, @Nullable RequestDecoder decoder, Protocol protocol) {
        this.site = site;
        this.clock = clock;
        this.decoder = decoder;
        this.protocol = protocol;
        this.answers = new Answers(site, clock, this::taken);
        this.faults = new RequestFaults(site);
        this.body = new ReceivedBody(site, faults);
    }

    Channel channel() {
        return context().channel();
    }

    Site site() {
        return site;
    }

    private ChannelHandlerContext context() {
        return answers.context();
    }

    /** What takes the present body as it comes, or null. */
    private Endpoint.@Nullable BodyReader reader() {
        return present == null ? null : present.reader();
    }

    // ---- what comes

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        answers.to(ctx);
        if (ctx.channel().isActive()) {
            begin();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        begin();
    }

    /** Wants the first request; once, though a channel that is active when this is added may say so again. */
    private void begin() {
        if (!begun) {
            begun = true;
            clock.await(RequestClock.Awaited.FIRST_BYTE);
            want();
        }
    }

    /** Asks for one more message ({@link OnDemand}). */
    private void want() {
        context().read();
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            if (lastAnswer || state == State.LINGERING) {
                return;
            }
            if (message instanceof HttpRequest request) {
                answers.origin(request.headers().get(HttpHeaderNames.ORIGIN));
            }
            if (message instanceof HttpObject object && object.decoderResult().isFailure()) {
                refuse(faults.malformed(object.decoderResult().cause(), state == State.AWAITING));
            } else if (message instanceof HttpRequest request) {
                head(request);
            } else if (message instanceof HttpContent content && state == State.RECEIVING) {
                part(content);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void head(HttpRequest message) {
        state = State.RECEIVING;
        PresentRequest begun;
        try {
            begun = PresentRequest.of(new Exchange(this, RequestHead.of(message, protocol)), site);
        } catch (HttpProblem malformed) {
            refuse(malformed);
            return;
        }
        present = begun;
        HttpProblem refusal = begun.refusal();
        boolean asItComes = begun.reader() != null;
        if (refusal != null && begun.isOpenEnded()) {
            refuse(refusal);
        } else if (!asItComes
                && HttpUtil.getContentLength(message, 0L) > site.limits().body()) {
            refuse(faults.tooLarge());
        } else if (!message.headers().contains(HttpHeaderNames.EXPECT) || expected(message, refusal)) {
            clock.await(asItComes ? RequestClock.Awaited.NOTHING : RequestClock.Awaited.BODY);
            want();
        }
    }

    /** Tells a client that asks before it sends its body; returns whether the body is to come. */
    private boolean expected(HttpRequest message, @Nullable HttpProblem refusal) {
        HttpProblem problem = refusal == null ? RequestFaults.expectation(message) : refusal;
        if (problem != null) {
            refuse(problem);
            return false;
        }
        if (HttpUtil.is100ContinueExpected(message)) {
            context()
                    .writeAndFlush(new DefaultFullHttpResponse(
                            HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
        }
        return true;
    }

    private void part(HttpContent content) {
        boolean complete = content instanceof LastHttpContent;
        if (complete) {
            clock.await(RequestClock.Awaited.NOTHING);
            state = State.SERVING;
        }
        Endpoint.BodyReader reader = reader();
        if (reader != null) {
            partForReader(reader, content.content(), complete);
            return;
        }
        HttpProblem refusal = body.add(content.content());
        if (refusal != null) {
            state = State.RECEIVING;
            refuse(refusal);
            return;
        }
        if (!complete) {
            want();
        } else if (present != null) {
            present.serve(body.take());
        }
    }

    private void partForReader(Endpoint.BodyReader taking, ByteBuf bytes, boolean complete) {
        if (bytes.isReadable()) {
            taking.part(bytes);
        } else if (!complete) {
            readBody();
        }
        if (complete) {
            taking.end();
        }
    }

    /** Asks for the next part of the body. */
    void readBody() {
        if (state == State.RECEIVING) {
            want();
            if (inputClosed && state == State.RECEIVING) {
                context().close();
            }
        }
    }

    // ---- what goes

    /** Answers what cannot be served, as the last thing on this connection. */
    private void refuse(HttpProblem problem) {
        lastAnswer = true;
        body.letGo();
        if (answers.isBegun()) {
            context().close(); // an answer is half out: there is no way to say it
        } else {
            answers.whole(present == null ? null : present.exchange(), Problems.document(problem), true);
        }
    }

    /** Answers the present request; an answer to any other comes too late and is dropped. */
    void answer(Exchange answered, Response response) {
        if (isPresent(answered) && !lastAnswer) {
            RequestHead head = answered.head();
            boolean last = state != State.SERVING
                    || !head.keepAlive()
                    || site.stopping().get();
            answers.whole(answered, response, last);
        }
    }

    /** Whether it is the present request, and nothing of its answer is out. */
    private boolean isPresent(Exchange answered) {
        return present != null
                && answered == present.exchange()
                && !answers.isBegun()
                && channel().isActive();
    }

    /** What writes an answer that goes on while its request does. */
    Answers answers() {
        return answers;
    }

    /** Answers with a stream that has ended already, as the last thing on this connection. */
    void answerEnded(Exchange answered, List<?> wholeAnswer) {
        if (isPresent(answered)) {
            answers.endedStream(answered, wholeAnswer);
        } else {
            wholeAnswer.forEach(ReferenceCountUtil::release);
        }
    }

    private void taken(Future<?> written, boolean last) {
        if (!written.isSuccess()) {
            context().close();
        } else if (protocol.http2()) {
            endStream();
        } else if (last) {
            linger();
        } else if (++served % TOGETHER == 0) {
            context()
                    .executor()
                    .schedule(this::next, 0, TimeUnit.NANOSECONDS); // what is scheduled is for the next turn
        } else {
            // Not within this call: a peer that pipelines thousands of requests would nest as deep.
            context().executor().execute(this::next);
        }
    }

    private void next() {
        body.letGo();
        present = null;
        answers.next();
        state = State.AWAITING;
        boolean begun = decoder != null && decoder.next();
        clock.await(begun ? RequestClock.Awaited.HEAD : RequestClock.Awaited.NEXT_BYTE);
        want();
        if (inputClosed && wantsMore()) {
            context().close();
        }
    }

    /** Whether there is nothing to answer before more has come. */
    private boolean wantsMore() {
        return state == State.AWAITING || (state == State.RECEIVING && reader() == null && !answers.isBegun());
    }

    /** The only answer of an HTTP/2 stream is out. What of its request has not come is not wanted, which is no error. */
    private void endStream() {
        if (state != State.SERVING && channel().isActive()) {
            channel().writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR));
        }
        context().close();
    }

    private void linger() {
        body.letGo();
        if (inputClosed || !(channel() instanceof DuplexChannel)) {
            context().close();
            return;
        }
        state = State.LINGERING;
        clock.discard();
        Farewell.shutOutput(channel());
        Farewell.discard(channel());
        Farewell.closeSoon(context());
    }

    /**
     * Hands the connection over to a stream, which writes its own bytes from here on; everything that knows HTTP leaves.
     *
     * @return false if the client has gone meanwhile
     */
    boolean becomeStream(Exchange answered, StreamOutlet outlet) {
        if (!isPresent(answered) || inputClosed) {
            channel().close();
            return false;
        }
        answers.becomeStream();
        body.letGo();
        HttpPipeline.handOver(channel(), protocol, outlet);
        return true;
    }

    // ---- what ends it

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        Endpoint.BodyReader reader = reader();
        if (event instanceof RequestClock.Expired expired) {
            expired(expired.awaited());
        } else if (event == ChannelInputShutdownEvent.INSTANCE) {
            inputClosed = true;
            if (state == State.LINGERING || wantsMore()) {
                ctx.close();
            }
        } else if (event == Listener.Stopping.DRAINING && state == State.RECEIVING && reader != null) {
            reader.drain();
        } else if (event == Listener.Stopping.NOW && state == State.AWAITING) {
            ctx.close();
        }
    }

    private void expired(RequestClock.Awaited awaited) {
        if (awaited == RequestClock.Awaited.HEAD && decoder != null) {
            answers.origin(decoder.origin());
        }
        if (awaited == RequestClock.Awaited.HEAD || awaited == RequestClock.Awaited.BODY) {
            refuse(faults.tooSlow());
        } else {
            context().close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        body.letGo();
        Endpoint.BodyReader reader = reader();
        if (reader != null) {
            reader.gone();
        }
        if (present != null && !answers.isBegun()) {
            present.exchange().gone();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        Endpoint.BodyReader reader = reader();
        boolean writable = ctx.channel().isWritable();
        if (reader != null && state == State.RECEIVING) {
            // Who sends lines and takes no answers is not waited for any longer than others.
            clock.await(writable ? RequestClock.Awaited.NOTHING : RequestClock.Awaited.ANSWER_TAKEN);
        }
        if (reader != null && writable) {
            reader.writable();
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!PeerFaults.isPeersFault(cause)) {
            LOG.error("a connection failed and is closed", cause);
        }
        if (!PeerFaults.isStreamsError(cause)) {
            ctx.close();
        }
    }
}
