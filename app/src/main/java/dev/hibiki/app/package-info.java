// SPDX-License-Identifier: Apache-2.0
/** The command line, the configuration and the playground: the product as one jar. */
@NullMarked
package dev.hibiki.app;

import org.jspecify.annotations.NullMarked;
