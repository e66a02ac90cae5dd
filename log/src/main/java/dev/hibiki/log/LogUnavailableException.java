// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

/** The log cannot take an append now: it is closed, or what it is kept on refuses. Nothing was appended; trying again later is right. */
public final class LogUnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public LogUnavailableException(String message) {
        super(message);
    }

    public LogUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
