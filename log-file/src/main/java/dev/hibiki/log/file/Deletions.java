// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * The second step of removal (see {@link Kept}): deletes removed entries from the disk, some with each transaction, and
 * folds quiet channels where there are too many. Memory takes note of what a transaction writes only when it is committed.
 *
 * <p>The log's thread only.
 */
final class Deletions {

    /** The most chunks that one transaction deletes besides what it adds: deleting must be faster than adding. */
    private static final int CHUNKS_A_COMMIT = 12;

    /** What one transaction deletes. */
    record Deletion(List<Kept.Chunk> chunks, List<Channel> forgotten) {}

    private final Store store;
    private final Kept kept;
    private final ChannelTable channels;

    Deletions(Store store, Kept kept, ChannelTable channels) {
        this.store = store;
        this.kept = kept;
        this.channels = channels;
    }

    boolean areDue() {
        return kept.hasToDelete() || channels.hasTooMany();
    }

    /**
     * Deletes some of it, within a transaction.
     *
     * @param comingBack the channels that have an entry in the same transaction
     * @param end the log's end
     */
    Deletion write(Set<Channel> comingBack, long end) throws SQLException {
        var deletion = new Deletion(kept.toDelete(CHUNKS_A_COMMIT), channels.tooMany(comingBack));
        for (Kept.Chunk chunk : deletion.chunks) {
            store.delete(chunk, end);
        }
        for (Channel channel : deletion.forgotten) {
            store.forget(channel);
        }
        return deletion;
    }

    /** The transaction is committed. */
    void committed(Deletion deletion) {
        deletion.forgotten.forEach(channels::forget);
        for (Kept.Chunk chunk : deletion.chunks) {
            kept.deleted();
            chunk.newest().keySet().stream()
                    .filter(channel -> channel.newest <= chunk.upTo())
                    .sorted(Comparator.comparingLong(channel -> channel.removed))
                    .forEach(channels::fellQuiet);
        }
    }
}
