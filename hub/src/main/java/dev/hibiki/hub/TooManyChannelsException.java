// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

/** A stream asked for more channels than one may have. */
public final class TooManyChannelsException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    TooManyChannelsException(String message) {
        super(message);
    }
}
