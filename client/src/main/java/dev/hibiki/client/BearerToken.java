// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import dev.hibiki.client.Failure.Reason;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The token of one source. It is asked for before each attempt, once more after a 401, and once when a hub says that it is
 * about to expire. "Once" is what matters: a supplier that has no other token must not make its client try for ever.
 *
 * <p>For the source's thread, except {@link #stopAsking}.
 */
final class BearerToken {

    private final @Nullable Supplier<@Nullable String> supplier;

    private @Nullable String present;
    private @Nullable String expiring;
    private boolean refreshed;

    private @Nullable Thread asking; // under the lock of this
    private boolean stopped;

    BearerToken(@Nullable Supplier<@Nullable String> supplier) {
        this.supplier = supplier;
    }

    /** Asks for the token of the next attempt; returns a failure if what it gets cannot be sent. */
    @Nullable
    Failure ask() {
        try {
            present = supplier == null ? null : ask(supplier);
        } catch (RuntimeException | Error e) {
            return Failure.passing(Reason.TOKEN, 0, "the token supplier threw " + e, e);
        }
        if (present != null && !EventSourceConfig.isPrintable(present)) {
            return Failure.passing(Reason.TOKEN, 0, "token: (a secret) (expected: printable ASCII)", null);
        }
        return null;
    }

    private @Nullable String ask(Supplier<@Nullable String> someone) {
        synchronized (this) {
            if (stopped) {
                return null;
            }
            asking = Thread.currentThread();
        }
        try {
            return someone.get();
        } finally {
            synchronized (this) {
                asking = null;
            }
        }
    }

    /** What to send, or null for nothing. */
    @Nullable
    String present() {
        return present;
    }

    /** The server took it. */
    void accepted() {
        refreshed = false;
    }

    /** The server refused it; whether asking for another is worth an attempt. */
    boolean mayRefresh() {
        boolean may = present != null && !refreshed;
        refreshed = true;
        return may;
    }

    /** The server says that it expires; whether asking for another is worth an attempt. */
    boolean mayReplace() {
        boolean may = present != null && !present.equals(expiring);
        expiring = present;
        return may;
    }

    /** Interrupts a supplier that has not answered yet, and asks no more. Any thread. */
    synchronized void stopAsking() {
        stopped = true;
        if (asking != null) {
            asking.interrupt();
        }
    }
}
