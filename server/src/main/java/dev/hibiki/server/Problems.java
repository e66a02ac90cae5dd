// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.UnknownClientException;
import dev.hibiki.log.KeyConflictException;
import dev.hibiki.log.LastingEntries;
import dev.hibiki.log.LogUnavailableException;
import dev.hibiki.log.TooManyLastingException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the client is told when something goes wrong: the one place where an exception becomes a status.
 *
 * <p>A peer's mistake is explained in full. Of an internal error the peer learns only that it happened: no class name, stack
 * trace or message of an unexpected exception ever leaves; it is logged here, once.
 */
final class Problems {

    private static final Logger LOG = LoggerFactory.getLogger(HibikiServer.class.getPackageName());

    private Problems() {}

    /**
     * The problem that a call of the hub ended with. What the hub refuses with an {@link IllegalArgumentException} is the client's mistake
     * here, because all that the call was given came from the request.
     *
     * @param what what was served, for the log
     */
    static HttpProblem ofHub(Throwable failure, String what) {
        Throwable cause = unwrapped(failure);
        if (cause instanceof IllegalArgumentException refused) {
            return HttpProblem.badRequest(String.valueOf(refused.getMessage()));
        }
        return of(cause, what);
    }

    /**
     * The problem that a handler ended with.
     *
     * @param what what was served, for the log
     */
    static HttpProblem of(Throwable failure, String what) {
        Throwable cause = unwrapped(failure);
        if (cause instanceof HttpProblem problem) {
            return problem;
        }
        if (cause instanceof UnknownClientException) {
            return new HttpProblem(404, "Client not found", "no open stream has this client id");
        }
        if (cause instanceof KeyConflictException conflict) {
            return new HttpProblem(409, "Conflict", String.valueOf(conflict.getMessage()));
        }
        if (cause instanceof LogUnavailableException) {
            return unavailable("the log cannot take events now");
        }
        if (cause instanceof TooManyLastingException) {
            return unavailable("there are " + LastingEntries.MOST + " revocations, and no more fit");
        }
        LOG.error("{} failed", what, cause);
        return new HttpProblem(500, "Internal server error", "the server failed to answer; it has logged why");
    }

    /** 503 with {@code Retry-After}. */
    static HttpProblem unavailable(String detail) {
        return new HttpProblem(503, "Service unavailable", detail).withHeader("Retry-After", "1");
    }

    /** 503 for requests that come while the server stops: another server, or this one after its restart, will take them. */
    static HttpProblem stopping() {
        return unavailable("the server is stopping");
    }

    static Response document(HttpProblem problem) {
        byte[] body = Json.write(fields(problem));
        return new Response(problem.status(), "application/problem+json", problem.headers(), body);
    }

    /** The members of the problem document. */
    static Map<String, Object> fields(HttpProblem problem) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("title", problem.title());
        fields.put("status", problem.status());
        fields.put("error", problem.title());
        fields.put("detail", problem.detail());
        return fields;
    }

    static Throwable unwrapped(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }
}
