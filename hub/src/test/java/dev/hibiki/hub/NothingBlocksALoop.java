// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import reactor.blockhound.BlockHound;

/**
 * Fails a test class in which an event loop was blocked: by a disk, a socket, a sleep, a wait for another thread.
 *
 * <p>JUnit finds it by itself in every module that has this module's test-jar. BlockHound looks into the JDK's own blocking calls; what it
 * finds is kept and told after the class rather than thrown where it happens, because there it would be caught. It does not see
 * {@code synchronized}.
 */
public final class NothingBlocksALoop implements BeforeAllCallback, AfterAllCallback {

    /** How the loops' threads are called. */
    private static final String LOOP = "hibiki-loop-";

    private static final String DELAYED = "java.util.concurrent.ScheduledThreadPoolExecutor$DelayedWorkQueue";

    private static final ConcurrentLinkedQueue<AssertionError> FOUND = new ConcurrentLinkedQueue<>();

    static {
        Predicate<Thread> isLoop = thread -> thread.getName().startsWith(LOOP);
        BlockHound.builder()
                .loadIntegrations() // Netty's, which knows where its loops wait for work
                .nonBlockingThreadPredicate(before -> isLoop)
                .allowBlockingCallsInside(ClassLoader.class.getName(), "loadClass") // once for each class
                .allowBlockingCallsInside(
                        "ch.qos.logback.core.OutputStreamAppender", "append") // the tests' own console
                .allowBlockingCallsInside(SecureRandom.class.getName(), "nextBytes") // /dev/urandom never waits
                .allowBlockingCallsInside("io.netty.channel.SingleThreadIoEventLoop", "cleanup") // a loop that ends
                // Locks that are held for some instructions.
                .allowBlockingCallsInside("io.netty.buffer.AdaptivePoolingAllocator", "allocate")
                .allowBlockingCallsInside("java.util.concurrent.ArrayBlockingQueue", "offer")
                .allowBlockingCallsInside(DELAYED, "offer")
                .allowBlockingCallsInside(DELAYED, "remove")
                .allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor", "addWorker")
                .allowBlockingCallsInside("java.util.concurrent.ThreadPoolExecutor", "tryTerminate")
                .blockingMethodCallback(method -> FOUND.add(new AssertionError(Thread.currentThread()
                                .getName() + " was blocked by " + method + " (expected: nothing blocks a loop)")))
                .install();
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        FOUND.clear();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        List<AssertionError> found = new ArrayList<>(FOUND);
        FOUND.clear();
        if (!found.isEmpty()) {
            AssertionError first = found.get(0);
            found.subList(1, Math.min(found.size(), 10)).forEach(first::addSuppressed);
            throw first;
        }
    }
}
