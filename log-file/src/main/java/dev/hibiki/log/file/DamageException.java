// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import java.sql.SQLException;

/** Rows that were never written like that: the database is damaged in a way that SQLite itself does not see. */
final class DamageException extends SQLException {

    private static final long serialVersionUID = 1L;

    DamageException(String message) {
        super(message);
    }
}
