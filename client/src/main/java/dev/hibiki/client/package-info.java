// SPDX-License-Identifier: Apache-2.0
/**
 * The client: reads the event stream of any server, and loses nothing without saying so. Needs the JDK and the format.
 *
 * <p>Begin at {@link dev.hibiki.client.EventSource}.
 */
@NullMarked
package dev.hibiki.client;

import org.jspecify.annotations.NullMarked;
