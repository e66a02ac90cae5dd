// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import org.jspecify.annotations.Nullable;

/**
 * What became of a request's token: somebody, or the refusal of whoever sent it.
 *
 * @param judge asked each time that it matters who it is, since a request may last longer than its token counts
 */
record Identity(@Nullable Caller known, @Nullable HttpProblem refusal, Judge judge) {

    /** Says why somebody does not count any more, or null as long as he does. */
    interface Judge {
        @Nullable
        HttpProblem refusal(Caller known);
    }

    /** Somebody who counts for as long as the request lasts. */
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
