// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import dev.hibiki.client.Failure.Reason;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at a stream: the request, the redirects that it meets, and the body.
 *
 * <p>Redirects are followed here, because the JDK's client takes the token along to wherever it is sent. Ours leaves it at the door of
 * another origin. {@link #letGo} ends an attempt from any thread at any moment, by failing whatever it waits for.
 */
final class Attempt {

    /** The answer, after redirects; or else why there is none that can be used. */
    record Outcome(
            @Nullable HttpResponse<Body> answer, @Nullable Failure refusal) {}

    private static final int MAX_REDIRECTS = 20;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

    /** What speaks for who we are, and so stays with the origin that it was meant for. */
    private static final Set<String> CREDENTIALS = Set.of("authorization", "cookie", "proxy-authorization");

    /** Made when it is first needed, and never redirecting. */
    private static final class Shared {
        static final HttpClient CLIENT = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    private final EventSourceConfig config;
    private final HttpClient client;

    private boolean gone; // this and below: under the lock of this
    private @Nullable CompletableFuture<?> pending;
    private @Nullable Body body;

    Attempt(EventSourceConfig config) {
        this.config = config;
        this.client = config.httpClient == null ? Shared.CLIENT : config.httpClient;
    }

    /** Sends the request and waits for an answer that is no redirect. */
    Outcome send(String lastEventId, @Nullable String token) throws IOException, InterruptedException {
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        headers.put("Accept", "text/event-stream");
        headers.put("Cache-Control", "no-cache");
        headers.putAll(config.headers);
        if (token != null) {
            headers.put("Authorization", "Bearer " + token);
        }
        URI uri = config.uri;
        if (isHeader(lastEventId)) {
            headers.put("Last-Event-ID", lastEventId);
        } else if (!lastEventId.isEmpty()) {
            uri = withQuery(uri, "lastEventId=" + URLEncoder.encode(lastEventId, StandardCharsets.UTF_8));
        }
        String method = config.method;
        String content = config.body;
        for (int redirects = 0; ; redirects++) {
            HttpResponse<Body> answer = send(request(uri, method, content, headers));
            int status = answer.statusCode();
            if (!REDIRECTS.contains(status)) {
                return new Outcome(answer, null);
            }
            answer.body().letGo();
            URI place = place(uri, answer);
            if (place == null || redirects == MAX_REDIRECTS) {
                String detail = place != null
                        ? "more than " + MAX_REDIRECTS + " redirects"
                        : "a redirect without a place to go to";
                return new Outcome(null, new Failure(Reason.REDIRECT, status, detail, null));
            }
            if (!origin(place).equals(origin(uri))) {
                headers.keySet().removeIf(name -> CREDENTIALS.contains(name.toLowerCase(java.util.Locale.ROOT)));
            }
            boolean toGet = status == 303 ? !method.equals("HEAD") : status < 303 && method.equals("POST");
            if (toGet) {
                method = "GET";
                content = null;
                headers.remove("Content-Type");
            }
            uri = place;
        }
    }

    private static HttpRequest request(URI uri, String method, @Nullable String content, Map<String, String> headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri)
                .method(method, content == null ? BodyPublishers.noBody() : BodyPublishers.ofString(content))
                // Over plain HTTP the JDK would ask to be upgraded, which some servers take amiss.
                .version(isSecure(uri) ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1);
        headers.forEach(request::setHeader);
        return request.build();
    }

    private HttpResponse<Body> send(HttpRequest request) throws IOException, InterruptedException {
        CompletableFuture<HttpResponse<Body>> answer = client.sendAsync(request, head -> body());
        synchronized (this) {
            pending = answer;
            if (gone) {
                answer.cancel(true);
            }
        }
        try {
            return answer.get(config.connectTimeout.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new HttpTimeoutException("no answer for " + config.connectTimeout.toMillis() + " ms");
        } catch (CancellationException e) {
            throw new IOException("let go", e);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw cause instanceof IOException failed ? failed : new IOException(cause.toString(), cause);
        }
    }

    private synchronized Body body() {
        var made = new Body();
        body = made;
        if (gone) {
            made.letGo();
        }
        return made;
    }

    /** Ends it: whoever waits for it gets an {@link IOException}. Any thread. */
    void letGo() {
        CompletableFuture<?> waiting;
        Body reading;
        synchronized (this) {
            gone = true;
            waiting = pending;
            reading = body;
        }
        if (waiting != null) {
            waiting.cancel(true);
        }
        if (reading != null) {
            reading.letGo();
        }
    }

    /** The JDK writes headers as ASCII, and servers trim them: what would not come through unharmed goes into the query. */
    private static boolean isHeader(String id) {
        return !id.isEmpty()
                && id.chars().allMatch(c -> c >= ' ' && c <= '~')
                && id.charAt(0) != ' '
                && id.charAt(id.length() - 1) != ' ';
    }

    private static URI withQuery(URI uri, String parameter) {
        String query = uri.getRawQuery();
        String text = uri.toString();
        int fragment = text.indexOf('#');
        text = fragment < 0 ? text : text.substring(0, fragment);
        return URI.create(text + (query == null ? "?" : query.isEmpty() ? "" : "&") + parameter);
    }

    /** Where a redirect leads, or null if one cannot follow it. */
    private static @Nullable URI place(URI from, HttpResponse<?> answer) {
        try {
            URI place = from.resolve(answer.headers().firstValue("Location").orElse(""));
            boolean http = "http".equalsIgnoreCase(place.getScheme()) || isSecure(place);
            boolean downgrade = isSecure(from) && !isSecure(place);
            boolean given = answer.headers().firstValue("Location").isPresent();
            return given && http && !downgrade && place.getHost() != null ? place : null;
        } catch (IllegalArgumentException noUri) {
            return null;
        }
    }

    private static boolean isSecure(URI uri) {
        return "https".equalsIgnoreCase(uri.getScheme());
    }

    private static String origin(URI uri) {
        return (uri.getScheme() + "://" + uri.getHost() + ":" + uri.getPort()).toLowerCase(java.util.Locale.ROOT);
    }
}
