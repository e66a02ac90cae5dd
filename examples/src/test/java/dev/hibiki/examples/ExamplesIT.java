// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hibiki.server.HibikiServer;
import dev.hibiki.server.RawClient;
import java.io.IOException;
import java.time.ZoneId;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The five reference systems byte by byte, beside each other and alone. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExamplesIT {

    private static final String ID = "\\d+-\\d+-[0-9a-z]+";
    private static final String TIME = "20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\+09:00";

    private final HibikiServer server = HibikiServer.start(config -> Examples.besideOthers(config.port(0), null));

    @AfterAll
    void close() {
        server.close();
    }

    private RawClient connect() throws IOException {
        return RawClient.connect(server.port());
    }

    private RawClient open(String path) throws IOException {
        return open(path, "");
    }

    /** Opens a stream and reads its head and its first bytes. */
    private RawClient open(String path, String headers) throws IOException {
        RawClient client = connect();
        assertThat(client.get(path, headers).head()).startsWith("HTTP/1.1 200 OK\r\n");
        assertThat(client.chunk()).isEqualTo("retry: 3000\n\n");
        return client;
    }

    /** Reads events until one ends with a text that a regular expression describes; all that came. */
    private static String read(RawClient client, String lastLine) throws IOException {
        var all = new StringBuilder();
        while (!all.toString().matches("(?s).*" + lastLine + "\n\n")) {
            String chunk = client.chunk();
            assertThat(chunk).as("the stream ended after %s", all).isNotEmpty();
            all.append(chunk);
        }
        return all.toString();
    }

    private String post(String path, String json, int status) throws IOException {
        try (RawClient client = connect()) {
            var answer = client.post(path, json).answer();
            assertThat(answer.status()).as(answer.body()).isEqualTo(status);
            return answer.body();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/events",
                "/events/system",
                "/events/custom",
                "/event",
                "/sse",
                "/chat/sse",
                "/chat/lobby/events",
                "/api/events"
            })
    void everyStreamBeginsAlike_whateverItAccepts(String path) throws IOException {
        for (String accept : new String[] {"", "Accept: text/html\r\n", "Accept: text/event-stream\r\n"}) {
            try (RawClient client = connect()) {
                assertThat(client.get(path, accept).head())
                        .contains("\r\nContent-Type: text/event-stream\r\n")
                        .contains("\r\nCache-Control: no-cache, no-transform\r\n")
                        .contains("\r\nX-Accel-Buffering: no\r\n")
                        .contains("\r\nConnection: keep-alive\r\n");
                assertThat(client.chunk()).isEqualTo("retry: 3000\n\n");
            }
        }
    }

    @Test
    void echoTellsTheTime_withIdsThatRise() throws IOException {
        try (RawClient client = open("/events")) {
            String line = "data: 20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d";
            assertThat(read(client, "\n\nid: [^\n]+\n" + line))
                    .matches("id: " + ID + "\\.\\d+\n" + line + "\n\nid: " + ID + "\\.\\d+\n" + line + "\n\n");
        }
    }

    @Test
    void echoTellsHowTheSystemIs() throws IOException {
        try (RawClient client = open("/events/system")) {
            String part = "(0(\\.\\d+)?|1(\\.0)?)";
            assertThat(read(client, "}"))
                    .matches("id: " + ID + "\\.\\d+\nevent: system-info\ndata: \\{"
                            + "\"timestamp\":\"20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\",\"memory_usage_mb\":\\d+,"
                            + "\"cpu_cores\":\\d+,\"cpu_load\":\\{\"process\":" + part + ",\"system\":" + part + "},"
                            + "\"threads\":(\\d+),\"goroutines\":\\7,\"open_streams\":[1-9]\\d*}\n\n");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "interval=0.1 | custom-event | data: Default message (#1)",
                "message=&event=&interval=0.1 | custom-event | data: Default message (#1)",
                "message=a%0Ab%0D%0Ac%0Dd&interval=0.1 | custom-event | data: a/data: b/data: c/data: d (#1)",
                "message=x%0A%0Aevent:%20forged%0Adata:%20y&interval=0.1 | custom-event"
                        + " | data: x/data: /data: event: forged/data: data: y (#1)",
                "message=%C3%A9%00&event=id:%207&interval=0.1 | id: 7 | data: é\0 (#1)",
            })
    void echoSaysWhatItIsAskedToSay_andNothingForged(String query, String type, String lines) throws IOException {
        try (RawClient client = open("/events/custom?" + query)) {
            assertThat(client.chunk().replaceFirst(ID + "\\.\\d+", "ID.N"))
                    .isEqualTo("id: ID.N\nevent: " + type + "\n" + lines.replace("/", "\n") + "\n\n");
            assertThat(read(client, " \\(#3\\)")).contains(" (#2)\n\n");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "event=a%0Ab, event: contains a line break (expected: one line without NUL)",
        "event=a%0Db, event: contains a line break (expected: one line without NUL)",
        "event=a%00b, event: contains NUL (expected: one line without NUL)",
        "event=error, 'event: error (expected: none of the reserved types error, open and hibiki.*)'",
        "event=open, 'event: open (expected: none of the reserved types error, open and hibiki.*)'",
        "event=hibiki.gap, 'event: hibiki.gap (expected: none of the reserved types error, open and hibiki.*)'",
    })
    void echoRefusesATypeThatCannotBe(String query, String detail) throws IOException {
        try (RawClient client = connect()) {
            var answer = client.get("/events/custom?" + query).answer();
            assertThat(answer.body())
                    .isEqualTo("{\"title\":\"Bad request\",\"status\":400,\"error\":\"Bad request\",\"detail\":\""
                            + detail + "\"}");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "0.0999",
                "3600.1",
                "-1",
                "x",
                "NaN",
                "Infinity",
                "0x1p3",
                "1f",
                "1d",
                "1,5",
                "%201",
                "1e999"
            })
    void echoRefusesAnIntervalThatIsNoNumberInItsRange(String interval) throws IOException {
        try (RawClient client = connect()) {
            var answer = client.get("/events/custom?interval=" + interval).answer();
            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.body())
                    .contains(
                            "\"detail\":\"interval: is no number in the range (expected: a number from 0.1 to 3600)\"");
        }
    }

    @Test
    void counterCountsForEachStreamFromOne() throws IOException {
        try (RawClient one = open("/event");
                RawClient other = open("/event")) {
            for (RawClient client : new RawClient[] {one, other}) {
                assertThat(read(client, "data: 2"))
                        .matches("id: " + ID + "\\.\\d+\ndata: 1\n\nid: " + ID + "\\.\\d+\ndata: 2\n\n");
            }
        }
    }

    @Test
    void pingTellsTheTimeInTokyo_andAfterAFewPingsAMessage() throws IOException {
        try (RawClient client = open("/sse")) {
            String pings = "(id: " + ID + "\\.\\d+\nevent: ping\ndata: \\{\"time\":\"(" + TIME + ")\"}\n\n){1,10}";
            assertThat(read(client, "This is a message at time " + TIME))
                    .matches(pings + "id: " + ID + "\\.\\d+\ndata: This is a message at time \\2\n\n");
        }
    }

    @Test
    void chatCountsAtOnceAndOn() throws IOException {
        try (RawClient client = open("/chat/sse")) {
            assertThat(read(client, "data: 2"))
                    .matches("id: " + ID + "\\.\\d+\nevent: ping\ndata: 1\n\nid: " + ID
                            + "\\.\\d+\nevent: ping\ndata: 2\n\n");
        }
    }

    @Test
    void chatTellsARoomWhatIsSaid_andWhoComes_asJsonThatForgesNothing() throws IOException {
        try (RawClient ada = open("/chat/r1/events?author=Ada")) {
            read(ada, "data: \\{\"userId\":\"Ada\",\"username\":\"Ada\"}");
            try (RawClient bob = open("/chat/r1/events?author=Bob")) {
                assertThat(read(ada, "\"Bob\"}"))
                        .matches("id: " + ID
                                + "\nevent: user-joined\ndata: \\{\"userId\":\"Bob\",\"username\":\"Bob\"}\n\n");
                read(bob, "\"Bob\"}");
                post("/chat/r2/messages", "{\"content\":\"elsewhere\"}", 201);
                String posted = post("/chat/r1/messages", "{\"content\":\"  a\\n\\nevent: forged \"}", 201);
                assertThat(posted).matches("\\{\"success\":true,\"id\":\"" + ID + "\"}");
                for (RawClient client : new RawClient[] {ada, bob}) {
                    assertThat(read(client, "}"))
                            .matches("id: " + ID + "\nevent: message\ndata: \\{\"author\":\"anonymous\","
                                    + "\"content\":\"a\\\\n\\\\nevent: forged\","
                                    + "\"timestamp\":\"20\\d\\d-\\d\\d-\\d\\d \\d\\d:\\d\\d\"}\n\n");
                }
            }
        }
    }

    @Test
    void chatTellsWhoeverComesBackWhatWasSaidMeanwhile() throws IOException {
        String before = post("/chat/r3/messages", "{\"author\":\"Ada\",\"content\":\"1\"}", 201);
        String id = before.replaceAll(".*\"id\":\"|\"}", "");
        post("/chat/r3/messages", "{\"author\":\"Ada\",\"content\":\"2\"}", 201);
        post("/chat/r3/messages", "{\"author\":\"Ada\",\"content\":\"3\"}", 201);
        try (RawClient client = open("/chat/r3/events", "Last-Event-ID: " + id + "\r\n")) {
            String all = read(client, "\"content\":\"3\".*");
            assertThat(all).contains("\"content\":\"2\"").doesNotContain("\"content\":\"1\"", "hibiki.gap");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/chat/r/messages | {} | content: is empty (expected: 1 to 2000 characters)",
                "/chat/r/messages | {'content':'  '} | content: is empty (expected: 1 to 2000 characters)",
                "/chat/r/messages | {'content':7} | content: 7 (expected: a text)",
                "/chat/r/messages | [] | body: a JSON ARRAY (expected: a JSON object)",
                "/chat/*/messages | {'content':'x'} | room: * (expected: 1 to 100 of A-Z a-z 0-9 . _ ~ : @ -)",
                "/chat/a%2Fb/messages | {'content':'x'} | room: a/b (expected: 1 to 100 of A-Z a-z 0-9 . _ ~ : @ -)",
                "/api/process | {'steps':0} | steps: 0 (expected: a whole number from 1 to 1000)",
                "/api/process | {'steps':1001} | steps: 1001 (expected: a whole number from 1 to 1000)",
                "/api/process | {'steps':1.5} | steps: 1.5 (expected: a whole number from 1 to 1000)",
                "/api/process | {'stepMillis':0} | stepMillis: 0 (expected: a whole number from 1 to 60000)",
            })
    void whatCannotBeIsRefusedWithItsName(String path, String json, String detail) throws IOException {
        assertThat(post(path, json.replace('\'', '"'), 400)).contains("\"detail\":\"" + detail + "\"");
    }

    @Test
    void chatTakesTwoThousandCharacters_andNotOneMore() throws IOException {
        String smiley = new String(Character.toChars(0x1F600));
        post("/chat/r4/messages", "{\"content\":\" " + smiley.repeat(2000) + " \"}", 201);
        assertThat(post("/chat/r4/messages", "{\"content\":\"" + "x".repeat(2001) + "\"}", 400))
                .contains("content: 2001 characters long (expected: at most 2000)");
    }

    @Test
    void guideTellsItsPlainStreamsAnUpdate_andTheDashboardAValue() throws IOException {
        try (RawClient plain = open("/api/events");
                RawClient dashboard = open("/api/events/dashboard")) {
            assertThat(read(plain, "\"Update\".*"))
                    .matches("(?s).*\nid: " + ID
                            + "\\.\\d+\ndata: \\{\"message\":\"Update\",\"timestamp\":\\d{13}}\n\n");
            assertThat(read(dashboard, "\"value\".*"))
                    .matches("(?s).*\nid: " + ID + "\ndata: \\{\"value\":\\d+(\\.\\d+)?}\n\n")
                    .doesNotContain("Update");
        }
    }

    @Test
    void guideTellsAClientHowFarItsTaskIs_fromItsBeginning() throws IOException {
        String clientId = "abcdefghijklmnopqrstu1";
        try (RawClient client = open("/api/events?channel=none&clientId=" + clientId)) {
            read(client, "\"connected\".*");
            String answer =
                    post("/api/process", "{\"clientId\":\"" + clientId + "\",\"steps\":3,\"stepMillis\":20}", 202);
            assertThat(answer).matches("\\{\"success\":true,\"taskId\":\"[-0-9a-f]{36}\",\"id\":\"" + ID + "\"}");
            String task = answer.replaceAll(".*\"taskId\":\"|\",\"id.*", "");
            String expected = "";
            for (String step : List.of(
                    "0,\"status\":\"started\"",
                    "0,\"status\":\"processing\"",
                    "33,\"status\":\"processing\"",
                    "66,\"status\":\"processing\"",
                    "100,\"status\":\"processing\"",
                    "100,\"status\":\"completed\"")) {
                expected +=
                        "id: ID\nevent: progress\ndata: {\"taskId\":\"" + task + "\",\"progress\":" + step + "}\n\n";
            }
            assertThat(read(client, "\"completed\"}").replaceAll("id: " + ID, "id: ID"))
                    .isEqualTo(expected);
        }
    }

    @Test
    void guideKnowsNoClientThatIsNotThere() throws IOException {
        assertThat(post("/api/process", "{\"clientId\":\"nobody\"}", 404))
                .startsWith("{\"title\":\"Client not found\",");
    }

    @Test
    void guideTellsEverybodyOnceOfATaskOfNobody_alsoWhoResumesBeforeIt() throws IOException {
        try (RawClient live = open("/api/events?channel=none")) {
            read(live, "\"connected\".*");
            String answer = post("/api/process", "{\"steps\":1,\"stepMillis\":1}", 202);
            String task = answer.replaceAll(".*\"taskId\":\"|\",\"id.*", "");
            String id = answer.replaceAll(".*\"id\":\"|\"}", "");
            assertThat(read(live, "\"completed\"}").split(task, -1)).hasSize(1 + 4);
            try (RawClient later = open("/api/events?channel=process/" + task, "Last-Event-ID: " + id + "\r\n")) {
                assertThat(read(later, "\"completed\"}").split(task, -1)).hasSize(1 + 4);
            }
        }
    }

    @Test
    void eachAloneHasItsPageAtTheRoot_andBesideOthersInAFolder() throws IOException {
        for (Example example : Examples.all()) {
            String script = "src=\"./" + example.name() + ".js\"";
            try (RawClient client = connect()) {
                assertThat(client.get("/examples/" + example.name() + "/")
                                .answer()
                                .body())
                        .contains(script);
            }
            try (var alone = HibikiServer.start(config -> example.alone(config.port(0), ZoneId.of("UTC")))) {
                for (String path : new String[] {"/", "/" + example.name() + ".js", "/examples/assets/page.js"}) {
                    try (RawClient client = RawClient.connect(alone.port())) {
                        assertThat(client.get(path).answer().status()).as(path).isEqualTo(200);
                    }
                }
            }
        }
    }

    @Test
    void aloneChatCountsAtSse_andPingTellsTheTimeOfItsZone() throws IOException {
        String[][] firsts = {
            {"chat", "event: ping\ndata: 1\n\n"}, {"ping", "event: ping\ndata: {\"time\":\"T+00:00\"}\n\n"}
        };
        for (String[] first : firsts) {
            Example example = Examples.all().stream()
                    .filter(each -> each.name().equals(first[0]))
                    .findFirst()
                    .orElseThrow();
            try (var alone = HibikiServer.start(config -> example.alone(config.port(0), ZoneId.of("UTC")));
                    RawClient client = RawClient.connect(alone.port())) {
                client.get("/sse").head();
                String begin = client.chunk() + client.chunk();
                assertThat(begin.replaceAll("20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d", "T")
                                .replaceFirst(ID + "\\.\\d+", "ID.N"))
                        .isEqualTo("retry: 3000\n\nid: ID.N\n" + first[1]);
            }
        }
    }
}
