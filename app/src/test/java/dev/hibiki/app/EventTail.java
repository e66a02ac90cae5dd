// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A client that reads the lines of a stream, as {@code curl -N} shows them. */
final class EventTail implements AutoCloseable {

    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final HttpResponse<java.io.InputStream> response;
    private volatile String end = "";

    private EventTail(HttpResponse<java.io.InputStream> response) {
        this.response = response;
        Thread thread = new Thread(this::read);
        thread.setDaemon(true);
        thread.start();
    }

    static EventTail open(HttpClient client, URI uri, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return new EventTail(client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream()));
    }

    private void read() {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(response.body(), UTF_8))) {
            reader.lines().forEach(lines::add);
            end = "ended";
        } catch (IOException | UncheckedIOException broken) {
            end = "broken";
        }
    }

    /** Each line so far. */
    List<String> lines() {
        return lines;
    }

    /** The data lines so far, without the event that begins the stream. */
    List<String> data() {
        return lines.stream()
                .filter(line -> line.startsWith("data: ") && !line.contains("\"type\":\"connected\""))
                .map(line -> line.substring("data: ".length()))
                .toList();
    }

    /** The client's id, from the event that begins the stream; empty until that has come. */
    String clientId() {
        return lines.stream()
                .filter(line -> line.contains("\"clientId\":\""))
                .map(line -> line.replaceAll(".*\"clientId\":\"([^\"]*)\".*", "$1"))
                .findFirst()
                .orElse("");
    }

    /** {@code ended} with a proper end, {@code broken} without, empty while it is open. */
    String end() {
        return end;
    }

    @Override
    public void close() throws IOException {
        response.body().close();
    }
}
