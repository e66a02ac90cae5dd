// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** What the parser of the command line did not understand, in the form of our errors: {@code --prot: unknown option (expected: --port)}. */
final class ParseProblems {

    private ParseProblems() {}

    static List<String> of(ParseResult result) {
        Set<String> problems = new LinkedHashSet<>();
        for (Exception error : result.errors()) {
            if (error instanceof UnmatchedArgumentException unmatched) {
                problems.addAll(unmatched(result, unmatched.getUnmatched()));
            } else if (error instanceof MissingParameterException missing) {
                problems.addAll(missing(missing.getMissing()));
            } else {
                problems.add(String.valueOf(error.getMessage()));
            }
        }
        return List.copyOf(problems);
    }

    /** A word right after an unknown option is taken for its value, and not reported by itself. */
    private static List<String> unmatched(ParseResult result, List<String> words) {
        List<String> options = result.commandSpec().options().stream()
                .map(OptionSpec::longestName)
                .toList();
        List<String> commands = List.copyOf(result.commandSpec().subcommands().keySet());
        List<String> problems = new ArrayList<>();
        boolean valueOfUnknown = false;
        for (String word : words) {
            if (word.startsWith("-") && word.length() > 1) {
                int equals = word.indexOf('=');
                String name = equals < 0 ? word : word.substring(0, equals);
                problems.add(SettingsReader.unknown(name, "unknown option", options));
                valueOfUnknown = equals < 0;
            } else if (valueOfUnknown) {
                valueOfUnknown = false;
            } else if (!commands.isEmpty()) {
                problems.add(SettingsReader.unknown(word, "unknown command", commands));
                return problems; // what follows belongs to a command that we do not know
            } else {
                problems.add(SettingsReader.shown(word) + ": one argument too many (expected: an option, such as "
                        + options.get(0) + ")");
            }
        }
        return problems;
    }

    private static List<String> missing(List<ArgSpec> missing) {
        return missing.stream()
                .map(arg -> arg instanceof OptionSpec option
                        ? option.longestName() + ": no value (expected: " + option.paramLabel() + ")"
                        : arg.paramLabel() + ": missing (expected: " + String.join(" ", arg.description()) + ")")
                .toList();
    }
}
