// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Hands the next batch of the window to the live streams of a shard.
 *
 * <p>A batch is a {@link Segment} that begins at the shard's place. Each cohort that it concerns gets one buffer, each stream of the
 * cohort one write and one flush. A stream that something is addressed to (its client's or its user's channel) is taken out of its
 * cohort's turn and served by itself, in log order with the rest. Nobody waits for a stream whose socket does not drain: it falls
 * behind, at the place before the batch.
 *
 * <p>A fan-out to very many streams goes in slices, so that the loop stays responsive. Between slices streams may leave; none joins,
 * none goes live, and the shard's place moves only when the last slice is done.
 */
final class FanOut {

    /** How many streams are written to before the loop looks at its sockets: some tenths of a millisecond. */
    static final int SLICE = 128;

    /**
     * How many while more entries are already waiting. Publishers wait for their answers on these loops: the sooner the loop looks at its
     * sockets, the more events are ready for the next batch, and the fewer writes each of them costs.
     */
    private static final int BUSY_SLICE = 16;

    private final Shard shard;

    private @Nullable Segment batch;
    private EventId before;
    private long batches;

    // What is left of the batch: cohorts with their bytes, and how far the present one is; then the streams that are
    // served by themselves.
    private final List<Cohort> cohorts = new ArrayList<>();
    private final List<Segment.Frames> frames = new ArrayList<>();
    private final List<HubStream> alone = new ArrayList<>();
    private int nextCohort;
    private int nextSlot;

    FanOut(Shard shard) {
        this.shard = shard;
        this.before = shard.window.end().place();
    }

    boolean inProgress() {
        return batch != null;
    }

    /**
     * Does one slice of the present batch, or of the next one.
     *
     * @return whether there may be more to do
     */
    boolean step() {
        if (batch == null) {
            if (shard.position() == shard.window.head()) {
                return false;
            }
            batch = Segment.read(shard.window, shard.position(), shard.window.head(), Segment.BYTES);
            if (batch == null) {
                shard.lapped();
                return true;
            }
            begin(batch);
        }
        if (deliver(batch)) {
            finish(batch);
        }
        return true;
    }

    private void begin(Segment segment) {
        batches++;
        before = shard.place();
        Map<Cohort, BitSet> selections = new LinkedHashMap<>();
        List<LogEntry> entries = segment.entries();
        for (int i = 0; i < entries.size(); i++) {
            LogEntry entry = entries.get(i);
            if (ChannelName.isPrivate(entry.channel())) {
                setAside(shard.ofPrivateChannel(entry.channel()));
            }
            if (!ControlEvents.isControl(entry)) {
                for (Cohort cohort : shard.routes.to(entry.channel())) {
                    selections.computeIfAbsent(cohort, key -> new BitSet()).set(i);
                }
            }
        }
        selections.forEach((cohort, selection) -> {
            Segment.Frames bytes = cohort.hasLive() ? segment.frames(selection, shard.buffers) : null;
            if (bytes != null) {
                cohorts.add(cohort);
                frames.add(bytes);
            }
        });
    }

    private void setAside(List<HubStream> streams) {
        for (HubStream stream : streams) {
            if (stream.state == HubStream.State.LIVE && stream.aloneInBatch != batches) {
                stream.aloneInBatch = batches;
                alone.add(stream);
            }
        }
    }

    /** Writes to at most a slice of streams; true when all of the batch is done. */
    private boolean deliver(Segment segment) {
        int left = shard.window.head() > segment.to() ? BUSY_SLICE : SLICE;
        while (nextCohort < cohorts.size()) {
            Cohort cohort = cohorts.get(nextCohort);
            while (nextSlot < cohort.slots()) {
                if (left-- == 0) {
                    return false;
                }
                HubStream stream = cohort.at(nextSlot++);
                if (stream != null && stream.aloneInBatch != batches) {
                    give(stream, frames.get(nextCohort), segment);
                }
            }
            nextCohort++;
            nextSlot = 0;
        }
        for (HubStream stream : alone) {
            if (stream.state == HubStream.State.LIVE) {
                giveAlone(stream, segment);
            }
        }
        return true;
    }

    private void give(HubStream stream, Segment.Frames bytes, Segment segment) {
        if (stream.takes()) {
            stream.write(bytes);
        } else {
            stream.fallBehind(segment.from(), before);
        }
    }

    private void giveAlone(HubStream stream, Segment segment) {
        if (!stream.takes()) {
            stream.fallBehind(segment.from(), before);
            return;
        }
        Segment.Frames bytes = segment.frames(stream.select(segment), shard.buffers);
        if (bytes != null) {
            stream.write(bytes);
        }
    }

    private void finish(Segment segment) {
        batch = null;
        for (HubStream stream : alone) {
            if (stream.state == HubStream.State.LIVE) {
                shard.regroup(stream);
            }
        }
        alone.clear();
        cohorts.clear();
        frames.clear();
        nextCohort = 0;
        shard.moveTo(segment.to(), segment.last());
        segment.release();
    }

    /** Gives up the rest of a batch; all streams have ended. */
    void close() {
        if (batch != null) {
            finish(batch);
        }
    }
}
