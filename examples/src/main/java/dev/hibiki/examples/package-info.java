// SPDX-License-Identifier: Apache-2.0
/** The five reference systems, each a few lines on the public API of the server. */
@NullMarked
package dev.hibiki.examples;

import org.jspecify.annotations.NullMarked;
