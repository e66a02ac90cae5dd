// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

/**
 * How much one read may return. A read stops after the entry that uses it up, so it returns at least one entry if there is one.
 *
 * @param entries the most entries, at least 1
 * @param bytes the most bytes of frames, at least 1
 */
public record ReadBudget(int entries, int bytes) {

    public ReadBudget {
        if (entries < 1 || bytes < 1) {
            throw new IllegalArgumentException(
                    "budget: " + entries + " entries, " + bytes + " bytes (expected: at least 1)");
        }
    }
}
