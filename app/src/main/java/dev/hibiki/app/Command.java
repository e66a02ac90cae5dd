// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** One command of {@code hibiki}. */
interface Command {

    /** All went well. */
    int OK = 0;
    /** The command was understood and did not succeed. */
    int FAILED = 1;
    /** The command was not understood, or its settings were refused: nothing was begun. */
    int REFUSED = 2;

    /** Its name, options and help texts. */
    CommandSpec spec();

    /** Runs the command.
     *
     * @param problems what is already known to be wrong with the options; the command adds what it finds, and reports all at once
     * @return one of the statuses above
     */
    int run(ParseResult options, java.util.List<String> problems, Shell shell) throws Exception;
}
