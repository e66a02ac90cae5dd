// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** The ring: which index is where, what is dropped, and that a reader never takes one entry for another. */
class WindowTest {

    private static final EventId START = new EventId(1000, 0, 7);

    private static EventId place(long index) {
        return new EventId(1001 + 2 * index, 0, 7);
    }

    private static LogEntry entry(long index, int bytes) {
        return new LogEntry(place(index), 0, "c", null, new byte[bytes]);
    }

    private static Window window(int entries, int filled) {
        var window = new Window(entries, Long.MAX_VALUE, START);
        for (int i = 0; i < filled; i++) {
            window.put(entry(i, 1));
        }
        return window;
    }

    @Test
    void emptyWindowEndsWhereItStarts() {
        Window window = window(4, 0);
        assertThat(window.end()).isEqualTo(new Window.Position(0, START));
        assertThat(window.indexAfter(START)).isZero();
        assertThat(window.indexAfter(new EventId(999, 0, 7))).isEqualTo(-1);
        assertThat(window.isFarBehind(0)).isFalse();
    }

    @Test
    void capacityIsRoundedUpToAPowerOfTwo() {
        for (int entries = 1; entries < 70; entries++) {
            Window window = window(entries, 1000);
            int capacity = entries == 1 ? 1 : Integer.highestOneBit(entries - 1) * 2;
            assertThat(window.head() - window.oldest()).isEqualTo(capacity);
        }
    }

    @Test
    void everyIndexIsItsEntryOrDropped() {
        for (int filled = 0; filled < 40; filled++) {
            Window window = window(8, filled);
            assertThat(window.head()).isEqualTo(filled);
            assertThat(window.oldest()).isEqualTo(Math.max(0, filled - 8));
            assertThat(window.end()).isEqualTo(new Window.Position(filled, filled == 0 ? START : place(filled - 1)));
            for (int i = 0; i < filled; i++) {
                LogEntry found = window.get(i);
                assertThat(found == null ? null : found.id()).isEqualTo(i < filled - 8 ? null : place(i));
            }
        }
    }

    @Test
    void indexAfterAPlaceIsThatOfTheFirstLaterEntry() {
        for (int filled = 0; filled < 30; filled++) {
            Window window = window(8, filled);
            EventId floor = filled <= 8 ? START : place(filled - 9);
            for (long millis = 998; millis < 1001 + 2 * filled + 3; millis++) {
                EventId place = new EventId(millis, 0, 7);
                long expected = 0;
                while (expected < filled && !place(expected).isAfter(place)) {
                    expected++;
                }
                assertThat(window.indexAfter(place)).isEqualTo(place.isBefore(floor) ? -1 : expected);
            }
        }
    }

    @Test
    void bytesAreBounded_butTheNewestEntryStays() {
        int overhead = entry(0, 0).weight();
        var window = new Window(1024, 10L * (100 + overhead), START);
        for (int i = 0; i < 100; i++) {
            window.put(entry(i, 100));
            assertThat(window.head() - window.oldest()).isEqualTo(Math.min(i + 1, 10));
        }
        window.put(entry(100, 100_000));
        assertThat(window.oldest()).isEqualTo(100);
        assertThat(window.get(100)).isNotNull();
        for (int i = 101; i < 150; i++) {
            window.put(entry(i, 100));
            assertThat(window.head() - window.oldest()).isEqualTo(Math.min(i - 100, 10));
        }
    }

    @Test
    void readerIsFarBehindWhenLessThanHalfIsLeftForIt() {
        Window young = window(8, 6);
        assertThat(young.isFarBehind(6)).isFalse();
        assertThat(young.isFarBehind(3)).isFalse();
        assertThat(young.isFarBehind(2)).isTrue();
        Window full = window(8, 100);
        assertThat(full.isFarBehind(97)).isFalse();
        assertThat(full.isFarBehind(96)).isTrue();
        assertThat(full.isFarBehind(1)).isTrue();
        var heavy = new Window(1024, 10L * entry(0, 100).weight(), START); // where bytes bound it to ten
        for (int i = 0; i < 100; i++) {
            heavy.put(entry(i, 100));
        }
        assertThat(heavy.isFarBehind(95)).isFalse();
        assertThat(heavy.isFarBehind(94)).isTrue();
        assertThat(heavy.isFarBehind(100)).isFalse();
    }

    /** One writer and three readers, which read by index and by place while they are lapped all the time. */
    @Test
    void readersNeverTakeAnotherEntryForTheirs_whileTheWriterLapsThem() throws Exception {
        for (long seed = 1; seed <= 4; seed++) {
            var random = new Random(seed);
            var window = new Window(8 << random.nextInt(4), 40L * 300, START);
            int total = 100_000;
            var threads = Executors.newFixedThreadPool(3);
            try {
                var readers = new ArrayList<Future<Long>>();
                for (int i = 0; i < 3; i++) {
                    readers.add(threads.submit(reader(window, total, seed)));
                }
                for (int i = 0; i < total; i++) {
                    window.put(entry(i, random.nextInt(100)));
                }
                for (Future<Long> reader : readers) {
                    assertThat(reader.get()).as("seed %d", seed).isPositive();
                }
            } finally {
                threads.shutdownNow();
            }
        }
    }

    private static Callable<Long> reader(Window window, int total, long seed) {
        return () -> {
            long seen = 0;
            long at = 0;
            while (at < total) {
                Window.Position end = window.end();
                if (end.index() > 0 && !end.place().equals(place(end.index() - 1))) {
                    throw new AssertionError("seed " + seed + ": the end is not its place: " + end);
                }
                if (at == window.head()) {
                    Thread.onSpinWait();
                    continue;
                }
                LogEntry entry = window.get(at);
                if (entry == null) {
                    if (window.oldest() <= at) {
                        throw new AssertionError("seed " + seed + ": not dropped, but gone: " + at);
                    }
                    at = window.oldest();
                    continue;
                }
                if (!entry.id().equals(place(at))) {
                    throw new AssertionError("seed " + seed + ": at " + at + " stands " + entry.id());
                }
                long index = window.indexAfter(entry.id());
                if (index != at + 1 && index != -1) {
                    throw new AssertionError("seed " + seed + ": after " + at + " comes " + index);
                }
                seen++;
                at++;
            }
            return seen;
        };
    }

    @Test
    void segmentsOfManySizesFollowEachOther() {
        Window window = window(1024, 1000);
        List<Long> ends = new ArrayList<>();
        long at = 0;
        while (at < 1000) {
            at = Objects.requireNonNull(Segment.read(window, at, 1000, Segment.BYTES))
                    .to();
            ends.add(at);
        }
        assertThat(ends).containsExactly(256L, 512L, 768L, 1000L);
    }
}
