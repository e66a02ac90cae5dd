// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one shard with one interest. Streams that read the same channels are given the same bytes, so a shard works
 * out per cohort what to send, and per stream only writes. Belongs to one loop.
 *
 * <p>The live ones stand in an array with holes. While a fan-out walks over it in slices, a stream that leaves only empties
 * its slot; the holes are closed, and streams join, only between fan-outs.
 */
final class Cohort {

    final Interest interest;

    /** How many streams of the shard have this interest, live or behind; with none left the shard forgets the cohort. */
    int members;

    private @Nullable HubStream[] live = new @Nullable HubStream[4];
    private int end;
    private int holes;

    Cohort(Interest interest) {
        this.interest = interest;
    }

    /** Where the array ends; slots below may be empty. */
    int slots() {
        return end;
    }

    @Nullable
    HubStream at(int slot) {
        return live[slot];
    }

    boolean hasLive() {
        return end > holes;
    }

    /** Adds a stream to the live ones; never during a fan-out. */
    void join(HubStream stream) {
        if (holes > 16 && holes > end / 2) {
            closeUp();
        }
        if (end == live.length) {
            live = Arrays.copyOf(live, end * 2);
        }
        stream.slot = end;
        live[end++] = stream;
    }

    /** Takes a stream out of the live ones; at any time. */
    void leave(HubStream stream) {
        live[stream.slot] = null;
        stream.slot = -1;
        holes++;
        if (holes == end) {
            end = 0;
            holes = 0;
        }
    }

    private void closeUp() {
        int next = 0;
        for (int slot = 0; slot < end; slot++) {
            HubStream stream = live[slot];
            if (stream != null) {
                live[next] = stream;
                stream.slot = next++;
            }
        }
        Arrays.fill(live, next, end, null);
        end = next;
        holes = 0;
    }
}
