// SPDX-License-Identifier: Apache-2.0
/** The log on disk ({@link dev.hibiki.log.file.FileLog}): SQLite in a directory of its own. */
@NullMarked
package dev.hibiki.log.file;

import org.jspecify.annotations.NullMarked;
