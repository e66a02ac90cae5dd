// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.EndReason;
import dev.hibiki.hub.Hub;
import dev.hibiki.hub.HubStream;
import dev.hibiki.hub.StreamRequest;
import io.netty.channel.Channel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a request becomes a stream. Whatever can be refused is refused before the head; with the head the connection leaves HTTP and the
 * hub takes over. All on the connection's loop.
 */
final class StreamOpening {

    private static final Logger LOG = LoggerFactory.getLogger(HibikiServer.class.getPackageName());

    private static final int MIN_REFUSAL_MILLIS = 1000;
    private static final int MAX_REFUSAL_MILLIS = 60_000;

    private final Hub hub;
    private final OpenStreams open;
    private final @Nullable TokenLives lives;

    /** @param lives what watches the tokens of streams, or null on a server without a key */
    StreamOpening(Hub hub, OpenStreams open, @Nullable TokenLives lives) {
        this.hub = hub;
        this.open = open;
        this.lives = lives;
    }

    /**
     * Opens a stream, or refuses it.
     *
     * @param program the program's view of the stream, or null if no program is involved
     * @return whether the stream is open
     */
    boolean open(Exchange exchange, StreamRequest request, @Nullable ProgramStream program) {
        try {
            hub.check(request);
        } catch (IllegalArgumentException refused) {
            exchange.failByHub(refused);
            return false;
        }
        OpenStreams.Place place = hub.takesOver(request)
                ? open.takeOver(request.userId(), exchange.counted())
                : open.enter(request.userId(), exchange.counted());
        if (place == null) {
            refuse(exchange);
            return false;
        }
        RequestHead head = exchange.head();
        Channel channel = exchange.channel();
        var outlet = new StreamOutlet(StreamWire.of(head), exchange.toString(), place, program);
        HttpConnection connection = exchange.connection();
        Site site = connection.site();
        if (!connection.becomeStream(exchange, outlet)) {
            place.leave();
            return false;
        }
        exchange.becameStream();
        if (!outlet.begin(StreamHead.open(channel.alloc(), site, head))) {
            return false;
        }
        try {
            HubStream stream = hub.open(channel.eventLoop(), request, outlet);
            outlet.join(stream);
            watch(exchange, stream, program);
        } catch (RuntimeException failed) {
            LOG.error("{} failed as it opened", exchange, failed);
            outlet.end(EndReason.FAILED);
            if (program != null) {
                program.ended(EndReason.FAILED);
            }
            return false;
        }
        if (program != null) {
            program.opened(outlet);
        }
        return true;
    }

    private void watch(Exchange exchange, HubStream stream, @Nullable ProgramStream program) {
        Caller caller = exchange.identity().known();
        if (lives != null
                && caller != null
                && (caller.hasToken() || !stream.clientId().isEmpty())) {
            lives.opened(exchange, caller, stream, program == null ? List.of() : program.channels());
        }
    }

    /** Whether a stream would have a place now; {@code asked} is what is known before its program is asked. */
    boolean hasRoom(@Nullable StreamRequest asked) {
        return (asked != null && hub.takesOver(asked)) || open.hasRoom();
    }

    /** Refuses a stream that comes at a bad time: 200, a long {@code retry:} of its own, end. */
    void refuse(Exchange exchange) {
        open.refuse();
        Channel channel = exchange.channel();
        int millis = ThreadLocalRandom.current().nextInt(MIN_REFUSAL_MILLIS, MAX_REFUSAL_MILLIS + 1);
        exchange.connection()
                .answerEnded(
                        exchange,
                        StreamHead.refusal(
                                channel.alloc(),
                                exchange.connection().site(),
                                exchange.head(),
                                Duration.ofMillis(millis)));
    }
}
