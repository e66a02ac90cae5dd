// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where log lines go: to standard error, one line each, because standard output is for what a program reads. A thread of its
 * own writes them: if standard error is read too slowly, or not at all, lines are lost, but no event loop ever stops.
 * Configured in code rather than in a logback.xml, whose parsing alone takes a tenth of a second of every start; operators
 * who want a file of their own name it in {@code HIBIKI_JAVA_OPTS=-Dlogback.configurationFile=...}, and it is used instead.
 */
public final class Logging extends ContextAwareBase implements Configurator {

    private static final String OWN_FILE = "logback.configurationFile";
    private static final String PATTERN = "%d{HH:mm:ss.SSS} %-5level %-16thread %logger{0}: %msg%n";

    /** How many lines may wait to be written. */
    private static final int LINES = 8192;

    /** Made by logback, which finds this class among the services. */
    public Logging() {}

    /** Sets logging up before anything is logged. */
    static void start() {
        LoggerFactory.getILoggerFactory();
    }

    /** Writes what was logged and not yet written; before the end of the process. */
    static void stop() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            context.stop();
        }
    }

    /** How much is logged from now on, unless the operator's own file decides. */
    static void level(String level) {
        if (System.getProperty(OWN_FILE) == null
                && LoggerFactory.getLogger("dev.hibiki") instanceof ch.qos.logback.classic.Logger ours) {
            ours.setLevel(Level.toLevel(level));
        }
    }

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        if (System.getProperty(OWN_FILE) != null) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setCharset(UTF_8);
        encoder.setPattern(PATTERN);
        encoder.start();
        ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
        console.setContext(context);
        console.setName("stderr");
        console.setTarget("System.err");
        console.setEncoder(encoder);
        console.start();
        ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(asynchronous(context, console));
        context.getLogger("dev.hibiki").setLevel(Level.INFO);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    private static AsyncAppender asynchronous(LoggerContext context, ConsoleAppender<ILoggingEvent> console) {
        AsyncAppender queue = new AsyncAppender();
        queue.setContext(context);
        queue.setName("queue");
        queue.setQueueSize(LINES);
        queue.setDiscardingThreshold(0);
        queue.setNeverBlock(true);
        queue.addAppender(console);
        queue.start();
        return queue;
    }
}
