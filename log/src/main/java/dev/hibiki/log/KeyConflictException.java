// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

/** A publisher has used a key again, for another event than the one that the log keeps under it. Nothing of the batch was appended. */
public final class KeyConflictException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public KeyConflictException(Publication.Key key) {
        super("key: " + key.value() + " (expected: a key that was not used for another event)");
    }
}
