// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every page that a browser can be given, and what its head lets it do: nothing from elsewhere, nothing in a frame, nothing inline. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PagesIT {

    private static final Map<String, String> HEADERS = Map.of(
            "content-security-policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
                    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            "x-content-type-options",
            "nosniff",
            "referrer-policy",
            "no-referrer",
            "x-frame-options",
            "DENY",
            "cross-origin-opener-policy",
            "same-origin");

    private static final List<String> EXAMPLES = List.of("echo", "counter", "ping", "guide", "chat");
    private static final Pattern LINK = Pattern.compile("(?:src|href)=\"([^\"#]+)\"");
    private static final Pattern INLINE = Pattern.compile(
            "<script(?![^>]*\\bsrc=)|<style|\\sstyle=|\\son[a-z]+=|javascript:", Pattern.CASE_INSENSITIVE);

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final HibikiProcess hibiki = start();

    private static HibikiProcess start() {
        try {
            return HibikiProcess.start("serve", "--port", "0", "--log", "memory");
        } catch (IOException notStarted) {
            throw new IllegalStateException(notStarted);
        }
    }

    @AfterAll
    void stop() {
        hibiki.close();
    }

    private HttpResponse<String> ask(String method, URI uri) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString(UTF_8));
    }

    static Stream<String> pages() {
        return Stream.concat(Stream.of("/"), EXAMPLES.stream().map(name -> "/examples/" + name + "/"));
    }

    @ParameterizedTest
    @MethodSource("pages")
    void thePageAndAllThatItLoadsIsGuarded(String path) throws Exception {
        isGuarded(hibiki.uri().resolve(path));
    }

    @ParameterizedTest
    @ValueSource(strings = {"echo", "counter", "ping", "guide", "chat"})
    void soIsTheExampleThatIsStartedAlone(String name) throws Exception {
        try (HibikiProcess alone = HibikiProcess.start("example", name, "--port", "0")) {
            isGuarded(alone.uri().resolve("/"));
        }
    }

    private void isGuarded(URI page) throws IOException, InterruptedException {
        HttpResponse<String> html = ask("GET", page);
        assertThat(html.statusCode()).isEqualTo(200);
        assertThat(html.headers().firstValue("content-type")).contains("text/html; charset=utf-8");
        assertThat(INLINE.matcher(html.body()).find()).as("inline in %s", page).isFalse();
        List<URI> loaded = new ArrayList<>(List.of(page));
        for (Matcher link = LINK.matcher(html.body()); link.find(); ) {
            URI target = page.resolve(link.group(1));
            boolean isOurs = target.getAuthority().equals(page.getAuthority());
            if (isOurs && target.getPath().matches(".*\\.(css|m?js|svg|png|ico)")) {
                loaded.add(target);
            }
        }
        assertThat(loaded).as("the page, and at least its script").hasSizeGreaterThan(1);
        for (URI one : loaded) {
            HttpResponse<String> get = ask("GET", one);
            assertThat(get.statusCode()).as("%s", one).isEqualTo(200);
            assertThat(of(get.headers())).as("%s", one).containsAllEntriesOf(HEADERS);
            saysNotWhatItIs(get.headers());
            HttpResponse<String> head = ask("HEAD", one);
            assertThat(of(head.headers())).isEqualTo(of(get.headers()));
            assertThat(head.body()).isEmpty();
        }
    }

    /** The headers but for the date, each with its first value. */
    private static Map<String, String> of(HttpHeaders headers) {
        var all = new TreeMap<String, String>();
        headers.map().forEach((name, values) -> all.put(name, values.get(0)));
        all.remove("date");
        return all;
    }

    private static void saysNotWhatItIs(HttpHeaders headers) {
        assertThat(headers.map()).doesNotContainKeys("server", "x-powered-by", "via");
        assertThat(headers.map().toString().toLowerCase(java.util.Locale.ROOT))
                .doesNotContain("hibiki")
                .doesNotContain("netty");
    }

    @Test
    void noAnswerSaysWhatServerItIs_noErrorEither() throws Exception {
        for (String path : List.of("/missing", "/healthz", "/api/events?channel=%00", "/api/publish", "/metrics")) {
            saysNotWhatItIs(ask("GET", hibiki.uri().resolve(path)).headers());
        }
        for (String request : List.of("garbage\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /" + "a".repeat(9000))) {
            try (Socket socket =
                    new Socket(InetAddress.getLoopbackAddress(), hibiki.uri().getPort())) {
                socket.getOutputStream().write(request.getBytes(ISO_8859_1));
                socket.shutdownOutput();
                String answer = new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
                assertThat(answer).startsWith("HTTP/1.1 ").contains("nosniff");
                assertThat(answer.toLowerCase(java.util.Locale.ROOT))
                        .doesNotContain("hibiki/")
                        .doesNotContain("netty")
                        .doesNotContain("server:");
            }
        }
    }
}
