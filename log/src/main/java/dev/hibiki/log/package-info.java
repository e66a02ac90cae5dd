// SPDX-License-Identifier: Apache-2.0
/** The log: the one order of all events, and the seam ({@link dev.hibiki.log.EventLog}) behind which it is kept. */
@NullMarked
package dev.hibiki.log;

import org.jspecify.annotations.NullMarked;
