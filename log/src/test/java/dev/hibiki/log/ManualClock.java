// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that stands until a test moves it, forward or back. Safe for threads. */
public final class ManualClock implements InstantSource {

    private final AtomicLong millis =
            new AtomicLong(Instant.parse("2026-11-20T11:01:00Z").toEpochMilli());

    public void advance(Duration by) {
        millis.addAndGet(by.toMillis());
    }

    @Override
    public long millis() {
        return millis.get();
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(millis.get());
    }
}
