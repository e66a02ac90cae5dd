// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.log.EventId;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is done to an open stream from outside, by its client's id: the stream is found, and the rest is done on its loop.
 * For a client without a stream here the answer is an {@link UnknownClientException}. Any thread.
 */
final class ClientStreams {

    private final Clients clients;
    private final Intake intake;
    private final int maxChannels;

    ClientStreams(Clients clients, Intake intake, HubSettings settings) {
        this.clients = clients;
        this.intake = intake;
        this.maxChannels = settings.maxChannels();
    }

    /** See {@link Hub#subscribe}. The stream obeys when it meets the entry, wherever it is. */
    CompletableFuture<EventId> subscribe(String clientId, String channel) {
        ChannelName.checkReadable(channel);
        return onStream(clientId, stream -> {
                    if (!stream.interest.contains(channel)) {
                        checkCount(stream.interest.size() + 1);
                    }
                    return stream;
                })
                .thenCompose(stream -> intake.append(ControlEvents.subscribe(stream.clientChannel(), channel)));
    }

    /** See {@link Hub#unsubscribe}. */
    CompletableFuture<EventId> unsubscribe(String clientId, String channel) {
        ChannelName.checkReadable(channel);
        return onStream(clientId, stream -> {
                    if (channel.equals(ChannelName.BROADCAST) || stream.privateChannels.contains(channel)) {
                        throw ChannelName.refused(
                                "channel",
                                channel,
                                "one that was subscribed to; this one the stream has from its start");
                    }
                    return stream;
                })
                .thenCompose(stream -> intake.append(ControlEvents.unsubscribe(stream.clientChannel(), channel)));
    }

    CompletableFuture<Void> end(String clientId, EndReason reason) {
        return onStream(clientId, stream -> {
            stream.end(reason);
            return null;
        });
    }

    CompletableFuture<Void> freeze(String clientId, Duration time) {
        return onStream(clientId, stream -> {
            stream.freeze(true);
            var unused = stream.shard.loop.schedule(() -> stream.freeze(false), time.toMillis(), TimeUnit.MILLISECONDS);
            return null;
        });
    }

    private <T extends @Nullable Object> CompletableFuture<T> onStream(String clientId, Function<HubStream, T> action) {
        Clients.Client client = clients.find(clientId);
        HubStream stream = client == null ? null : client.stream();
        return stream == null
                ? CompletableFuture.failedFuture(new UnknownClientException())
                : CompletableFuture.supplyAsync(() -> action.apply(stream), stream.shard.loop);
    }

    /**
     * Checks what a request for a stream asks for; see {@link Hub#check}.
     *
     * @throws IllegalArgumentException naming the parameter, its value and the rule
     */
    void check(StreamRequest request) {
        request.channels().forEach(ChannelName::checkReadable);
        checkCount(Interest.in(request.channels()).size());
        if (request.clientId() != null) {
            Clients.checkChosen(request.clientId());
        }
        if (request.userId() != null) {
            ChannelName.ofUser(request.userId());
        }
    }

    private void checkCount(int channels) {
        if (channels > maxChannels) {
            throw new TooManyChannelsException("channel: one more than the stream may have (expected: at most "
                    + maxChannels + " channels and patterns)");
        }
    }
}
