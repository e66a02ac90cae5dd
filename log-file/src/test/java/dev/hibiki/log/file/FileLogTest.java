// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.log.DurableLogContract;
import dev.hibiki.log.EventLog;
import dev.hibiki.log.Retention;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.io.TempDir;

class FileLogTest extends DurableLogContract {

    private final Map<EventLog, Path> directories = new HashMap<>();

    @TempDir
    Path directory;

    @Override
    protected EventLog open(Retention retention) throws Exception {
        return open(directory.resolve("log-" + directories.size()), retention);
    }

    @Override
    protected EventLog openAgain(EventLog closed, Retention retention) throws Exception {
        return open(Objects.requireNonNull(directories.get(closed)), retention);
    }

    private EventLog open(Path path, Retention retention) throws Exception {
        EventLog log = FileLog.open(path, retention, Durability.OS, clock());
        directories.put(log, path);
        return log;
    }

    @Override
    protected void settle(EventLog log) {
        ((FileLog) log).settle();
    }
}
