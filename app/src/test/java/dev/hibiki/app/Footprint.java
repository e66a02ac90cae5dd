// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a process takes of the machine, seen from outside (Linux). */
final class Footprint {

    private static final Pattern RESIDENT = Pattern.compile("(?m)^VmRSS:\\s+(\\d+) kB$");
    private static final Pattern PEAK = Pattern.compile("(?m)^VmHWM:\\s+(\\d+) kB$");
    private static final Pattern TOTAL = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)$");
    private static final Pattern INSTANCES = Pattern.compile("\\s*\\d+:\\s+(\\d+)\\s+\\d+\\s+(\\S+).*");

    /**
     * What is on the heap once all garbage is collected.
     *
     * @param bytes the size of it all
     * @param instances how many there are of each class
     */
    record Heap(long bytes, Map<String, Long> instances) {}

    private final long pid;

    Footprint(HibikiProcess process) {
        pid = process.pid();
    }

    /** Resident memory, in bytes. */
    long resident() throws IOException {
        return status(RESIDENT);
    }

    /** The most that was ever resident, in bytes. */
    long peak() throws IOException {
        return status(PEAK);
    }

    private long status(Pattern line) throws IOException {
        Matcher matcher = line.matcher(Files.readString(proc("status")));
        if (!matcher.find()) {
            throw new AssertionError("process " + pid + " has no " + line);
        }
        return Long.parseLong(matcher.group(1)) * 1024;
    }

    /** Open files, sockets among them. */
    long files() throws IOException {
        try (Stream<Path> files = Files.list(proc("fd"))) {
            return files.count();
        }
    }

    private Path proc(String name) {
        return Path.of("/proc", Long.toString(pid), name);
    }

    /** Collects garbage, then looks at the heap. */
    Heap heap() throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(pid),
                        "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        String text = new String(jcmd.getInputStream().readAllBytes(), UTF_8);
        Matcher total = TOTAL.matcher(text);
        if (jcmd.waitFor() != 0 || !total.find()) {
            throw new AssertionError("jcmd: " + text);
        }
        Map<String, Long> instances = new TreeMap<>();
        text.lines()
                .map(INSTANCES::matcher)
                .filter(Matcher::matches)
                .forEach(line -> instances.merge(line.group(2), Long.parseLong(line.group(1)), Long::sum));
        return new Heap(Long.parseLong(total.group(1)), instances);
    }
}
