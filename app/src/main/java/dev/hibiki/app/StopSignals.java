// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Ctrl-C, SIGTERM and SIGHUP: the first asks for an orderly end, the second ends at once, with the status that the signal would have given.
 *
 * <p>Why not a shutdown hook: after it the JVM exits with 128 plus the signal's number, which to a service manager is a
 * crash, and while it runs a second Ctrl-C is swallowed. Here a signal only wakes the main thread, which drains and closes
 * the server and returns with status 0.
 *
 * <p>{@code sun.misc.Signal} is the only way to handle a signal, and every JDK exports it for this use; it is called by
 * reflection because the compiler warns about it, and the warning cannot be suppressed. Where it is missing, signals end the
 * JVM as usual.
 */
final class StopSignals {

    private static final List<String> NAMES = List.of("INT", "TERM", "HUP");
    private static final int KILLED = 128;

    private final CountDownLatch stop = new CountDownLatch(1);

    /** Listens from now on; signals that the parent process had ignored (nohup) stay ignored. */
    static StopSignals listen() {
        StopSignals signals = new StopSignals();
        NAMES.forEach(signals::handle);
        return signals;
    }

    private void handle(String name) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object ours = Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, this::called);
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), ours);
        } catch (ReflectiveOperationException notOurs) {
            LoggerFactory.getLogger(StopSignals.class).debug("Signal {} is not ours to handle", name, notOurs);
        }
    }

    private @Nullable Object called(Object proxy, Method method, Object @Nullable [] arguments) {
        return switch (method.getName()) {
            case "handle" -> {
                received(arguments == null ? 0 : number(arguments[0]));
                yield null;
            }
            case "equals" -> arguments != null && proxy == arguments[0];
            case "hashCode" -> System.identityHashCode(proxy);
            default -> "the handler of hibiki";
        };
    }

    private static int number(Object signal) {
        try {
            return (int) signal.getClass().getMethod("getNumber").invoke(signal);
        } catch (ReflectiveOperationException unknown) {
            return 0;
        }
    }

    private synchronized void received(int number) {
        if (stop.getCount() == 0) {
            Runtime.getRuntime().halt(KILLED + number);
        }
        stop.countDown();
    }

    /** Returns when the first signal has come. */
    void await() throws InterruptedException {
        stop.await();
    }
}
