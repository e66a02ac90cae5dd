// SPDX-License-Identifier: Apache-2.0
/** The hub: channels, streams and shards as many readers of one log. Knows no HTTP. */
@NullMarked
package dev.hibiki.hub;

import org.jspecify.annotations.NullMarked;
