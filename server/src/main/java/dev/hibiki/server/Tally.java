// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts how many things each key has. A key that has none is not in the table, so the table is no larger than the number of
 * things, and empty when they are gone. Any thread.
 */
final class Tally<K> {

    private final int limit;
    private final ConcurrentHashMap<K, Integer> counts = new ConcurrentHashMap<>();

    /** @param limit the most things of one key, or 0 for no limit; then nothing is counted */
    Tally(int limit) {
        this.limit = limit;
    }

    /** Counts one more, or returns false if that would be too many. */
    boolean enter(K key) {
        if (limit == 0) {
            return true;
        }
        var entered = new boolean[1];
        counts.compute(key, (same, count) -> {
            int had = count == null ? 0 : count;
            entered[0] = had < limit;
            return entered[0] ? Integer.valueOf(had + 1) : count;
        });
        return entered[0];
    }

    /** Counts one more, whatever the limit says. */
    void enterAnyway(K key) {
        if (limit != 0) {
            counts.merge(key, 1, Integer::sum);
        }
    }

    /** Counts one less; only after {@link #enter} has returned true, or {@link #enterAnyway}. */
    void leave(K key) {
        if (limit != 0) {
            counts.computeIfPresent(key, (same, count) -> count > 1 ? Integer.valueOf(count - 1) : null);
        }
    }

    /** How many keys have something. */
    int size() {
        return counts.size();
    }
}
