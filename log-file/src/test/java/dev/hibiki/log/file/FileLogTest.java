// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.log.EventLog;
import dev.hibiki.log.EventLogContract;
import dev.hibiki.log.Retention;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.io.TempDir;

class FileLogTest extends EventLogContract {

    private final AtomicInteger opened = new AtomicInteger();

    @TempDir
    Path directory;

    @Override
    protected EventLog open(Retention retention) throws Exception {
        return FileLog.open(directory.resolve("log-" + opened.incrementAndGet()), retention, Durability.OS, clock());
    }

    @Override
    protected void settle(EventLog log) {
        ((FileLog) log).settle();
    }
}
