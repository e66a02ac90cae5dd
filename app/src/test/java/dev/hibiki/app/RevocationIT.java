// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was revoked stays revoked, whatever becomes of the process. */
class RevocationIT {

    private static final String SECRET = "a secret of two and thirty bytes";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static String token(String... options) throws IOException, InterruptedException {
        List<String> args = new ArrayList<>(List.of("token", "--key", SECRET));
        args.addAll(List.of(options));
        try (HibikiProcess hibiki = HibikiProcess.start(args.toArray(String[]::new))) {
            assertThat(hibiki.status()).as(hibiki.err().toString()).isZero();
            return String.join("\n", hibiki.out());
        }
    }

    private String post(URI uri, String token, String json) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri)
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + token)
                .POST(HttpRequest.BodyPublishers.ofString(json))
                .build();
        return client.send(request, BodyHandlers.ofString()).body();
    }

    private int statusOfStream(URI server, String token) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(server.resolve("/api/events/a?token=" + token))
                .build();
        var answer = client.send(request, BodyHandlers.ofInputStream());
        answer.body().close();
        return answer.statusCode();
    }

    @Test
    void aRevokedTokenIsRefusedAfterAKill_thoughTheLogKeepsNothingOfIt(@TempDir Path folder) throws Exception {
        String admin = token("--admin", "--publish", "**");
        String revoked = token("--id", "t1", "--sub", "ann", "--subscribe", "a");
        String ofUser = token("--id", "t2", "--sub", "bob", "--subscribe", "a");
        String stays = token("--id", "t3", "--sub", "cid", "--subscribe", "a");
        try (MortalServer server =
                new MortalServer(folder.resolve("data"), List.of(), "--jwt-key", SECRET, "--log-max-entries", "3")) {
            server.start();
            URI uri = server.uri();
            try (EventTail one = EventTail.open(client, uri.resolve("/api/events/a?token=" + revoked));
                    EventTail two = EventTail.open(client, uri.resolve("/api/events/a?token=" + ofUser));
                    EventTail three = EventTail.open(client, uri.resolve("/api/events/a?token=" + stays))) {
                await().until(() -> !one.clientId().isEmpty()
                        && !two.clientId().isEmpty()
                        && !three.clientId().isEmpty());
                URI revoke = uri.resolve("/api/revoke");
                for (String whom : List.of("{\"tokenId\":\"t1\"}", "{\"userId\":\"bob\"}")) {
                    assertThat(post(revoke, admin, whom)).isEqualTo("{\"success\":true,\"ended\":1}");
                }
                await().until(() -> one.end().equals("ended") && two.end().equals("ended"));
                assertThat(three.end()).isEmpty();
                server.kill(); // at once: what was answered is on the disk
                await().until(() -> three.end().equals("broken"));
            }
            server.start();
            assertStillRevoked(uri, revoked, ofUser, stays);
            for (int i = 0; i < 10; i++) {
                String event = "{\"channel\":\"news\",\"data\":" + i + "}";
                assertThat(post(uri.resolve("/api/publish"), admin, event)).contains("\"success\":true");
            }
            server.kill();
            server.start();
            assertStillRevoked(uri, revoked, ofUser, stays);

            server.killAndLoseData();
            server.start();
            assertThat(statusOfStream(uri, revoked)).as("nothing else knows").isEqualTo(200);
        }
    }

    private void assertStillRevoked(URI uri, String revoked, String ofUser, String stays) throws Exception {
        assertThat(statusOfStream(uri, revoked)).isEqualTo(401);
        assertThat(statusOfStream(uri, ofUser)).isEqualTo(401);
        assertThat(statusOfStream(uri, stays)).isEqualTo(200);
        assertThat(post(uri.resolve("/api/publish"), revoked, "{\"channel\":\"a\",\"data\":1}"))
                .contains("the token was revoked");
    }
}
