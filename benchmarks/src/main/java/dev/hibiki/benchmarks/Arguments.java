// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.benchmarks;

import java.io.IOException;
import java.util.Arrays;

/** What a comparison is told on its command line, as {@code --name value}. */
final class Arguments {

    private Arguments() {}

    static String option(String[] args, String name, String absent) throws IOException {
        int at = Arrays.asList(args).indexOf(name);
        if (at >= 0 && at + 1 >= args.length) {
            throw new IOException(name + ": no value (expected: one)");
        }
        return at < 0 ? absent : args[at + 1];
    }
}
