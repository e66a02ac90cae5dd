// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How much of everything a server takes at once; each bound says what happens beyond it.
 *
 * <p>The keys are {@code limits.<name>}. Who turns them: the first and the last two are for the machine's size, the others for clients
 * with unusual requests; each trades memory, or patience with a slow peer, for acceptance.
 *
 * @param streams the most open streams; one more is refused softly
 * @param body the most bytes of a request's body, or of one line of a stream of publishes; more is answered with 413
 * @param requestLine the most bytes of a request line; more is answered with 414
 * @param headers the most bytes of a request's headers; more is answered with 431
 * @param requestTime how long a request's head may take, and its body may stand still; longer is answered with 408
 * @param idleTime how long a connection may be open without a request, or without taking its answer; then it is closed
 * @param workers the threads that run handlers
 * @param queue how many requests may wait for them; one more is answered with 503, a stream refused softly
 */
record Limits(
        int streams,
        int body,
        int requestLine,
        int headers,
        Duration requestTime,
        Duration idleTime,
        int workers,
        int queue) {

    /** The defaults, which are for production. */
    static final Limits DEFAULT =
            new Limits(100_000, 1 << 20, 8192, 16_384, Duration.ofSeconds(10), Duration.ofSeconds(60), 32, 1024);

    /** What cannot work, one line each. */
    List<String> problems() {
        var problems = new ArrayList<String>();
        range(problems, "limits.streams", streams, 0, 10_000_000);
        range(problems, "limits.body", body, 1, 64 << 20);
        range(problems, "limits.request-line", requestLine, 128, 1 << 20);
        range(problems, "limits.headers", headers, 256, 1 << 20);
        range(problems, "limits.workers", workers, 1, 1024);
        range(problems, "limits.queue", queue, 1, 1_000_000);
        time(problems, "limits.request-time", requestTime);
        time(problems, "limits.idle-time", idleTime);
        return problems;
    }

    static void range(List<String> problems, String key, long value, long min, long max) {
        if (value < min || value > max) {
            problems.add(key + ": " + value + " (expected: " + min + " to " + max + ")");
        }
    }

    private static void time(List<String> problems, String key, Duration value) {
        if (value.compareTo(Duration.ofMillis(50)) < 0 || value.compareTo(Duration.ofHours(1)) > 0) {
            problems.add(key + ": " + value.toMillis() + " ms (expected: 50 ms to 1 hour)");
        }
    }
}
