// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.log.ChannelFilter;
import dev.hibiki.log.EventId;
import dev.hibiki.log.EventLog;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.LogSlice;
import dev.hibiki.log.Publication;
import dev.hibiki.log.ReadBudget;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A log to which things happen while it is read: a test can append in between, and take it away. */
final class ScriptedLog implements EventLog {

    private final EventLog log;

    /** How often it was asked what may block. */
    int reads;

    /** Whether it can be read. */
    boolean away;

    /** What happens before each read. */
    Runnable beforeRead = () -> {};

    /** What happens when it is asked for the newest entries of one client alone. */
    Consumer<String> onRecall = clientId -> {};

    /** What becomes of a place that somebody brings. */
    UnaryOperator<EventId> survivor;

    ScriptedLog(EventLog log) {
        this.log = log;
        survivor = log::surviving;
    }

    private void ask() throws IOException {
        reads++;
        beforeRead.run();
        if (away) {
            throw new IOException("the disk is gone");
        }
    }

    @Override
    public CompletableFuture<List<EventId>> append(List<Publication> batch) {
        return log.append(batch);
    }

    @Override
    public LogSlice read(EventId after, EventId upTo, ChannelFilter filter, ReadBudget budget) throws IOException {
        ask();
        return log.read(after, upTo, filter, budget);
    }

    @Override
    public EventId tail(Consumer<List<LogEntry>> committed) {
        return log.tail(committed);
    }

    @Override
    public List<LogEntry> lasting(String channel) throws IOException {
        return log.lasting(channel);
    }

    @Override
    public EventId birth() {
        return log.birth();
    }

    @Override
    public EventId floor() {
        return log.floor();
    }

    @Override
    public EventId surviving(EventId place) {
        return survivor.apply(place);
    }

    @Override
    public EventId end() {
        return log.end();
    }

    @Override
    public @Nullable EventId lastOf(String channel) {
        return log.lastOf(channel);
    }

    @Override
    public EventId beforeNewest(ChannelFilter filter, int count) throws IOException {
        ask();
        String channel = filter.channels().stream().findFirst().orElse("");
        if (filter.channels().size() == 1 && ChannelName.isPrivate(channel)) {
            onRecall.accept(ChannelName.clientOf(channel));
        }
        return log.beforeNewest(filter, count);
    }

    @Override
    public void close() {
        log.close();
    }
}
