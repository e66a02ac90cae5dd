// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import java.util.Set;

/**
 * Which channels a reader reads: some by name, some perhaps by pattern. Immutable.
 *
 * <p>A log uses it in both of its forms: where {@link #hasPatterns} is false, {@link #channels} is all there is, and an index of
 * channels answers without scanning; else the log tests the channels that it knows with {@link #matches}, once each.
 */
public interface ChannelFilter {

    /** The channels that are read by name. */
    Set<String> channels();

    /** Whether other channels than {@link #channels} can match. */
    boolean hasPatterns();

    /** Whether an entry of that channel is read, by name or by pattern. */
    boolean matches(String channel);
}
