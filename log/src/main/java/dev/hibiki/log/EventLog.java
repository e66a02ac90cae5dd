// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The log: one total order of all events, and the seam of extension. A new engine is one class that passes {@code EventLogContract}.
 *
 * <p>The promises, which everything above relies on:
 *
 * <ul>
 *   <li><b>Only the log assigns places.</b> They rise strictly, are never reused, and belong to one incarnation (see {@link EventId}).
 *   <li><b>Durable, then visible.</b> Readers, the tail and the answers to publishers see only committed entries, in commit order. A
 *   commit that failed shows nothing. <li><b>A batch is all or nothing</b>, and its entries stand next to each other. <li><b>What is
 *   removed is remembered</b>, by channel, so that a reader is told of a gap exactly when it may have missed something. <li><b>A key
 *   counts once</b> (see {@link Publication.Key}): it is kept with its entry, committed with it, and goes with it. <li><b>What lasts
 *   outlives retention</b> (see {@link Publication.Lasting}): beside its place in the log, where it comes and goes like any other
 *   entry, it is kept by its name, as durably as the log keeps anything.
 * </ul>
 *
 * <p>All methods may be called from any thread; each says whether it may block.
 */
public interface EventLog extends AutoCloseable {

    /**
     * Appends a batch; does not block.
     *
     * @param batch at least one publication
     * @return the ids, in the batch's order, once the whole batch is as durable as this log promises and the tail has seen
     *     it; for what was published before under its key, the id that it got then. Fails with a
     *     {@link LogUnavailableException} if the log cannot take it now, with a {@link KeyConflictException} if a key stands
     *     for another event, in the log or in this batch, with a {@link TooManyLastingException} if the log keeps as many
     *     lasting entries as it may
     * @throws IllegalArgumentException if the batch is empty
     */
    CompletableFuture<List<EventId>> append(List<Publication> batch);

    /**
     * Reads committed entries, oldest first; may block on a disk or a network, so never called on an event loop.
     *
     * <p>It may stop before the budget is used up, even without an entry, so as not to look at too much at once. But it
     * always makes progress: a reader that asks again from {@link LogSlice#scannedTo} reaches {@code upTo}, or the end of
     * the log if that is earlier.
     *
     * @param after the place after which to begin; of this log's incarnation
     * @param upTo the last place to look at; of this log's incarnation
     * @param filter the channels to read
     * @param budget where to stop
     * @throws IllegalArgumentException if a place is of another incarnation
     * @throws IOException if the log cannot be read now
     */
    LogSlice read(EventId after, EventId upTo, ChannelFilter filter, ReadBudget budget) throws IOException;

    /**
     * Starts to hand every later commit to the hub. Several may tail one log.
     *
     * @param committed called with the entries of each commit, in commit order, by one thread at a time, before the publisher is
     *     answered; must be quick and must not call the log
     * @return the place after which the tail begins: what is before it has to be read, what is after it will be handed over,
     *     and nothing is in between
     */
    EventId tail(Consumer<List<LogEntry>> committed);

    /**
     * The entries of a channel that outlive retention, the newest of each name, in the order of the log; may block.
     *
     * <p>Call {@link #tail} first and then this, and you miss none: each one that was committed before is among these, each
     * later one is handed over.
     *
     * @throws IOException if the log cannot be read now
     */
    List<LogEntry> lasting(String channel) throws IOException;

    /** The place before the first entry of this incarnation; does not block. */
    EventId birth();

    /**
     * The newest place at which anything was removed, or {@link #birth} if nothing ever was: whoever reads from there or from after it
     * has missed nothing. Retention counts as of now, so nobody is given, from a cache say, what the log no longer keeps. Never waits
     * for a disk or a network.
     */
    EventId floor();

    /**
     * The place from which a reader that brings a place goes on: that place itself, or, if it belongs to an end that this
     * log has lost (in a power failure, or because an older copy was restored), the place where that end began. Of this log
     * the reader has everything up to there, and nothing after it. Does not block.
     *
     * @param place of this log's incarnation; if it is after {@link #end}, it belongs to an end that was lost
     * @throws IllegalArgumentException if it is of another incarnation
     */
    EventId surviving(EventId place);

    /**
     * The place of the last committed entry, or {@link #birth} if there was none; asks the log, so it may block.
     *
     * @throws LogUnavailableException if the log cannot be asked now
     */
    EventId end();

    /**
     * The place of the newest entry of a channel that is still kept, or null if there is none; may block.
     *
     * @throws LogUnavailableException if the log cannot be asked now
     */
    @Nullable
    EventId lastOf(String channel);

    /**
     * The place after which the newest entries of some channels stand, for readers that want a bit of history; may block.
     *
     * @param filter the channels
     * @param count how many entries at most, at least 0
     * @return the place after which exactly that many entries match, or {@link #floor} if fewer are kept
     * @throws IOException if the log cannot be read now
     */
    EventId beforeNewest(ChannelFilter filter, int count) throws IOException;

    /** Ends the log: later appends fail, and none that was answered is lost. */
    @Override
    void close();
}
