// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hibiki.event.SseEvent;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The handlers of an embedded server, as its users write them, over real sockets. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HandlersIT {

    private final HibikiServer server = HibikiServer.start(config -> config.port(0)
            .get("/hello/{name}", request -> Response.text("Hello " + request.path("name")))
            .get("/number", request -> Response.json(Map.of("n", request.number("n", 3, 0.1, 3600))))
            .post("/say", request -> {
                request.hub()
                        .publish("said", SseEvent.of(request.json().path("text").asString()))
                        .join();
                return Response.json(201, Map.of("success", true));
            }));

    @AfterAll
    void close() {
        server.close();
    }

    private RawClient connect() throws IOException {
        return RawClient.connect(server.port());
    }

    @Test
    void requestsAreAnsweredByHandlers() throws IOException {
        try (RawClient client = connect()) {
            assertThat(client.get("/hello/%E9%9F%BF").answer().body()).isEqualTo("Hello 響");
            assertThat(client.get("/number?n=").answer().body()).isEqualTo("{\"n\":3.0}");
            for (String bad : new String[] {"x", "0", "3601", "NaN", "Infinity", "0x1p3", "1d", "-1", "1%0A"}) {
                RawClient.Answer answer = client.get("/number?n=" + bad).answer();
                assertThat(answer.status()).as(bad).isEqualTo(400);
                assertThat(answer.body())
                        .contains("\"detail\":\"n: is no number in the range (expected: a number from 0.1 to 3600)\"");
            }
            assertThat(client.post("/say", "{\"text\":\"x\"}").answer().status())
                    .isEqualTo(201);
            assertThat(client.post("/say", "{").answer().status()).isEqualTo(400);
            assertThat(client.post("/say", "Content-Type: text/plain\r\n", "{}")
                            .answer()
                            .status())
                    .isEqualTo(415);
        }
    }

    @Test
    void headIsAnsweredAsGetIs_withoutABody_andTheConnectionGoesOn() throws IOException {
        String head = " HTTP/1.1\r\nHost: localhost\r\n\r\n"; // a request without a length has no body
        try (RawClient client = connect()) {
            for (String path : new String[] {"/hello/you", "/missing", "/healthz"}) {
                RawClient.Answer get = client.send("GET " + path + head).answer();
                String answered = client.send("HEAD " + path + head).head();
                assertThat(withoutDate(answered)).isEqualTo(withoutDate(get.head()));
                assertThat(get.header("content-length"))
                        .isEqualTo(Integer.toString(get.body().getBytes(UTF_8).length));
            }
            String stream = client.send("HEAD /api/events" + head).head();
            assertThat(stream)
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .contains("content-type: text/event-stream\r\n")
                    .doesNotContain("content-length")
                    .doesNotContain("transfer-encoding");
            assertThat(client.get("/hello/you").answer().body()).isEqualTo("Hello you");
            assertThat(server.openStreams()).isZero();
        }
    }

    private static String withoutDate(String head) {
        return head.replaceFirst("date: .*\r\n", "");
    }

    @Test
    void aHandlerWhoseClientHasGoneMeanwhileIsNotToldThatItMayNotSubscribe() throws Exception {
        var begun = new CountDownLatch(1);
        var gone = new CountDownLatch(1);
        var subscribed = new CountDownLatch(1);
        try (var slow = HibikiServer.start(config -> config.port(0).stream("/slow", stream -> {
            stream.onClose(reason -> gone.countDown());
            begun.countDown();
            gone.await();
            stream.subscribe("news");
            stream.presentAs("ann", "Ann");
            subscribed.countDown();
        }))) {
            RawClient client = RawClient.connect(slow.port());
            client.get("/slow");
            begun.await();
            client.reset();
            await().until(() -> subscribed.getCount() == 0);
            assertThat(slow.openStreams()).isZero();
        }
    }

    @Test
    void tooManyRequestsForTheWorkersAre503() throws Exception {
        var release = new CountDownLatch(1);
        try (var small = HibikiServer.start(config -> config.port(0)
                        .limits(limits -> limits.workers(1).queue(1))
                        .get("/slow", request -> {
                            release.await();
                            return Response.text("done");
                        }));
                RawClient one = RawClient.connect(small.port());
                RawClient two = RawClient.connect(small.port());
                RawClient three = RawClient.connect(small.port())) {
            one.get("/slow");
            two.get("/slow");
            await().until(() -> {
                RawClient.Answer answer = three.get("/slow").answer();
                return answer.status() == 503 && answer.header("retry-after").equals("1");
            });
            release.countDown();
            assertThat(one.answer().body()).isEqualTo("done");
            assertThat(two.answer().body()).isEqualTo("done");
        }
    }
}
