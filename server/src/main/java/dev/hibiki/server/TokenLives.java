// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.event.SseEvent;
import dev.hibiki.hub.EndReason;
import dev.hibiki.hub.Grant;
import dev.hibiki.hub.HubStream;
import dev.hibiki.hub.Revocation;
import dev.hibiki.hub.Revocations;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The streams that were opened on a server with a key, and the token of each: a stream ends no later than its token.
 *
 * <p>Before that the client is told, and a fresh token of the same user prolongs the stream. Checking all of them a few
 * times a second is enough, so no stream has a timer of its own; the check also ends the streams whose token another hub on
 * the same log has revoked. A token that is accepted after its end, because clocks may differ, ends its stream after that
 * difference.
 *
 * <p>Any thread; what is done to a stream is done on its loop.
 */
final class TokenLives {

    static final Duration LOOK_EVERY = Duration.ofMillis(200);

    static final String EXPIRING = "hibiki.token-expiring";

    private final Revocations revocations;
    private final Duration skew;
    private final Duration warning;
    private final Set<Life> lives = ConcurrentHashMap.newKeySet();
    private final Map<String, Life> byClient = new ConcurrentHashMap<>();
    private long obeyed; // how many revocations were looked at; by who looks

    TokenLives(Revocations revocations, Duration skew, Duration warning) {
        this.revocations = revocations;
        this.skew = skew;
        this.warning = warning;
    }

    /** A stream has opened; on its loop. */
    void opened(Exchange exchange, Caller caller, HubStream stream, List<String> channelsOfProgram) {
        var life = new Life(caller, stream, exchange.channel().eventLoop(), channelsOfProgram);
        lives.add(life);
        if (!stream.clientId().isEmpty()) {
            byClient.put(stream.clientId(), life);
        }
        exchange.channel().closeFuture().addListener(closed -> {
            lives.remove(life);
            byClient.remove(stream.clientId(), life);
        });
        if (caller.isRevokedBy(revocations)) {
            stream.end(EndReason.REVOKED);
        }
    }

    /** The stream of a client, or null if it has none here. */
    @Nullable
    Life ofClient(String clientId) {
        return byClient.get(clientId);
    }

    int size() {
        return lives.size();
    }

    /** Warns and ends the streams for which it is time. */
    void look() {
        long now = System.currentTimeMillis();
        lives.forEach(life -> life.look(now));
        long changes = revocations.changes();
        if (changes != obeyed) {
            obeyed = changes;
            endRevoked();
        }
    }

    /** How many streams a revocation is about to end. */
    long concernedBy(Revocation revocation) {
        return lives.stream()
                .filter(life -> !life.ended && life.caller.isConcernedBy(revocation))
                .count();
    }

    /** Ends the streams whose token was revoked. */
    void endRevoked() {
        for (Life life : lives) {
            if (life.caller.isRevokedBy(revocations)) {
                life.end(EndReason.REVOKED);
            }
        }
    }

    /** One stream and its token. */
    final class Life {

        private final HubStream stream;
        private final Executor loop;
        private final List<String> channelsOfProgram;
        private volatile Caller caller;
        private volatile long endMillis;
        private volatile boolean told;
        private volatile boolean ended;

        private Life(Caller caller, HubStream stream, Executor loop, List<String> channelsOfProgram) {
            this.caller = caller;
            this.stream = stream;
            this.loop = loop;
            this.channelsOfProgram = channelsOfProgram;
            this.endMillis = end(caller.expiresAt());
        }

        private long end(@Nullable Instant expiresAt) {
            if (expiresAt == null) {
                return Long.MAX_VALUE;
            }
            boolean isOver = expiresAt.toEpochMilli() <= System.currentTimeMillis();
            return (isOver ? expiresAt.plus(skew) : expiresAt).toEpochMilli();
        }

        String clientId() {
            return stream.clientId();
        }

        /** The caller who reads it, by the newest token. */
        Caller caller() {
            return caller;
        }

        /** Whether somebody is the user whose stream it is. */
        boolean isOf(Caller other) {
            return Objects.equals(other.userId(), caller.userId());
        }

        private void look(long now) {
            if (now >= endMillis) {
                end(EndReason.EXPIRED);
            } else if (!told && endMillis - now <= warning.toMillis()) {
                told = true;
                long end = endMillis;
                loop.execute(() -> told = stream.send(SseEvent.of(EXPIRING, "{\"expiresAt\":" + end + "}")));
            }
        }

        private void end(EndReason reason) {
            if (!ended) {
                ended = true;
                loop.execute(() -> stream.end(reason));
            }
        }

        /** Goes on with a fresh token, and reads no more than that grants. */
        void prolong(Caller fresh) {
            caller = fresh;
            endMillis = end(fresh.expiresAt());
            told = false;
            Grant grant = fresh.subscribe();
            loop.execute(() -> stream.grant(grant == null ? null : grant.and(channelsOfProgram)));
            if (fresh.isRevokedBy(revocations)) {
                end(EndReason.REVOKED);
            }
        }

        /** When the stream ends, milliseconds since 1970, or {@link Long#MAX_VALUE}. */
        long endMillis() {
            return endMillis;
        }
    }
}
