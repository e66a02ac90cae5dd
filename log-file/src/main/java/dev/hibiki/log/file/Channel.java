// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

/** A channel that the log knows, and the two places that tell readers what they need of it. The log's thread writes, all read. */
final class Channel {

    final long row;
    final String name;

    /** The newest entry, which may be removed by now; never behind what a reader can see. */
    volatile long newest;

    /** The newest entry that was removed, or what stands for it, or 0. */
    volatile long removed;

    Channel(long row, String name, long newest, long removed) {
        this.row = row;
        this.name = name;
        this.newest = newest;
        this.removed = removed;
    }
}
