// SPDX-License-Identifier: Apache-2.0
/** The format: what an event is on the wire, written in one place and read in one place. Needs nothing. */
@NullMarked
package dev.hibiki.event;

import org.jspecify.annotations.NullMarked;
