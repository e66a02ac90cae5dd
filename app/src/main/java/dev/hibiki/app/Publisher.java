// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A publisher's side of {@code POST /api/publish}: some events in one request, an answer for each. Not thread-safe. */
final class Publisher {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final JsonMapper json = JsonMapper.shared();
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE)
            .build();
    private final URI target;
    private final String channel;
    private final @Nullable String type;
    private final String token;

    /** @param token the bearer token, or empty for none */
    Publisher(URI hub, String channel, @Nullable String type, String token) {
        this.token = token;
        this.target = URI.create(hub + "/api/publish");
        this.channel = channel;
        this.type = type;
    }

    /**
     * An event to publish.
     *
     * @param key the key under which publishing it again is harmless, or null
     */
    record Item(String data, @Nullable String key) {}

    /** The result for one event: its id, or why it was refused. */
    record Answer(@Nullable String id, @Nullable String refusal) {}

    /**
     * Publishes events in this order and waits for the answers.
     *
     * @return one answer for each event; if the whole request is refused, that is the answer to each
     * @throws IOException if the hub could not be reached or broke off
     */
    List<Answer> publish(List<Item> items) throws IOException, InterruptedException {
        StringBuilder body = new StringBuilder();
        for (Item item : items) {
            ObjectNode event = json.createObjectNode().put("channel", channel);
            if (type != null) {
                event.put("event", type);
            }
            if (item.key() != null) {
                event.put("key", item.key());
            }
            body.append(json.writeValueAsString(event.put("data", item.data()))).append('\n');
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(target)
                .timeout(PATIENCE)
                .header("Content-Type", "application/x-ndjson")
                .POST(BodyPublishers.ofString(body.toString(), UTF_8));
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString(UTF_8));
        if (response.statusCode() != 200) {
            return Collections.nCopies(items.size(), new Answer(null, refusal(response)));
        }
        List<Answer> answers = new ArrayList<>();
        response.body().lines().limit(items.size()).forEach(line -> answers.add(answer(line)));
        if (answers.size() < items.size()) {
            throw new IOException("answered " + answers.size() + " of " + items.size() + " events");
        }
        return answers;
    }

    private Answer answer(String line) {
        try {
            JsonNode answer = json.readTree(line);
            boolean success = answer.path("success").asBoolean(false);
            return success ? new Answer(answer.path("id").asString(""), null) : new Answer(null, told(answer, line));
        } catch (JacksonException noJson) {
            return new Answer(null, "not an answer of a hub: " + SettingsReader.shown(line));
        }
    }

    private String refusal(HttpResponse<String> response) {
        String body = response.body();
        try {
            return response.statusCode() + " " + told(json.readTree(body), body);
        } catch (JacksonException noJson) {
            return "status " + response.statusCode() + " (expected: a hub at " + target + ")";
        }
    }

    /** The problem document's own words. */
    private static String told(JsonNode problem, String otherwise) {
        String title = problem.path("error").asString(problem.path("title").asString(""));
        String detail = problem.path("detail").asString("");
        String both = title.isEmpty() || detail.isEmpty() ? title + detail : title + ": " + detail;
        return SettingsReader.shown(both.isEmpty() ? otherwise : both);
    }

    /** A failure of the network in words, because the HTTP client's own messages are often empty. */
    static String reason(IOException failure) {
        if (failure instanceof HttpTimeoutException) {
            return "no answer for " + PATIENCE.toSeconds() + " s";
        }
        if (failure instanceof ConnectException) {
            return "cannot be reached";
        }
        String message = failure.getMessage();
        return message == null ? "the connection broke" : SettingsReader.shown(message);
    }
}
