// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.log.LogEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The tail of the log while a hub is being put together: holds what is committed until the hub can take it. Thread-safe. */
final class EarlyEntries implements Consumer<List<LogEntry>> {

    private final List<LogEntry> entries = new ArrayList<>();
    private @Nullable Consumer<List<LogEntry>> target;

    @Override
    public synchronized void accept(List<LogEntry> committed) {
        if (target == null) {
            entries.addAll(committed);
        } else {
            target.accept(committed);
        }
    }

    /** Hands over what came so far, and from now on everything as it comes. */
    synchronized void passTo(Consumer<List<LogEntry>> ready) {
        ready.accept(List.copyOf(entries));
        entries.clear();
        target = ready;
    }
}
