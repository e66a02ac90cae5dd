// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

/**
 * How far the streams are behind the log's end now.
 *
 * @param streams how many are open
 * @param behind how many of them are not live: new, returning, or slow
 * @param farthestEntries how many entries of the log stand between the one that is farthest behind and the end, whether they
 *     are for it or not; 0 if none is behind, -1 if it is so far behind that it reads the log, where entries are not counted
 * @param farthestMillis how much older its place is than the end, in milliseconds by the log's clock
 */
public record Lag(int streams, int behind, long farthestEntries, long farthestMillis) {

    private static final long UNCOUNTED = -1;

    static final Lag NONE = new Lag(0, 0, 0, 0);

    /** Of one shard; on its loop. */
    static Lag of(Shard shard) {
        Lag lag = new Lag(shard.streams(), shard.behind, 0, 0);
        return shard.behind == 0
                ? lag
                : shard.keepAlive.all().stream().map(Lag::of).reduce(lag, Lag::plus);
    }

    private static Lag of(HubStream stream) {
        Window window = stream.shard.window;
        boolean counts = stream.state != HubStream.State.LIVE
                && stream.state != HubStream.State.AHEAD
                && stream.cursor.sameIncarnation(window.end().place());
        if (!counts) {
            return NONE;
        }
        long millis = Math.max(0, window.end().place().millis() - stream.cursor.millis());
        long entries = stream.position < 0 ? UNCOUNTED : Math.max(0, window.head() - stream.position);
        return new Lag(0, 0, entries, millis);
    }

    Lag plus(Lag other) {
        boolean isUncounted = farthestEntries == UNCOUNTED || other.farthestEntries == UNCOUNTED;
        return new Lag(
                streams + other.streams,
                behind + other.behind,
                isUncounted ? UNCOUNTED : Math.max(farthestEntries, other.farthestEntries),
                Math.max(farthestMillis, other.farthestMillis));
    }
}
