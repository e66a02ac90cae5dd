// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.LeakPresenceDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test class after which something is left: a Netty buffer that was not released, or a thread of ours.
 *
 * <p>JUnit finds it by itself in every module that has this module's test-jar. Buffers are counted by Netty's own presence detector,
 * which needs no garbage collector to see a leak; a class that leaves one fails, and so do those after it. Threads of other modules' tests have names of their own, so only
 * {@code hibiki-*} is looked for.
 */
public final class NothingIsLeft implements BeforeAllCallback, AfterAllCallback {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    static {
        // Before anything of Netty's is loaded that makes a detector of its own.
        System.setProperty("io.netty.customResourceLeakDetector", Counting.class.getName());
    }

    /** Counts all buffers in one scope. Netty makes it, by reflection. */
    public static final class Counting<T> extends LeakPresenceDetector<T> {

        private static final ResourceScope SCOPE = new ResourceScope("tests");

        public Counting(Class<?> resourceType, int samplingInterval) {
            super(resourceType);
        }

        public Counting(Class<?> resourceType, int samplingInterval, long maxActive) {
            this(resourceType, samplingInterval);
        }

        @Override
        protected ResourceScope currentScope() {
            return SCOPE;
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        var detector = ResourceLeakDetectorFactory.instance().newResourceLeakDetector(NothingIsLeft.class);
        if (!(detector instanceof Counting)) {
            throw new AssertionError("leak detector: " + detector + " (expected: the one that counts)");
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        String name = context.getDisplayName();
        eventually(
                "buffers are left by " + name,
                () -> assertThat(Counting.SCOPE.hasOpenResources()).isFalse());
        eventually("threads are left by " + name, NothingIsLeft::checkThreads);
    }

    private static void checkThreads() {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("hibiki-") && thread.isAlive()) {
                throw new AssertionError("thread: " + thread.getName() + " (expected: none of ours)");
            }
        }
    }

    /** What is left is allowed a moment to go: loops and threads stop by themselves. */
    private static void eventually(String what, ThrowingRunnable check) {
        Awaitility.await(what)
                .atMost(PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .untilAsserted(check);
    }
}
