// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.flow.FlowControlHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
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
 * request begins, the answer is the last: our side is shut, what still comes is thrown away for a moment, and then the connection is
 * closed. Closing at once would reset it, and the client would lose the answer.
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

    /** How long what a client still sends after the last answer is thrown away. */
    static final long LINGER_MILLIS = 2000;

    /** What knows HTTP on a connection of HTTP/1.1, and on a stream of HTTP/2. */
    private static final List<String> HANDLERS = List.of("http", "flow", "encoder", "decoder", "clock");

    private static final List<String> STREAM_HANDLERS = List.of("http", "flow", "clock", "messages");

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

    private @Nullable ChannelHandlerContext context;
    private int served;
    private State state = State.AWAITING;
    private boolean begun;
    private boolean wanting;
    private boolean inputClosed;
    private boolean lastAnswer;
    private @Nullable String origin;

    // Of the present request.
    private @Nullable Exchange exchange;
    private Endpoint endpoint = nothing -> {};
    private Endpoint.@Nullable BodyReader reader;
    private ByteArrayOutputStream body = new ByteArrayOutputStream(0);
    private Bodies.@Nullable Part held;
    private boolean answering;
    private boolean closing;

    private HttpConnection(Site site, RequestClock clock, @Nullable RequestDecoder decoder, Protocol protocol) {
        this.site = site;
        this.clock = clock;
        this.decoder = decoder;
        this.protocol = protocol;
    }

    /** Makes a new channel without TLS, which must not read by itself, a connection of a site. */
    static void begin(Channel channel, Site site) {
        begin(channel, site, Protocol.CLEARTEXT_HTTP1);
    }

    /** Makes a channel, which must not read by itself, a connection of a site. */
    static void begin(Channel channel, Site site, Protocol protocol) {
        var clock = new RequestClock(site.limits());
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addLast("clock", clock);
        var decoder = new RequestDecoder(site.limits());
        pipeline.addLast("decoder", decoder);
        pipeline.addLast("encoder", new HttpResponseEncoder());
        pipeline.addLast("flow", new FlowControlHandler());
        pipeline.addLast("http", new HttpConnection(site, clock, decoder, protocol));
    }

    /** Makes a new stream of an HTTP/2 connection, which must not read by itself, one with a single request. */
    static void beginStream(Channel stream, Site site, Protocol protocol) {
        var clock = new RequestClock(site.limits());
        ChannelPipeline pipeline = stream.pipeline();
        pipeline.addLast("messages", new StreamMessages(site.limits().requestLine()));
        pipeline.addLast("clock", clock);
        pipeline.addLast("flow", new FlowControlHandler());
        pipeline.addLast("http", new HttpConnection(site, clock, null, protocol));
    }

    Channel channel() {
        return context().channel();
    }

    Site site() {
        return site;
    }

    private ChannelHandlerContext context() {
        if (context == null) {
            throw new IllegalStateException("connection: is in no pipeline yet");
        }
        return context;
    }

    // ---- what comes

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        if (ctx.channel().isActive()) {
            begin();
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        begin();
    }

    /** Wants the first request; once, because the flow control counts. */
    private void begin() {
        if (!begun) {
            begun = true;
            clock.await(RequestClock.Awaited.FIRST_BYTE);
            want();
        }
    }

    /** Asks for one more message. */
    private void want() {
        wanting = true;
        context().read();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (wanting) {
            ctx.read(); // the flow control forgets what was asked for when the socket has no more
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        wanting = false;
        try {
            if (lastAnswer || state == State.LINGERING) {
                return;
            }
            if (message instanceof HttpRequest request) {
                origin = request.headers().get(HttpHeaderNames.ORIGIN);
            }
            if (message instanceof HttpObject object && object.decoderResult().isFailure()) {
                refuse(malformed(object.decoderResult().cause()));
            } else if (message instanceof HttpRequest request) {
                head(request);
            } else if (message instanceof HttpContent content && state == State.RECEIVING) {
                part(content);
            }
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private HttpProblem malformed(Throwable cause) {
        if (cause instanceof TooLongHttpLineException && state == State.AWAITING) { // else it is that of a chunk
            refused(Refusals.Limit.REQUEST_LINE);
            return new HttpProblem(
                    414, "URI too long", "request line: is too long (expected: at most limits.request-line)");
        }
        if (cause instanceof TooLongHttpHeaderException) {
            refused(Refusals.Limit.HEADERS);
            return new HttpProblem(
                    431, "Request header fields too large", "headers: are too long (expected: at most limits.headers)");
        }
        return HttpProblem.badRequest("request: is malformed (expected: HTTP/1.1 as in RFC 9112, or HTTP/2)");
    }

    private void head(HttpRequest message) {
        state = State.RECEIVING;
        Exchange begun;
        try {
            begun = new Exchange(this, RequestHead.of(message, protocol));
        } catch (HttpProblem malformed) {
            refuse(malformed);
            return;
        }
        exchange = begun;
        HttpProblem refusal = null;
        try {
            endpoint = site.route(begun);
            reader = endpoint.reader(begun);
        } catch (HttpProblem refused) {
            refusal = refused;
            endpoint = failing -> failing.fail(refused);
        }
        if (reader == null
                && HttpUtil.getContentLength(message, 0L) > site.limits().body()) {
            refuse(tooLarge());
        } else if (!message.headers().contains(HttpHeaderNames.EXPECT) || expected(message, refusal)) {
            clock.await(reader == null ? RequestClock.Awaited.BODY : RequestClock.Awaited.NOTHING);
            want();
        }
    }

    /** Tells a client that asks before it sends its body; returns whether the body is to come. */
    private boolean expected(HttpRequest message, @Nullable HttpProblem refusal) {
        if (refusal != null) {
            refuse(refusal);
            return false;
        }
        if (!"100-continue".equalsIgnoreCase(message.headers().get(HttpHeaderNames.EXPECT))) {
            refuse(new HttpProblem(417, "Expectation failed", "expect: is unknown (expected: 100-continue)"));
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
        if (reader != null) {
            partForReader(reader, content.content(), complete);
            return;
        }
        ByteBuf bytes = content.content();
        if (body.size() + bytes.readableBytes() > site.limits().body()) {
            state = State.RECEIVING;
            refuse(tooLarge());
            return;
        }
        if (!hold(bytes.readableBytes())) {
            state = State.RECEIVING;
            refuse(Bodies.full());
            return;
        }
        byte[] part = new byte[bytes.readableBytes()];
        bytes.readBytes(part);
        body.writeBytes(part);
        if (complete) {
            serve();
        } else {
            want();
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

    private void serve() {
        Exchange current = exchange;
        if (current != null) {
            current.received(body.toByteArray());
            body = new ByteArrayOutputStream(0);
            try {
                endpoint.serve(current);
            } catch (RuntimeException failure) {
                current.fail(failure);
            }
        }
    }

    /** Counts bytes of the body among those that wait in memory, or returns false if those are too many. */
    private boolean hold(int bytes) {
        if (bytes > 0 && held == null) {
            held = site.edge().bodies().part();
        }
        return bytes == 0 || held == null || held.take(bytes);
    }

    private void letGo() {
        body = new ByteArrayOutputStream(0);
        if (held != null) {
            held.giveBack();
        }
    }

    private void refused(Refusals.Limit limit) {
        site.edge().refusals().add(limit);
    }

    private HttpProblem tooLarge() {
        refused(Refusals.Limit.BODY);
        return new HttpProblem(
                413,
                "Content too large",
                "body: is too long (expected: at most " + site.limits().body() + " bytes)");
    }

    // ---- what goes

    /** Answers what cannot be served, as the last thing on this connection. */
    private void refuse(HttpProblem problem) {
        lastAnswer = true;
        letGo();
        if (answering) {
            context().close(); // an answer is half out: there is no way to say it
        } else {
            write(exchange, Problems.document(problem));
        }
    }

    /** Answers the present request; an answer to any other comes too late and is dropped. */
    void answer(Exchange answered, Response response) {
        if (answered == exchange && !answering && !lastAnswer && channel().isActive()) {
            write(answered, response);
        }
    }

    private void write(@Nullable Exchange answered, Response response) {
        answering = true;
        RequestHead head = answered == null ? null : answered.head();
        boolean last = isLast(head);
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
                answered == null ? Connections.address(channel()).getHostAddress() + " -" : answered.toString(),
                sent.status(),
                answer.content().readableBytes(),
                answered == null ? 0 : System.nanoTime() - answered.startNanos());
        context().writeAndFlush(answer).addListener(taken -> taken(taken, last));
    }

    private boolean isLast(@Nullable RequestHead head) {
        return lastAnswer
                || state != State.SERVING
                || head == null
                || !head.keepAlive()
                || site.stopping().get();
    }

    /** Begins an answer that goes on while its request does; {@link #answerMore} and {@link #answerEnd} go on with it. */
    void answerBegin(Exchange answered, String contentType) {
        RequestHead head = answered.head();
        answering = true;
        closing = head.http10() || !head.keepAlive();
        context().writeAndFlush(HttpAnswer.begun(site, head, contentType, closing));
    }

    void answerMore(ByteBuf bytes) {
        context().writeAndFlush(new DefaultHttpContent(bytes));
    }

    /** Ends such an answer; its request has ended, or the server is stopping and the rest of it is thrown away. */
    void answerEnd(Exchange answered, long bytes) {
        clock.await(RequestClock.Awaited.ANSWER_TAKEN);
        AccessLog.answered(answered.toString(), 200, bytes, System.nanoTime() - answered.startNanos());
        boolean last = closing || site.stopping().get();
        context().writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT).addListener(taken -> taken(taken, last));
    }

    /** Answers with a stream that has ended already, as the last thing on this connection. */
    void answerEnded(Exchange answered, List<?> wholeAnswer) {
        if (answered != exchange || answering || !channel().isActive()) {
            wholeAnswer.forEach(ReferenceCountUtil::release);
            return;
        }
        answering = true;
        clock.await(RequestClock.Awaited.ANSWER_TAKEN);
        AccessLog.streamRefused(answered.toString());
        // From before the encoder, which takes no bytes.
        ChannelHandlerContext wire = channel().pipeline().context(clock);
        ChannelFuture written = wire.newSucceededFuture();
        for (Object part : wholeAnswer) {
            written = wire.write(part);
        }
        wire.flush();
        written.addListener(taken -> taken(taken, true));
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
        letGo();
        exchange = null;
        reader = null;
        answering = false;
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
        return state == State.AWAITING || (state == State.RECEIVING && reader == null && !answering);
    }

    /** The only answer of an HTTP/2 stream is out. What of its request has not come is not wanted, which is no error. */
    private void endStream() {
        if (state != State.SERVING && channel().isActive()) {
            channel().writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR));
        }
        context().close();
    }

    private void linger() {
        letGo();
        if (inputClosed || !(channel() instanceof DuplexChannel)) {
            context().close();
            return;
        }
        state = State.LINGERING;
        clock.discard();
        shutOutput(channel());
        discard(channel());
        context().executor().schedule(() -> channel().close(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Reads what still comes, which is thrown away. */
    static void discard(Channel channel) {
        channel.pipeline().addFirst("reads", OneReadATurn.HANDLER);
        channel.config().setAutoRead(true);
    }

    /** Says that no more comes from here, which TLS wants said twice. */
    static void shutOutput(Channel channel) {
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (!(channel instanceof DuplexChannel duplex)) {
            channel.close();
        } else if (tls == null) {
            duplex.shutdownOutput();
        } else {
            tls.closeOutbound().addListener(said -> duplex.shutdownOutput());
        }
    }

    /**
     * Hands the connection over to a stream, which writes its own bytes from here on; everything that knows HTTP leaves.
     *
     * @return false if the client has gone meanwhile
     */
    boolean becomeStream(Exchange answered, StreamOutlet outlet) {
        if (answered != exchange || answering || inputClosed || !channel().isActive()) {
            channel().close();
            return false;
        }
        answering = true;
        letGo();
        ChannelPipeline pipeline = channel().pipeline();
        pipeline.addLast("stream", outlet);
        for (String handler : protocol.http2() ? STREAM_HANDLERS : HANDLERS) {
            pipeline.remove(handler);
        }
        return true;
    }

    // ---- what ends it

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
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
            origin = decoder.origin();
        }
        if (awaited == RequestClock.Awaited.HEAD || awaited == RequestClock.Awaited.BODY) {
            refused(Refusals.Limit.REQUEST_TIME);
            refuse(new HttpProblem(
                    408, "Request timeout", "request: took too long (expected: at most limits.request-time)"));
        } else {
            context().close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        letGo();
        if (reader != null) {
            reader.gone();
        }
        if (exchange != null && !answering) {
            exchange.gone();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
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
        if (!isPeersFault(cause)) {
            LOG.error("a connection failed and is closed", cause);
        }
        if (!isStreamsError(cause)) {
            ctx.close();
        }
    }

    /**
     * Whether it is what a peer did wrong on one stream of HTTP/2. That stream is then reset by those who found it, with the error's own code;
     * closed here it would be cancelled, and cancelling is not counted among the resets that a peer may cause.
     */
    static boolean isStreamsError(Throwable cause) {
        return cause instanceof Http2Exception.StreamException;
    }

    /** Whether it failed because the peer has gone, or speaks no HTTP/2 or TLS that one could understand. */
    static boolean isPeersFault(Throwable cause) {
        return cause instanceof IOException
                || cause instanceof UncheckedIOException
                || cause instanceof DecoderException
                || cause instanceof Http2Exception;
    }
}
