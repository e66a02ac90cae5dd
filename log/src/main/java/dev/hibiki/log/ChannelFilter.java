// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import java.util.Set;

/**
 * Which channels a reader reads: some by name, some perhaps by pattern. Immutable.
 *
 * <p>It has two forms. If {@link #hasPatterns} is false, {@link #channels} is all that is read, and a log's index of
 * channels answers without scanning; otherwise the log tests each channel that it knows with {@link #matches}, once.
 */
public interface ChannelFilter {

    /** The channels that are read by name. */
    Set<String> channels();

    /** Whether other channels than {@link #channels} can match. */
    boolean hasPatterns();

    /** Whether an entry of that channel is read, by name or by pattern. */
    boolean matches(String channel);
}
