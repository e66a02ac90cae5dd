// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.Hub;
import dev.hibiki.hub.TooManyChannelsException;
import io.netty.channel.Channel;
import java.net.InetAddress;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer. Belongs to its connection's loop; {@link #answer} and {@link #fail} may be called from any thread, and
 * only the first of all such calls counts.
 */
final class Exchange {

    private final Channel channel;
    private final Site site;
    private final RequestHead head;
    private final InetAddress address;
    private final long startNanos = System.nanoTime();

    private Map<String, String> parameters = Map.of();
    private byte[] body = Response.NO_BODY;
    private @Nullable Runnable whenGone;
    private volatile Identity identity = Identity.of(Caller.EVERYBODY);
    private @Nullable CompletableFuture<Identity> identifying;

    /**
     * For the loop; null once the answer is a stream, which would otherwise keep the connection's state in memory as long as it is
     * open.
     */
    private @Nullable HttpConnection connection;

    Exchange(HttpConnection connection, RequestHead head) {
        this.connection = connection;
        this.channel = connection.channel();
        this.site = connection.site();
        this.head = head;
        this.address = site.edge().proxies().client(Connections.address(channel()), head.headers());
    }

    void routed(Map<String, String> pathParameters) {
        parameters = pathParameters;
    }

    void received(byte[] wholeBody) {
        body = wholeBody;
    }

    RequestHead head() {
        return head;
    }

    /** Completes when it is known who makes the request; until then it is not served. */
    void identifying(CompletableFuture<Identity> coming) {
        identifying = coming;
    }

    @Nullable
    CompletableFuture<Identity> identifying() {
        return identifying;
    }

    void identified(Identity known) {
        identity = known;
    }

    Identity identity() {
        return identity;
    }

    /**
     * Who makes the request.
     *
     * @throws HttpProblem 401 if it came with a token that is not believed
     */
    Caller caller() {
        return identity.caller();
    }

    /** The request as a program sees it. */
    Request request(Hub hub) {
        return new ReceivedRequest(head, parameters, body, hub, this::caller);
    }

    byte[] body() {
        return body;
    }

    /** What stands in the path for a parameter of the route; empty if the route has none of that name. */
    String path(String name) {
        return parameters.getOrDefault(name, "");
    }

    Channel channel() {
        return channel;
    }

    HttpConnection connection() {
        HttpConnection answering = connection;
        if (answering == null) {
            throw new IllegalStateException(this + ": is a stream (expected: a request that is not answered yet)");
        }
        return answering;
    }

    /** It is answered by a stream, which no longer concerns the connection. */
    void becameStream() {
        connection = null;
        whenGone = null;
    }

    long startNanos() {
        return startNanos;
    }

    /** Where the request comes from: the peer, or the address that a trusted proxy names. */
    InetAddress address() {
        return address;
    }

    /** The address as limits count it, or null if it speaks for others. */
    @Nullable
    Network counted() {
        return Connections.isCounted(address, site.edge().proxies()) ? Network.of(address) : null;
    }

    /** Whom the limit on publishing counts: the user of the token, the token if it names none, or else the address. */
    Object rateKey() {
        Caller caller = identity.known();
        if (caller == null || !caller.hasToken()) {
            return Network.of(address);
        }
        if (caller.userId() != null) {
            return "user " + caller.userId();
        }
        return caller.tokenId() == null ? Network.of(address) : "token " + caller.tokenId();
    }

    /** Runs on the loop if the connection is lost before the answer. */
    void whenGone(Runnable action) {
        whenGone = action;
    }

    void gone() {
        if (whenGone != null) {
            whenGone.run();
        }
    }

    void answer(Response response) {
        onLoop(() -> {
            HttpConnection answering = connection;
            if (answering != null) {
                answering.answer(this, response);
            }
        });
    }

    /** Answers with what a handler's failure means to the client. */
    void fail(Throwable failure) {
        answer(Problems.document(Problems.of(failure, toString())));
    }

    /** Answers with what the hub's refusal means to the client. */
    void failByHub(Throwable failure) {
        if (Problems.unwrapped(failure) instanceof TooManyChannelsException) {
            refused(Refusals.Limit.CHANNELS);
        }
        answer(Problems.document(Problems.ofHub(failure, toString())));
    }

    /** Counts that the request is refused because of a limit. */
    void refused(Refusals.Limit limit) {
        site.edge().refusals().add(limit);
    }

    /** Asks for the next part of a body that is read as it comes. */
    void readBody() {
        connection().readBody();
    }

    void onLoop(Runnable action) {
        if (channel().eventLoop().inEventLoop()) {
            action.run();
        } else {
            channel().eventLoop().execute(action);
        }
    }

    /** The request as a line of the log names it. */
    @Override
    public String toString() {
        return address.getHostAddress() + " " + head.method() + " " + AccessLog.shown(head.target()) + " "
                + head.version();
    }
}
