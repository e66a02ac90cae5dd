// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.awaitility.Awaitility;

/**
 * Events that are numbered without a hole and say when they were published, so that a reader keeps one number instead of all events,
 * and knows how late each is.
 */
final class Numbered {

    private static final Duration PATIENCE = Duration.ofMinutes(4);

    private Numbered() {}

    /** The data of an event: its number, the time now, and bytes that mean nothing. */
    static String data(int number, String fill) {
        return number + " " + System.nanoTime() + " " + fill;
    }

    /** Waits until each reader has had so many, and fails if any of them has got anything else. */
    static void await(StreamSwarm swarm, List<Reader> readers, int count) {
        Awaitility.await().atMost(PATIENCE).until(() -> {
            swarm.check();
            return swarm.ask(() -> readers.stream().allMatch(one -> one.next >= count || !one.wrong.isEmpty()));
        });
        List<String> wrong = swarm.ask(() -> readers.stream()
                .map(one -> one.wrong)
                .filter(one -> !one.isEmpty())
                .distinct()
                .toList());
        assertThat(wrong).isEmpty();
    }

    /** Publishing is over: waits until each reader has had so many, and fails if any of them has got more. */
    static void awaitExactly(StreamSwarm swarm, List<Reader> readers, int count) {
        await(swarm, readers, count);
        assertThat(swarm.ask(() -> readers.stream().allMatch(one -> one.next == count)))
                .isTrue();
    }

    /** Waits until each reader's stream has begun. */
    static void awaitConnected(StreamSwarm swarm, List<Reader> readers) {
        Awaitility.await().atMost(PATIENCE).until(() -> {
            swarm.check();
            return swarm.ask(() -> readers.stream().allMatch(one -> one.connected));
        });
    }

    /** How late events came, in microseconds. On the swarm's thread. */
    static final class Latencies {
        private int[] micros = new int[1 << 16];
        private int count;

        private void add(long nanos) {
            if (count == micros.length) {
                micros = Arrays.copyOf(micros, 2 * count);
            }
            micros[count++] = (int) Math.min(Integer.MAX_VALUE, nanos / 1_000);
        }

        /** The percentiles so far, then begins anew. */
        String take() {
            Arrays.sort(micros, 0, count);
            String text = count == 0
                    ? "none"
                    : String.format(
                            "p50 %.1f ms, p99 %.1f ms, max %.1f ms of %d",
                            micros[count / 2] / 1e3,
                            micros[count - 1 - count / 100] / 1e3,
                            micros[count - 1] / 1e3,
                            count);
            count = 0;
            return text;
        }
    }

    /** Counts what comes, and keeps what is wrong about it first. On the swarm's thread. */
    static final class Reader implements StreamSwarm.Reader {
        private final Latencies latencies;
        private boolean connected;
        private int next;
        private String lastId = "";
        private String wrong = "";

        /**
         * A reader.
         *
         * @param next the number that comes first
         * @param latencies which several may share
         */
        Reader(int next, Latencies latencies) {
            this.next = next;
            this.latencies = latencies;
        }

        /** The last id of its last connection; empty if there is none. */
        String lastId() {
            return lastId;
        }

        /** How many it has had, counted from number 0. */
        int count() {
            return next;
        }

        @Override
        public void onEvent(SwarmStream stream, String type, String data, String lastEventId) {
            lastId = lastEventId;
            if (!connected) {
                connected = true;
                check(type.equals("message") && data.startsWith("{\"type\":\"connected\""), type, data);
                return;
            }
            int numberEnds = data.indexOf(' ');
            int timeEnds = data.indexOf(' ', numberEnds + 1);
            boolean numbered = type.equals("message") && timeEnds > 0;
            check(numbered && Integer.parseInt(data, 0, numberEnds, 10) == next, type, data);
            if (numbered) {
                latencies.add(System.nanoTime() - Long.parseLong(data, numberEnds + 1, timeEnds, 10));
            }
            next++;
        }

        private void check(boolean right, String type, String data) {
            if (!right && wrong.isEmpty()) {
                wrong = "for number " + next + " came " + type + " " + data;
            }
        }

        @Override
        public void onEnd(SwarmStream stream) {
            connected = false;
        }
    }
}
