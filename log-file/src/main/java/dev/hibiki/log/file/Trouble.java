// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import dev.hibiki.log.LogUnavailableException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the log can be written, and if not, why. A full disk may have room again, so most trouble ends by itself; but when
 * it cannot be known what is on the disk, it lasts until the log is opened again. Each kind is logged when it begins and
 * when it ends, not each time.
 *
 * <p>The log's thread only, except for {@link #what}.
 */
final class Trouble {

    private static final Logger LOG = LoggerFactory.getLogger(FileLog.class);

    private final Waiting waiting;
    private boolean forGood;
    private volatile @Nullable String what;

    Trouble(Waiting waiting) {
        this.waiting = waiting;
    }

    /** What it is, in one line, or null if there is none; any thread. */
    @Nullable
    String what() {
        return what;
    }

    boolean isForGood() {
        return forGood;
    }

    /** A write has failed. */
    void met(Exception failure) {
        String now = String.valueOf(failure.getMessage());
        if (!(failure instanceof SQLException sql) || Store.isFinal(sql)) {
            forGood = true;
            waiting.refuse(new LogUnavailableException(
                    "log: failed for good: " + now + " (expected: opened again, after a look at the disk)", failure));
            LOG.error("log: failed, and takes no appends until it is opened again", failure);
        } else if (!now.equals(what)) {
            LOG.error("log: cannot be written, publishers are refused until it can", failure);
        }
        what = now;
    }

    /** A write has succeeded. */
    void over() {
        if (what != null && !forGood) {
            LOG.info("log: can be written again");
            what = null;
        }
    }

    /** The log's thread ends because of a bug. */
    void died(Throwable mistake) {
        LOG.error("log: its thread died, nothing is appended any more", mistake);
        waiting.refuse(new LogUnavailableException("log: its thread died (expected: opened again)", mistake));
        what = "its thread died";
    }

    /** What publishers are told meanwhile. */
    LogUnavailableException refusal() {
        LogUnavailableException ofAll = waiting.refusal();
        return ofAll != null
                ? ofAll
                : new LogUnavailableException("log: cannot be written: " + what + " (expected: to succeed later)");
    }
}
