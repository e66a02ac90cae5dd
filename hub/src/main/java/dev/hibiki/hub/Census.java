// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.hub.StreamRequest.Member;
import dev.hibiki.log.EventLog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * What there is now: streams, channels and who is on them. Each shard counts its own on its loop when asked, so nothing has
 * to be kept up to date while events go out, and the sum is of moments that lie close together. May be asked from any
 * thread.
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
        return fromEachShard(Count::ofAll)
                .thenCompose(counts -> readers.ask(() -> {
                    Count all = Count.sum(counts);
                    var statuses = new ArrayList<ChannelStatus>();
                    all.streams.forEach((name, count) -> statuses.add(status(name, count, all)));
                    return statuses;
                }));
    }

    CompletableFuture<ChannelStatus> channel(String channel) {
        return fromEachShard(shard -> Count.of(shard, channel))
                .thenCompose(counts -> readers.ask(() -> {
                    Count all = Count.sum(counts);
                    return status(channel, all.streams.getOrDefault(channel, 0), all);
                }));
    }

    /** How many streams each channel has, and which users. */
    private record Count(Map<String, Integer> streams, Map<String, Set<Member>> users) {

        static Count ofAll(Shard shard) {
            var count = new Count(new HashMap<>(), new HashMap<>());
            shard.countInto(count.streams);
            shard.usersInto(count.users, null);
            return count;
        }

        static Count of(Shard shard, String channel) {
            var count = new Count(Map.of(channel, shard.count(channel)), new HashMap<>());
            shard.usersInto(count.users, channel);
            return count;
        }

        static Count sum(List<Count> counts) {
            var sum = new Count(new TreeMap<>(), new HashMap<>());
            for (Count count : counts) {
                count.streams.forEach((name, streams) -> sum.streams.merge(name, streams, Integer::sum));
                count.users.forEach((name, users) -> sum.users
                        .computeIfAbsent(name, first -> new LinkedHashSet<>())
                        .addAll(users));
            }
            return sum;
        }
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

    private ChannelStatus status(String channel, int streams, Count count) {
        List<Member> users = presence.isOf(channel)
                ? presence.on(channel)
                : count.users.getOrDefault(channel, Set.of()).stream()
                        .limit(Presence.CROWD)
                        .toList();
        return new ChannelStatus(channel, streams, users, log.lastOf(channel));
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
