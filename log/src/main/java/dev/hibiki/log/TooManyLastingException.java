// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

/** The log keeps as many entries beyond its retention as it may, and the time of none is over. Nothing of the batch was appended. */
public final class TooManyLastingException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public TooManyLastingException() {
        super("lasting: one more than the log may keep (expected: at most " + LastingEntries.MOST + ")");
    }
}
