// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.util.List;

/** The server did not start. It tells all causes that can be known at the same time. */
public final class ServerStartException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final List<String> problems;

    public ServerStartException(List<String> problems) {
        super(String.join("; ", problems));
        this.problems = List.copyOf(problems);
    }

    /** One line each, in the form {@code <setting>: <value> (expected: <rule>)}. */
    public List<String> problems() {
        return problems;
    }
}
