// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.log.EventLog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * What there is now: streams, channels and who is on them. Each shard counts its own on its loop, so nothing is kept up to date for it
 * while events go out, and the sum is of moments that lie close together. May be asked from any thread.
 */
final class Census {

    private final List<Shard> shards;
    private final LogReaders readers;
    private final Presence presence;
    private final EventLog log;

    Census(List<Shard> shards, LogReaders readers, Presence presence, EventLog log) {
        this.shards = shards;
        this.readers = readers;
        this.presence = presence;
        this.log = log;
    }

    /** The channels that streams read by name. */
    CompletableFuture<List<ChannelStatus>> channels() {
        return fromEachShard(Census::countsOf).thenCompose(counts -> {
            var names = new TreeMap<String, Integer>();
            counts.forEach(map -> map.forEach((name, count) -> names.merge(name, count, Integer::sum)));
            return readers.ask(() -> {
                var statuses = new ArrayList<ChannelStatus>();
                names.forEach((name, count) -> statuses.add(status(name, count)));
                return statuses;
            });
        });
    }

    private static Map<String, Integer> countsOf(Shard shard) {
        Map<String, Integer> counts = new HashMap<>();
        shard.countInto(counts);
        return counts;
    }

    CompletableFuture<ChannelStatus> channel(String channel) {
        return streamsOf(channel).thenCompose(count -> readers.ask(() -> status(channel, count)));
    }

    /** How many streams read a channel, by name or by pattern. */
    CompletableFuture<Integer> streamsOf(String channel) {
        return fromEachShard(shard -> shard.count(channel))
                .thenApply(counts -> counts.stream().mapToInt(Integer::intValue).sum());
    }

    CompletableFuture<Lag> lag() {
        return fromEachShard(Lag::of).thenApply(lags -> lags.stream().reduce(Lag.NONE, Lag::plus));
    }

    HubFigures figures() {
        return shards.stream().map(shard -> shard.tally.figures()).reduce(HubFigures.NONE, HubFigures::plus);
    }

    int openStreams() {
        int open = 0;
        for (Shard shard : shards) {
            open += shard.streams();
        }
        return open;
    }

    private ChannelStatus status(String channel, int streams) {
        return new ChannelStatus(channel, streams, presence.on(channel), log.lastOf(channel));
    }

    private <T> CompletableFuture<List<T>> fromEachShard(Function<Shard, T> question) {
        var answers = new ArrayList<CompletableFuture<T>>();
        for (Shard shard : shards) {
            answers.add(CompletableFuture.supplyAsync(() -> question.apply(shard), shard.loop));
        }
        return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                .thenApply(done -> answers.stream().map(CompletableFuture::join).toList());
    }
}
