// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

/**
 * What a log on disk can tell of itself, for metrics. Each figure is of its own moment.
 *
 * @param entries how many entries are kept
 * @param bytes how many bytes they count, as retention does
 * @param walBytes how large the part of the write-ahead log is that is in use
 * @param appended how many entries were appended since the log was opened; only rises
 * @param commits how many commits they took; only rises
 * @param forcedNanos how long the disk was waited for in all, in nanoseconds; only rises, 0 with {@link Durability#OS}
 * @param channels how many channels are remembered
 */
public record Figures(
        long entries, long bytes, long walBytes, long appended, long commits, long forcedNanos, int channels) {}
