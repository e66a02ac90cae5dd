// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The real product with a real client, curl, over every version of HTTP, with and without TLS. */
class CurlIT {

    @ParameterizedTest
    @CsvSource({
        "false, --http1.0, HTTP/1.0",
        "false, --http1.1, HTTP/1.1",
        "false, --http2, HTTP/1.1",
        "false, --http2-prior-knowledge, HTTP/2",
        "true, --http1.1, HTTP/1.1",
        "true, --http2, HTTP/2",
        "true, --http2-prior-knowledge, HTTP/2"
    })
    void everyVersionStreams(boolean tls, String option, String spoken) throws Exception {
        try (var hibiki = tls
                ? HibikiProcess.start("serve", "--port", "0", "--log", "memory", "--tls-self-signed")
                : HibikiProcess.start("serve", "--port", "0", "--log", "memory")) {
            String url = hibiki.uri().toString();
            assertThat(url).startsWith(tls ? "https://" : "http://");
            assertThat(curl(3, "-Nksv", option, url + "/event").stream().filter(line -> line.startsWith("data: ")))
                    .startsWith("data: 1", "data: 2", "data: 3");
            List<String> published = curl(
                    1,
                    "-ksi",
                    option,
                    url + "/api/publish",
                    "-H",
                    "Content-Type: application/json",
                    "-d",
                    "{\"channel\":\"a\",\"data\":\"x\"}");
            assertThat(published.get(0)).matches("HTTP/(1\\.1|2) 200.*");
            hibiki.signal("TERM");
            assertThat(hibiki.status()).isZero();
            assertThat(hibiki.err()).anyMatch(line -> line.contains("GET /event " + spoken + " 200 stream opened"));
        }
    }

    /** What curl prints until so many events have come, or it ends. */
    private static List<String> curl(int events, String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("curl", "--max-time", "120"));
        command.addAll(List.of(arguments));
        Process curl = new ProcessBuilder(command).redirectErrorStream(true).start();
        var lines = new ArrayList<String>();
        try (BufferedReader reader = curl.inputReader(UTF_8)) {
            int left = events;
            String line;
            while (left > 0 && (line = reader.readLine()) != null) {
                lines.add(line);
                left -= line.startsWith("data: ") ? 1 : 0;
            }
        } finally {
            curl.destroyForcibly();
        }
        assertThat(curl.waitFor(1, TimeUnit.MINUTES)).isTrue();
        return lines;
    }
}
