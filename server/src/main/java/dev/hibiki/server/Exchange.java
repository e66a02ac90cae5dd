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

    private final HttpConnection connection;
    private final RequestHead head;
    private final InetAddress address;
    private final long startNanos = System.nanoTime();

    private Map<String, String> parameters = Map.of();
    private byte[] body = Response.NO_BODY;
    private @Nullable Runnable whenGone;
    private volatile Identity identity = Identity.of(Caller.EVERYBODY);
    private @Nullable CompletableFuture<Identity> identifying;

    Exchange(HttpConnection connection, RequestHead head) {
        this.connection = connection;
        this.head = head;
        this.address = connection.site().edge().proxies().client(Connections.address(channel()), head.headers());
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

    /** Who makes it will be known when this is complete; until then it is not served. */
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
        return connection.channel();
    }

    HttpConnection connection() {
        return connection;
    }

    long startNanos() {
        return startNanos;
    }

    /** Where the request comes from: the peer, or whom a trusted proxy names. */
    InetAddress address() {
        return address;
    }

    /** The address as limits count it, or null if it speaks for others. */
    @Nullable
    Network counted() {
        return Connections.isCounted(address, connection.site().edge().proxies()) ? Network.of(address) : null;
    }

    /** Who publishes, as far as a limit on that is concerned: the token's user, or else the token, or else the address. */
    Object rateKey() {
        Caller caller = caller();
        if (caller.hasToken() && caller.userId() != null) {
            return "user " + caller.userId();
        }
        String token = caller.tokenId();
        return token == null || token.isEmpty() ? Network.of(address) : "token " + token;
    }

    /** Runs on the loop if the connection goes before the answer. */
    void whenGone(Runnable action) {
        whenGone = action;
    }

    void gone() {
        if (whenGone != null) {
            whenGone.run();
        }
    }

    void answer(Response response) {
        onLoop(() -> connection.answer(this, response));
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
        connection.site().edge().refusals().add(limit);
    }

    /** Asks for the next part of a body that is read as it comes. */
    void readBody() {
        connection.readBody();
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
