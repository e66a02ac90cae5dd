// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

/** No open stream has this client id. */
public final class UnknownClientException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public UnknownClientException() {
        super("Client not found");
    }
}
