// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log.file;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A directory cannot be opened as a log: it is in use, not writable, of another program, of a newer version or damaged. The message is
 * one line that names the directory and what is expected. Nothing in the directory was changed.
 */
public final class FileLogException extends IOException {

    private static final long serialVersionUID = 1L;

    FileLogException(String message) {
        super(message);
    }

    FileLogException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
