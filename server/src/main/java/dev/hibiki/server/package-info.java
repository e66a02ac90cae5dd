// SPDX-License-Identifier: Apache-2.0
/** The embeddable library: HTTP over the hub. Start reading at {@link dev.hibiki.server.HibikiServer}. */
@NullMarked
package dev.hibiki.server;

import org.jspecify.annotations.NullMarked;
