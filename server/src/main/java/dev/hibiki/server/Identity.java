// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import org.jspecify.annotations.Nullable;

/** What became of a request's token: somebody, or the refusal of whoever sent it. */
record Identity(@Nullable Caller known, @Nullable HttpProblem refusal) {

    static Identity of(Caller caller) {
        return new Identity(caller, null);
    }

    static Identity refused(HttpProblem refusal) {
        return new Identity(null, refusal);
    }

    /** @throws HttpProblem the refusal */
    Caller caller() {
        if (known == null) {
            throw refusal == null ? Caller.unauthorized() : refusal;
        }
        return known;
    }
}
