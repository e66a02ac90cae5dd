// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import dev.hibiki.client.Failure.Reason;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Why an answer is no stream.
 *
 * <p>After which statuses to try again is this client's choice: a browser gives up after every status but 200. Those that are about the
 * moment (overload, a restart, a proxy without its server) pass; those that are about the request do not, and asking again would only
 * be noise.
 */
final class Refusal {

    private Refusal() {}

    /** The failure that an answer is, or null if it is a stream. */
    static @Nullable Failure of(HttpResponse<?> answer) {
        int status = answer.statusCode();
        if (status == 200) {
            return notAStream(answer);
        }
        if (status == 204) {
            return Failure.last(Reason.NO_CONTENT, 204, "the server has nothing more to say", null);
        }
        if (status == 401) {
            return Failure.last(Reason.UNAUTHORIZED, 401, "the server wants another token", null);
        }
        if (status == 408 || status == 425 || status == 429 || status >= 500) {
            Duration retryAfter = RetryAfter.of(answer);
            return new Failure(
                    Reason.STATUS,
                    status,
                    "the server answered " + status,
                    retryAfter == null ? Failure.UNTOLD : retryAfter,
                    null);
        }
        return Failure.last(Reason.REFUSED, status, "the server answered " + status, null);
    }

    private static @Nullable Failure notAStream(HttpResponse<?> answer) {
        String type = answer.headers().firstValue("Content-Type").orElse("");
        if (!type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals("text/event-stream")) {
            return Failure.last(
                    Reason.WRONG_TYPE, 200, "content type: '" + type + "' (expected: text/event-stream)", null);
        }
        // Nobody asked for it, and read as it is it would be a stream without events.
        String coding = answer.headers().firstValue("Content-Encoding").orElse("identity");
        if (!coding.strip().equalsIgnoreCase("identity")) {
            return Failure.last(Reason.WRONG_TYPE, 200, "content coding: '" + coding + "' (expected: none)", null);
        }
        return null;
    }
}
