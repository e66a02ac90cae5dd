// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

/**
 * The bytes that streams behind have pending in their sockets, and the shard's budget for them.
 *
 * <p>A stream whose peer takes nothing holds what was last written to it, up to a segment and the content of a send buffer,
 * and as streams that are behind stand at different places, they share these bytes with nobody. Thousands of them would hold
 * hundreds of megabytes. So the bytes are summed up, and while the sum is above the budget {@link CatchUp} hands out small
 * pieces only, and those only to streams whose socket has taken everything. So the sum stays within the budget plus a small
 * piece for each stream, and every stream whose peer reads makes progress.
 *
 * <p>Nothing is scanned: a stream's pending bytes are looked at when it is written to or its turn comes, and the sum moves
 * by the difference. Live streams are not counted, because they share their bytes. Belongs to the loop.
 */
final class PendingBytes {

    private final long budget;
    private long sum;

    PendingBytes(long budget) {
        this.budget = budget;
    }

    /** Whether the budget is used up. */
    boolean isTight() {
        return sum > budget;
    }

    /** Counts what a stream that is behind has pending now. */
    void look(HubStream stream) {
        if (stream.state != HubStream.State.ENDED) {
            long pending = stream.outlet.unsentBytes();
            sum += pending - stream.pendingBytes;
            stream.pendingBytes = pending;
        }
    }

    /** The stream is no longer behind: it is live, or has ended. */
    void release(HubStream stream) {
        sum -= stream.pendingBytes;
        stream.pendingBytes = 0;
    }

    long sum() {
        return sum;
    }
}
