// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A listener that remembers all that it was told, as lines. */
final class Recorder implements EventSource.Listener {

    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();

    @Override
    public void onOpen() {
        told.add("open");
    }

    @Override
    public void onEvent(ReceivedEvent event) {
        told.add(event.type() + "|" + event.data() + "|" + event.lastEventId());
    }

    @Override
    public void onGap(Gap gap) {
        told.add(gap.toString());
    }

    @Override
    public void onComment(String text) {
        told.add(":" + text);
    }

    @Override
    public void onFailure(Failure failure) {
        told.add(failure.reason() + " " + failure.status() + (failure.goesOn() ? " goes on" : " ends"));
    }

    /** The next things told, as many as wanted. */
    List<String> next(int count) throws InterruptedException {
        var lines = new ArrayList<String>();
        while (lines.size() < count) {
            String line = told.poll(60, TimeUnit.SECONDS);
            if (line == null) {
                throw new AssertionError("nothing more was told after " + lines);
            }
            lines.add(line);
        }
        return lines;
    }

    /** Whether this was told and not yet taken. */
    boolean hasTold(String line) {
        return told.contains(line);
    }

    /** What was told and not yet taken. */
    List<String> rest() {
        var lines = new ArrayList<String>();
        told.drainTo(lines);
        return lines;
    }

    /** The names of the threads of sources, as long as there are any. */
    static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("hibiki-client-"))
                .toList();
    }
}
