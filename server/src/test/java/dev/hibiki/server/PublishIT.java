// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The calls that publish, over real sockets. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PublishIT {

    private final HibikiServer server = HibikiServer.start(config -> config.port(0));

    @AfterAll
    void close() {
        server.close();
    }

    final RawClient connect() throws IOException {
        return connect(server.port());
    }

    RawClient connect(int port) throws IOException {
        return RawClient.connect(port);
    }

    @Test
    void theApiPublishesToEveryKindOfReader() throws IOException {
        try (RawClient reader = connect();
                RawClient publisher = connect()) {
            reader.get("/api/events?channel=a&userId=u7").head();
            String clientId = reader.clientId();
            assertThat(publisher
                            .post(
                                    "/api/publish",
                                    "{\"channel\":\"a\",\"event\":\"e\",\"data\":{\"n\" : 1.10, \"m\":1e400}}")
                            .answer()
                            .body())
                    .matches("\\{\"success\":true,\"id\":\"" + RawClient.EVENT_ID + "\"}");
            assertThat(reader.chunksUntil("data: {\"n\":1.10,\"m\":1e400}\n\n")).contains("\nevent: e\n");
            publisher.post("/api/publish", "{\"data\":\"all\\nlines\"}").answer();
            reader.chunksUntil("data: all\ndata: lines\n\n");
            publisher.post("/api/broadcast", "{\"data\":1}").answer();
            reader.chunksUntil("data: 1\n\n");
            publisher.post("/api/notify/u7", "{\"data\":2}").answer();
            reader.chunksUntil("data: 2\n\n");
            publisher.post("/api/send/" + clientId, "{\"data\":3}").answer();
            reader.chunksUntil("data: 3\n\n");
            assertThat(publisher
                            .post("/api/publish", "[{\"channel\":\"a\",\"data\":4},{\"data\":5}]")
                            .answer()
                            .body())
                    .matches("\\{\"success\":true,\"ids\":\\[\"" + RawClient.EVENT_ID + "\",\"" + RawClient.EVENT_ID
                            + "\"]}");
            reader.chunksUntil("data: 5\n\n");
            assertThat(publisher
                            .post("/api/events/subscribe", "{\"clientId\":\"" + clientId + "\",\"channel\":\"b\"}")
                            .answer()
                            .body())
                    .startsWith("{\"success\":true,");
            publisher.post("/api/publish", "{\"channel\":\"b\",\"data\":6}").answer();
            reader.chunksUntil("data: 6\n\n");
            assertThat(publisher.get("/api/channels/a").answer().body())
                    .startsWith("{\"channel\":\"a\",\"streams\":1,");
            assertThat(publisher.get("/api/channels").answer().body()).contains("{\"channel\":\"a\",\"streams\":1,");
        }
    }

    @Test
    void whoIsOnAChannelIsTold_byNameAndByPattern() throws IOException {
        try (RawClient named = connect();
                RawClient pattern = connect();
                RawClient asking = connect()) {
            named.get("/api/events?channel=plain/a&userId=bob").head();
            named.clientId();
            pattern.get("/api/events?channel=plain/*&userId=ann&username=Ann").head();
            pattern.clientId();
            String bob = "{\"userId\":\"bob\",\"username\":\"bob\"}";
            String ann = "{\"userId\":\"ann\",\"username\":\"Ann\"}";
            assertThat(asking.get("/api/channels/plain/a").answer().body()).contains("\"streams\":2,", bob, ann);
            assertThat(asking.get("/api/channels").answer().body())
                    .contains("{\"channel\":\"plain/a\",\"streams\":1,\"users\":[" + bob + "],");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "/api/publish|{\"channel\":\"a\"}|400|data: is missing",
                "/api/publish|{\"channel\":\"a b\",\"data\":1}|400|channel",
                "/api/publish|{\"channel\":\"a\\nb\",\"data\":1}|400|channel",
                "/api/publish|{\"channel\":\"user/7\",\"data\":1}|400|channel",
                "/api/publish|{\"channel\":\"a/*\",\"data\":1}|400|channel",
                "/api/publish|{\"event\":\"x\\ny\",\"data\":1}|400|event: contains a line break",
                "/api/publish|{\"event\":\"x\\ry\",\"data\":1}|400|event: contains a line break",
                "/api/publish|{\"event\":\"x\\u0000y\",\"data\":1}|400|event: contains NUL",
                "/api/publish|{\"event\":\"error\",\"data\":1}|400|event",
                "/api/publish|{\"event\":\"hibiki.gap\",\"data\":1}|400|event",
                "/api/publish|{\"data\":1,\"kee\":\"k\"}|400|kee: unknown field (expected: one of channel, data, event, key)",
                "/api/publish|{\"data\":1,\"key\":\"\"}|400|key: has 0 characters (expected: 1 to 200 characters)",
                "/api/publish|{\"data\":1,\"key\":7}|400|key: is no string",
                "/api/publish|[{\"data\":1},{\"data\":1,\"key\":\"a\\nb\"}]|400|[1] key: contains a control character",
                "/api/publish|[{\"data\":1},{\"data\":1},{\"data\":1,\"channel\":\"a b\"}]|400|[2] channel: ",
                "/api/publish|[{\"data\":1},{\"data\":1,\"event\":\"error\"}]|400|[1] event: ",
                "/api/publish|[{\"data\":1},{\"data\":1,\"event\":\"a\\nb\"}]|400|[1] event: contains a line break",
                "/api/broadcast|{\"data\":1,\"key\":\"k\"}|400|key: unknown field",
                "/api/publish|[]|400|body: is an empty array",
                "/api/publish|[{\"data\":1},{}]|400|[1] data: is missing",
                "/api/broadcast|{\"channel\":\"a\",\"data\":1}|400|channel: unknown field",
                "/api/notify/%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A%0A|{\"data\":1}|400|userId: 203 characters long (expected: 1 to 200)",
                "/api/send/nobodynobodynobodynobody|{\"data\":1}|404|\"error\":\"Client not found\"",
                "/api/events/subscribe|{\"clientId\":\"nobodynobodynobodynobody\",\"channel\":\"a\"}|404|Client not found",
                "/api/events/subscribe|{\"channel\":\"a\"}|400|clientId: is missing",
                "/api/events/subscribe|{\"clientId\":\"x\",\"channel\":\"client/y\"}|400|channel",
            })
    void whatCannotBePublishedIsRefused_withItsReason(String path, String body, int status, String detail)
            throws IOException {
        try (RawClient client = connect()) {
            RawClient.Answer answer = client.post(path, body).answer();
            assertThat(answer.status()).as(answer.body()).isEqualTo(status);
            assertThat(answer.body()).contains(detail == null ? "" : detail.replace("\n", "\\n"));
        }
    }

    private static final String JSON = "Content-Type: application/json\r\n";
    private static final String LINES = "Content-Type: application/x-ndjson\r\n";

    private static String ok(String body) {
        assertThat(body).startsWith("{\"success\":true,");
        return body;
    }

    @Test
    void aKeyCountsOnce_whereverItStands() throws IOException {
        try (RawClient client = connect()) {
            String event = "{\"channel\":\"keys\",\"data\":1";
            String first = ok(client.post("/api/publish", event + ",\"key\":\"k\"}")
                    .answer()
                    .body());
            for (String header : new String[] {"", "Idempotency-Key: k\r\n", "Idempotency-Key: \"k\"\r\n"}) {
                assertThat(client.post("/api/publish", JSON + header, event + ",\"key\":\"k\"}")
                                .answer()
                                .body())
                        .isEqualTo(first);
            }
            assertThat(client.post("/api/publish", JSON + "Idempotency-Key: \"k\"\r\n", event + "}")
                            .answer()
                            .body())
                    .isEqualTo(first);
            assertThat(client.post("/api/publish", event + "}").answer().body()).isNotEqualTo(first);
            RawClient.Answer conflict = client.post(
                            "/api/publish", JSON + "Idempotency-Key: k\r\n", "{\"channel\":\"keys\",\"data\":2}")
                    .answer();
            assertThat(conflict.status()).isEqualTo(409);
            assertThat(conflict.header("content-type")).isEqualTo("application/problem+json");
            assertThat(conflict.body())
                    .isEqualTo("{\"title\":\"Conflict\",\"status\":409,\"error\":\"Conflict\",\"detail\":\"key: k"
                            + " (expected: a key that was not used for another event)\"}");
            RawClient.Answer two = client.post(
                            "/api/publish", JSON + "Idempotency-Key: other\r\n", event + ",\"key\":\"k\"}")
                    .answer();
            assertThat(two.status()).isEqualTo(400);
            assertThat(two.body()).contains("key: is not what the header says");
            assertThat(client.post("/api/publish", LINES + "Idempotency-Key: \"k\r\n", event + "}\n")
                            .answer()
                            .body())
                    .contains("idempotency-key: is not quoted as a whole");
        }
    }

    @Test
    void theHeaderNumbersTheEventsOfABatch_andAConflictAppendsNothing() throws IOException {
        try (RawClient client = connect()) {
            String batch = "[{\"data\":1},{\"data\":2,\"key\":\"own\"},{\"data\":3}]";
            String key = "Idempotency-Key: batch\r\n";
            String first =
                    ok(client.post("/api/publish", JSON + key, batch).answer().body());
            assertThat(client.post("/api/publish", JSON + key, batch).answer().body())
                    .isEqualTo(first);
            assertThat(client.post("/api/publish", "{\"data\":3,\"key\":\"batch#2\"}")
                            .answer()
                            .body())
                    .isEqualTo(first.replaceAll("\"ids\":.*,(\"[^\"]+\")]", "\"id\":$1"));
            String end = server.hub().end().toString();
            assertThat(client.post("/api/publish", "[{\"data\":9},{\"data\":4,\"key\":\"own\"}]")
                            .answer()
                            .status())
                    .isEqualTo(409);
            assertThat(client.post("/api/publish", "[{\"data\":9,\"key\":\"n\"},{\"data\":8,\"key\":\"n\"}]")
                            .answer()
                            .status())
                    .isEqualTo(409);
            assertThat(server.hub().end().toString()).isEqualTo(end);
        }
    }

    @Test
    void theHeaderNumbersTheLines_andAConflictIsThatLinesAnswer() throws IOException {
        try (RawClient client = connect()) {
            String key = "Idempotency-Key: \"lines\"\r\n";
            client.post("/api/publish", LINES + key, "{\"data\":0}\n\nnonsense\n{\"data\":2}\n")
                    .head();
            List<String> first = client.chunksToEnd().lines().toList();
            assertThat(first).hasSize(3);
            client.post("/api/publish", LINES + key, "{\"data\":0}\n{\"data\":1}\n{\"data\":\"other\"}\n{\"data\":3}\n")
                    .head();
            List<String> second = client.chunksToEnd().lines().toList();
            assertThat(second.get(0)).isEqualTo(first.get(0));
            ok(second.get(1));
            assertThat(second.get(2))
                    .isEqualTo("{\"success\":false,\"error\":\"Conflict\",\"status\":409,\"detail\":\"key: lines#2"
                            + " (expected: a key that was not used for another event)\"}");
            ok(second.get(3));
        }
    }

    @Test
    void linesArePublishedWhileTheyCome() throws IOException {
        try (RawClient client = connect()) {
            client.send(RawClient.lines(
                    "POST /api/publish HTTP/1.1",
                    "Host: localhost",
                    "Content-Type: application/x-ndjson",
                    "Transfer-Encoding: chunked",
                    "",
                    "15",
                    "{\"data\":1,\"channel\":\"",
                    "5",
                    "l\"}\nx"));
            assertThat(client.head()).startsWith("HTTP/1.1 200 OK\r\n");
            assertThat(client.chunk()).matches("\\{\"success\":true,\"id\":\"" + RawClient.EVENT_ID + "\"}\n");
            client.send("1\r\n\n\r\n");
            assertThat(client.chunk()).startsWith("{\"success\":false,\"error\":\"Bad request\",\"status\":400,");
            client.send("b\r\n{\"data\":2}\n\r\n0\r\n\r\n");
            assertThat(client.chunksToEnd()).matches("\\{\"success\":true,\"id\":\"" + RawClient.EVENT_ID + "\"}\n");
            assertThat(client.get("/readyz").answer().body()).isEqualTo("{\"status\":\"ready\"}");
        }
    }

    @Test
    void tenThousandLinesArePublishedInOrder() throws IOException {
        try (RawClient client = connect();
                RawClient reader = connect()) {
            reader.get("/api/events/many").head();
            reader.clientId();
            var body = new StringBuilder();
            for (int i = 0; i < 10_000; i++) {
                body.append("{\"channel\":\"many\",\"data\":").append(i).append("}\n");
            }
            var sender = new Thread(() -> {
                try {
                    client.post("/api/publish", "Content-Type: application/x-ndjson\r\n", body.toString());
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            sender.start();
            client.head();
            String answers = client.chunksToEnd();
            assertThat(answers.lines()).hasSize(10_000).allMatch(line -> line.startsWith("{\"success\":true,"));
            String events = reader.chunksUntil("data: 9999\n\n");
            List<String> data =
                    events.lines().filter(line -> line.startsWith("data: ")).toList();
            for (int i = 0; i < 10_000; i++) {
                assertThat(data.get(i)).isEqualTo("data: " + i);
            }
        }
    }
}
