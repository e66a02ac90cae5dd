// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.benchmarks;

import dev.hibiki.event.EventEncoder;
import dev.hibiki.event.EventParser;
import dev.hibiki.event.SseEvent;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** What one event costs to write and to read, without any input or output: nanoseconds per event. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class EventFormatBenchmark {

    private static final String ID = "1795209613220-0-1k3f9z";
    private static final int PIECE_BYTES = 100;

    /** What the data is like: one line of JSON, lines of a log file, one line of which most is not ASCII. */
    public enum Content {
        JSON("{\"symbol\":\"ACME\",\"price\":12.34,\"volume\":5600},"),
        LINES("2026-11-20 20:01:00 INFO request served, 200 OK in 3 ms\n"),
        JAPANESE("響は、どこでも一度に聞こえる音。");

        private final String unit;

        Content(String unit) {
            this.unit = unit;
        }

        String ofLength(int characters) {
            return unit.repeat(characters / unit.length() + 1).substring(0, characters);
        }
    }

    @Param({"128", "2048", "65536"})
    public int characters;

    @Param
    public Content content = Content.JSON;

    private SseEvent event = SseEvent.of("");
    private byte[] body = {};
    private byte[] frame = {};
    private Told told = new Told();
    private EventParser parser = new EventParser(told, EventParser.Limits.USUAL, "");

    @Setup
    public void prepare() {
        event = SseEvent.of("price", content.ofLength(characters)).withId(ID);
        body = EventEncoder.body(event);
        frame = EventEncoder.encode(event);
        told = new Told();
        parser = new EventParser(told, EventParser.Limits.USUAL, "");
    }

    @Benchmark
    public byte[] encode() {
        return EventEncoder.encode(event);
    }

    /** What the publishing of an event does: the body first, the id when the log has given it. */
    @Benchmark
    public byte[] bodyThenFrame() {
        return EventEncoder.frame(ID, EventEncoder.body(event));
    }

    @Benchmark
    public byte[] frameOnly() {
        return EventEncoder.frame(ID, body);
    }

    @Benchmark
    public void parse(Blackhole sink) {
        parser.feed(frame, 0, frame.length);
        told.drainTo(sink);
    }

    /** The same in pieces of {@value #PIECE_BYTES} bytes, so that no line is whole. */
    @Benchmark
    public void parsePieces(Blackhole sink) {
        for (int at = 0; at < frame.length; at += PIECE_BYTES) {
            parser.feed(frame, at, Math.min(PIECE_BYTES, frame.length - at));
        }
        told.drainTo(sink);
    }

    private static final class Told implements EventParser.Listener {

        private String type = "";
        private String data = "";
        private String lastEventId = "";

        @Override
        public void onEvent(String newType, String newData, String newLastEventId) {
            type = newType;
            data = newData;
            lastEventId = newLastEventId;
        }

        void drainTo(Blackhole sink) {
            sink.consume(type);
            sink.consume(data);
            sink.consume(lastEventId);
        }
    }
}
