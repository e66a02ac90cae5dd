// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.log.EventId;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Publishes over HTTP, and remembers what was published, so that it can say what a stream should have got. Thread-safe. */
final class Publications {

    /** What a stream gets. */
    record Event(String id, String type, String data) {

        EventId place() {
            return Objects.requireNonNull(EventId.parse(id), id);
        }
    }

    /** What a stream reads. */
    interface Reads {
        /** Whether what stands at a place of the log is for it, if it was published to that channel. */
        boolean has(String channel, EventId place);
    }

    private record Publication(String channel, Event event) {}

    private static final JsonMapper JSON = new JsonMapper();
    private static final String BROADCAST = "broadcast";

    private final URI server;
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final ConcurrentLinkedQueue<Publication> published = new ConcurrentLinkedQueue<>();

    Publications(URI server) {
        this.server = server;
    }

    /** One batch for a channel, or for everyone where that is {@code broadcast}. */
    List<Event> publish(String channel, List<String> data) throws IOException, InterruptedException {
        ArrayNode batch = JSON.createArrayNode();
        for (String one : data) {
            ObjectNode message = batch.addObject();
            if (!channel.equals(BROADCAST)) {
                message.put("channel", channel);
            }
            message.put("data", one);
        }
        JsonNode answer = post("/api/publish", JSON.writeValueAsString(batch));
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < data.size(); i++) {
            events.add(new Event(answer.get("ids").get(i).asString(), "message", data.get(i)));
        }
        events.forEach(event -> published.add(new Publication(channel, event)));
        return events;
    }

    /** One event for a user. */
    void notifyUser(String user, String data) throws IOException, InterruptedException {
        ObjectNode message = JSON.createObjectNode().put("event", "note").put("data", data);
        JsonNode answer = post("/api/notify/" + user, JSON.writeValueAsString(message));
        published.add(new Publication("user/" + user, new Event(answer.get("id").asString(), "note", data)));
    }

    /** How many streams the server says that it has. */
    int streams() throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(server.resolve("/api/channels")).build();
        String answer =
                client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        return JSON.readTree(answer).get("streams").asInt();
    }

    private JsonNode post(String path, String body) throws IOException, InterruptedException {
        HttpResponse<String> response = send(path, body);
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    private HttpResponse<String> send(String path, String body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(server.resolve(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    int count() {
        return published.size();
    }

    /** Adds a channel to a client's stream; the place from which on it is read, or null while the client is away. */
    @Nullable
    EventId subscribe(String clientId, String channel) throws IOException, InterruptedException {
        ObjectNode change = JSON.createObjectNode().put("clientId", clientId).put("channel", channel);
        HttpResponse<String> response = send("/api/events/subscribe", JSON.writeValueAsString(change));
        assertThat(response.statusCode()).as(response.body()).isIn(200, 404);
        return response.statusCode() == 404
                ? null
                : EventId.parse(JSON.readTree(response.body()).get("id").asString());
    }

    /** All that was published after a place and that a stream reads, in log order. */
    List<Event> after(EventId place, Reads reads) {
        return published.stream()
                .filter(one -> one.event().place().isAfter(place)
                        && reads.has(one.channel(), one.event().place()))
                .map(Publication::event)
                .sorted(Comparator.comparing(Event::place))
                .toList();
    }
}
