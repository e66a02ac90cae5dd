// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.examples;

import dev.hibiki.event.SseEvent;
import dev.hibiki.server.EventStream;
import dev.hibiki.server.HttpProblem;
import dev.hibiki.server.Request;
import dev.hibiki.server.Response;
import dev.hibiki.server.ServerConfig;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/**
 * A chat: each room is a channel of the hub, so a client that reconnects gets what was said meanwhile, and the hub itself
 * tells who comes and who goes.
 */
final class Chat {

    private static final Pattern ROOM = Pattern.compile("[A-Za-z0-9._~:@-]{1,100}");
    private static final int MAX_NAME = 64;

    private Chat() {}

    /** What is said in a room. */
    record Line(String author, String content, String timestamp) {}

    record Posted(boolean success, String id) {}

    static void alone(ServerConfig config, ZoneId zone) {
        rooms(config, zone);
        counter(config, "/sse");
    }

    /** The same beside the other examples, where {@code /sse} is the stream of {@link Ping}. */
    static void beside(ServerConfig config, ZoneId zone) {
        rooms(config, zone);
        counter(config, "/chat/sse");
    }

    private static void rooms(ServerConfig config, ZoneId zone) {
        var clock = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm").withZone(zone);
        config.presence("chat/*");
        config.stream("/chat/{room}/events", Chat::join);
        config.post("/chat/{room}/messages", request -> post(request, clock));
    }

    private static void join(EventStream stream) {
        stream.subscribe(channel(stream.request()));
        String author = stream.query("author", "").strip();
        int length = author.codePointCount(0, author.length());
        if (length > MAX_NAME) {
            throw HttpProblem.badRequest("author: " + length + " characters long (expected: at most " + MAX_NAME + ")");
        }
        if (!author.isEmpty()) {
            stream.presentAs(author, author);
        }
    }

    private static Response post(Request request, DateTimeFormatter clock) {
        String channel = channel(request);
        Body body = Body.of(request);
        String author = body.text("author", MAX_NAME);
        String content = body.text("content", 2000);
        if (content == null) {
            throw HttpProblem.badRequest("content: is empty (expected: 1 to 2000 characters)");
        }
        var line = new Line(author == null ? "anonymous" : author, content, clock.format(Instant.now()));
        var id = request.hub().publish(channel, Json.event("message", line)).join();
        return Response.json(201, new Posted(true, id.toString()));
    }

    private static String channel(Request request) {
        String room = request.path("room");
        if (!ROOM.matcher(room).matches()) {
            throw HttpProblem.badRequest("room: " + room + " (expected: 1 to 100 of A-Z a-z 0-9 . _ ~ : @ -)");
        }
        return "chat/" + room;
    }

    /** The counter of the original: a ping at once and then every two seconds, numbered from 1. */
    private static void counter(ServerConfig config, String path) {
        config.stream(path, stream -> {
            var count = new AtomicLong();
            stream.nowAndEvery(
                    Duration.ofSeconds(2), () -> SseEvent.of("ping", Long.toString(count.incrementAndGet())));
        });
    }
}
