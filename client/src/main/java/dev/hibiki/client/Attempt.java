// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import dev.hibiki.client.Failure.Reason;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
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
 * <p>Redirects are followed here, because the JDK's client takes the token along wherever a redirect leads. This one does
 * not take it to another origin. {@link #letGo} ends an attempt from any thread at any moment, by failing whatever it waits
 * for.
 */
final class Attempt {

    /** The answer, after redirects; or else why there is none that can be used. */
    record Outcome(
            @Nullable HttpResponse<Body> answer, @Nullable Failure refusal) {}

    private static final int MAX_REDIRECTS = 20;

    /** Headers that say who we are, and so stay with the origin that they were meant for. */
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
        String parameter = "";
        if (isHeader(lastEventId)) {
            headers.put("Last-Event-ID", lastEventId);
        } else if (!lastEventId.isEmpty()) {
            parameter = "lastEventId=" + URLEncoder.encode(lastEventId, StandardCharsets.UTF_8);
        }
        URI uri = config.uri;
        String method = config.method;
        String content = config.body;
        for (int redirects = 0; ; redirects++) {
            HttpResponse<Body> answer = send(request(withQuery(uri, parameter), method, content, headers));
            int status = answer.statusCode();
            if (!Redirect.isOne(status)) {
                return new Outcome(answer, null);
            }
            answer.body().letGo();
            String location = answer.headers().firstValue("Location").orElse(null);
            URI place = Redirect.place(uri, location);
            if (place == null || redirects == MAX_REDIRECTS) {
                String detail = place != null
                        ? "more than " + MAX_REDIRECTS + " redirects"
                        : "redirect to: " + (location == null ? "nowhere" : "'" + location + "'")
                                + " (expected: a place in HTTP, and in https from there)";
                return new Outcome(null, Failure.last(Reason.REDIRECT, status, detail, null));
            }
            if (!Redirect.isSameOrigin(uri, place)) {
                headers.keySet().removeIf(name -> CREDENTIALS.contains(name.toLowerCase(Locale.ROOT)));
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
                .method(method, content == null ? BodyPublishers.noBody() : BodyPublishers.ofString(content));
        if (!Redirect.isSecure(uri)) {
            // The JDK would ask for an upgrade to HTTP/2, which some servers do not take well.
            request.version(HttpClient.Version.HTTP_1_1);
        }
        headers.forEach(request::setHeader);
        return request.build();
    }

    private HttpResponse<Body> send(HttpRequest request) throws IOException, InterruptedException {
        if (isGone()) {
            throw new IOException("let go");
        }
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
            if (cause instanceof HttpTimeoutException timeout) {
                throw timeout; // of a client that has one of its own
            }
            throw new IOException(words(cause, request.uri()), cause);
        }
    }

    private synchronized boolean isGone() {
        return gone;
    }

    private synchronized Body body() {
        var made = new Body();
        body = made;
        if (gone) {
            made.letGo();
        }
        return made;
    }

    /** Ends it: whatever waits for it gets an {@link IOException}. Any thread. */
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

    /** What happened, in words: the JDK has no message for the two most common failures. */
    private static String words(Throwable cause, URI uri) {
        String message = cause.getMessage();
        if (cause instanceof ConnectException && message == null) {
            return cause.getCause() instanceof UnresolvedAddressException
                    ? "unknown host: " + uri.getHost()
                    : "no connection to " + uri.getAuthority();
        }
        return message == null ? cause.toString() : message;
    }

    /** The JDK writes headers as ASCII, and servers trim them: an id that would be changed by that goes into the query instead. */
    private static boolean isHeader(String id) {
        return !id.isEmpty()
                && EventSourceConfig.isPrintable(id)
                && id.charAt(0) != ' '
                && id.charAt(id.length() - 1) != ' ';
    }

    /** The address with a query parameter added, unless that is empty, or already there. */
    private static URI withQuery(URI uri, String parameter) {
        String query = uri.getRawQuery();
        if (parameter.isEmpty()
                || (query != null && List.of(query.split("&", -1)).contains(parameter))) {
            return uri;
        }
        String text = uri.toString();
        int fragment = text.indexOf('#');
        text = fragment < 0 ? text : text.substring(0, fragment);
        return URI.create(text + (query == null ? "?" : query.isEmpty() ? "" : "&") + parameter);
    }
}
