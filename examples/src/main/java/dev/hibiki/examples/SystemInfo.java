// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.examples;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * The state of the server, under the names that clients of the original know.
 *
 * @param memoryMb the heap in use
 * @param goroutines the same as {@code threads}
 */
record SystemInfo(
        String timestamp,
        @JsonProperty("memory_usage_mb") long memoryMb,
        @JsonProperty("cpu_cores") int cores,
        @JsonProperty("cpu_load") Load load,
        int threads,
        int goroutines,
        @JsonProperty("open_streams") int openStreams) {

    private static final OperatingSystemMXBean system =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    /** Shares of all processors, 0 to 1. */
    record Load(double process, double system) {}

    /** Each load is measured since the last time it was asked for: this is the first time. */
    static void begin() {
        system.getProcessCpuLoad();
        system.getCpuLoad();
    }

    static SystemInfo now(String timestamp, int openStreams) {
        Runtime runtime = Runtime.getRuntime();
        int threads = ManagementFactory.getThreadMXBean().getThreadCount();
        return new SystemInfo(
                timestamp,
                (runtime.totalMemory() - runtime.freeMemory()) >> 20,
                runtime.availableProcessors(),
                new Load(part(system.getProcessCpuLoad()), part(system.getCpuLoad())),
                threads,
                threads,
                openStreams);
    }

    /** The system says NaN or a negative number where it does not know yet. */
    private static double part(double load) {
        return load > 0 ? Math.min(1, Math.round(load * 1000) / 1000.0) : 0;
    }
}
