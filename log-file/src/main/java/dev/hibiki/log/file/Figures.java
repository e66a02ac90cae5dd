// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

/**
 * The figures of a log on disk, for metrics. Each is of its own moment.
 *
 * @param entries how many entries are kept
 * @param bytes how many bytes they take, counted as retention counts them
 * @param walBytes how many bytes of the write-ahead log are in use
 * @param appended how many entries were appended since the log was opened; only rises
 * @param commits how many commits they took; only rises
 * @param forcedNanos how long the disk was waited for in all, in nanoseconds; only rises, 0 with {@link Durability#OS}
 * @param channels how many channels are remembered
 */
public record Figures(
        long entries, long bytes, long walBytes, long appended, long commits, long forcedNanos, int channels) {}
