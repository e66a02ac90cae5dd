// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.io.InputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;

/**
 * What surrounds a command: the three standard streams and the environment, so that a test can be the shell.
 *
 * @param environment the environment variables
 */
record Shell(InputStream in, PrintStream out, PrintStream err, Map<String, String> environment) {

    /** Prints problems, one line each. */
    void complain(List<String> problems) {
        problems.forEach(err::println);
        err.flush();
    }

    void say(String line) {
        out.println(line);
        out.flush();
    }
}
