// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the lines of standard input as they come, in order.
 *
 * <p>One request is under way at a time, with all the lines that came while the one before it was being answered: so each
 * line of a slow source leaves at once, a fast source pays one round trip for a thousand lines, and the order is that of the
 * input. One endless request was rejected as a design: proxies hold a request back until it ends, and a refusal would arrive
 * only then.
 *
 * <p>Worst case: the hub does not answer; then reading stops after {@value #QUEUED} lines, and the program that writes them waits.
 */
final class LinePublishing {

    private static final int QUEUED = 1024;
    private static final int BATCH_LINES = 1000;
    private static final int BATCH_CHARS = 256 * 1024;

    /** A line and its number from 1; the text is null at the end of the input, or where it broke. */
    private record Line(
            long number, @Nullable String text, @Nullable IOException broken) {}

    private final BlockingQueue<Line> lines = new ArrayBlockingQueue<>(QUEUED);
    private final Publisher publisher;
    private final @Nullable String key;
    private final Shell shell;
    private long published;
    private long refused;

    /** @param key line number i, from 0, is published under the key {@code key#i}; null for no keys */
    LinePublishing(Publisher publisher, @Nullable String key, Shell shell) {
        this.publisher = publisher;
        this.key = key;
        this.shell = shell;
    }

    /** Returns when the input has ended and every line is answered. */
    int run() throws IOException, InterruptedException {
        Thread reader = new Thread(this::read, "hibiki-input");
        reader.setDaemon(true);
        reader.start();
        try {
            publishAll();
        } finally {
            shell.err().println("published " + published + ", refused " + refused);
            shell.err().flush();
        }
        return refused == 0 ? Command.OK : Command.FAILED;
    }

    private void read() {
        long number = 0;
        IOException broken = null;
        try (BufferedReader input = new BufferedReader(new InputStreamReader(shell.in(), UTF_8))) {
            for (String text = input.readLine(); text != null; text = input.readLine()) {
                number++;
                lines.put(new Line(number, text, null));
            }
        } catch (IOException failure) {
            broken = failure;
        } catch (InterruptedException notWantedAnyMore) {
            return;
        }
        try {
            lines.put(new Line(number + 1, null, broken));
        } catch (InterruptedException notWantedAnyMore) {
            Thread.currentThread().interrupt();
        }
    }

    private void publishAll() throws IOException, InterruptedException {
        Line next = lines.take();
        while (next.text() != null) {
            List<Line> batch = new ArrayList<>();
            int chars = 0;
            do {
                batch.add(next);
                chars += next.text().length();
                next = batch.size() < BATCH_LINES && chars < BATCH_CHARS ? lines.poll() : null;
            } while (next != null && next.text() != null);
            publish(batch);
            next = next == null ? lines.take() : next;
        }
        if (next.broken() != null) {
            throw next.broken();
        }
    }

    private Publisher.Item item(Line line) {
        return new Publisher.Item(String.valueOf(line.text()), key == null ? null : key + "#" + (line.number() - 1));
    }

    private void publish(List<Line> batch) throws IOException, InterruptedException {
        List<Publisher.Answer> answers =
                publisher.publish(batch.stream().map(this::item).toList());
        for (int i = 0; i < batch.size(); i++) {
            String refusal = answers.get(i).refusal();
            if (refusal == null) {
                published++;
            } else {
                refused++;
                shell.complain(List.of("line " + batch.get(i).number() + " refused: " + refusal));
            }
        }
    }
}
