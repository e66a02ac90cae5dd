// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import java.util.Arrays;

/**
 * Where this log was opened: the end that was found then, and the first place that was given after it.
 *
 * <p>Between the two nothing was ever given, <em>as far as this file knows</em>. But a log may have lost an end that it had told to
 * clients: a power failure under {@link Durability#OS}, an older copy of the directory that was restored. What was lost there had
 * places after the end that was found and, unless the clock was set back, before the time of the opening. So a place in between
 * belongs to a lost end, and a reader that brings it goes on from where that end began. Until something is appended, so does every
 * place after the end that was found.
 *
 * <p>There is a row for each opening that was followed by an entry, of these the newest {@value #MOST}. The log's thread
 * changes it, any thread asks.
 */
final class Openings {

    static final int MOST = 10_000;

    /** The end that this opening found. */
    private final long found;

    /** In pairs, rising: the end that an opening found, and the first place after it. */
    private volatile long[] pairs;

    private volatile boolean written;

    /**
     * Takes up what was stored.
     *
     * @param pairs of earlier openings
     * @param found the end that the present one finds
     */
    Openings(long[] pairs, long found) {
        this.pairs = pairs.clone();
        this.found = found;
    }

    long found() {
        return found;
    }

    /** Whether anything was committed since the present opening. */
    boolean isWritten() {
        return written;
    }

    /** The first entry since this opening is committed. */
    void written(long first) {
        long[] more = Arrays.copyOf(pairs, pairs.length + 2);
        more[more.length - 2] = found;
        more[more.length - 1] = first;
        pairs = more.length > 2 * MOST ? Arrays.copyOfRange(more, 2, more.length) : more;
        written = true;
    }

    /**
     * The place itself, or if it belongs to a lost end the place where that began.
     *
     * @param end the last place that is committed
     */
    long surviving(long place, long end) {
        if (place > end) {
            return found;
        }
        long[] known = pairs;
        int low = 0;
        int high = known.length / 2; // of the openings before high, the last one that found an end before the place
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (known[2 * middle] < place) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        boolean lost = low > 0 && place < known[2 * low - 1];
        return lost ? known[2 * low - 2] : place;
    }
}
