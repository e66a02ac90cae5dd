// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import java.sql.SQLException;
import java.util.Collection;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * The places of some channels in a range, merged, rising or falling: each channel's come from the index, some at a time.
 *
 * <p>Cost: at first one question to the index for each channel, then one for each {@code portion} places. If falling, a
 * channel is asked only when its newest place, which is known without asking, has come up.
 */
final class Merge {

    private final Cursor cursor;
    private final long after;
    private final long upTo;
    private final int portion;
    private final boolean falling;
    private final PriorityQueue<Run> runs;

    /** What is next of one channel. */
    private final class Run {

        private final Channel channel;
        private long[] places;
        private int at;
        private boolean ended;

        Run(Channel channel) {
            this.channel = channel;
            long newest = channel.newest;
            this.places = falling && newest <= upTo && newest > after ? new long[] {newest} : new long[0];
        }

        long place() {
            return places[at];
        }

        /** Makes sure that there is a place; false if there is none left. */
        boolean fill() throws SQLException {
            if (at < places.length) {
                return true;
            }
            if (ended) {
                return false;
            }
            long last = places.length == 0 ? (falling ? upTo + 1 : after) : places[places.length - 1];
            places = falling
                    ? cursor.places(channel, after, last - 1, portion, true)
                    : cursor.places(channel, last, upTo, portion, false);
            at = 0;
            ended = places.length < portion;
            return places.length > 0;
        }
    }

    Merge(Cursor cursor, Collection<Channel> channels, long after, long upTo, int portion, boolean falling)
            throws SQLException {
        this.cursor = cursor;
        this.after = after;
        this.upTo = upTo;
        this.portion = portion;
        this.falling = falling;
        Comparator<Run> rising = Comparator.comparingLong(Run::place);
        runs = new PriorityQueue<>(falling ? rising.reversed() : rising);
        for (Channel channel : channels) {
            Run run = new Run(channel);
            if (run.fill()) {
                runs.add(run);
            }
        }
    }

    /** The next place, or 0 if there is none. */
    long next() throws SQLException {
        Run run = runs.poll();
        if (run == null) {
            return 0;
        }
        long place = run.place();
        run.at++;
        if (run.fill()) {
            runs.add(run);
        }
        return place;
    }
}
