// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import org.jspecify.annotations.Nullable;

/**
 * What a request's token led to: a caller, or a refusal.
 *
 * @param judge asked each time when the caller matters, since a request may last longer than its token is valid
 */
record Identity(@Nullable Caller known, @Nullable HttpProblem refusal, Judge judge) {

    /** Says why a caller's token is no longer valid, or null as long as it is. */
    interface Judge {
        @Nullable
        HttpProblem refusal(Caller known);
    }

    /** A caller whose token is valid for as long as the request lasts. */
    static Identity of(Caller caller) {
        return of(caller, always -> null);
    }

    static Identity of(Caller caller, Judge judge) {
        return new Identity(caller, null, judge);
    }

    static Identity refused(HttpProblem refusal) {
        return new Identity(null, refusal, always -> null);
    }

    /** @throws HttpProblem the refusal */
    Caller caller() {
        HttpProblem refused = known == null ? refusal : judge.refusal(known);
        if (refused != null) {
            throw refused;
        }
        if (known == null) {
            throw Caller.unauthorized();
        }
        return known;
    }
}
