// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code hibiki example NAME}: one of the reference systems alone, on its own paths. */
final class ExampleCommand implements Command {

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("example");
        spec.usageMessage()
                .customSynopsis("hibiki example NAME [OPTION...]")
                .description("Serves one of the reference systems alone, on this machine only.");
        spec.addPositional(PositionalParamSpec.builder()
                .index("0")
                .arity("1")
                .required(true)
                .type(String.class)
                .paramLabel("NAME")
                .description("Which one.")
                .build());
        SettingOptions.addTo(spec, ServeSettings.OF_EXAMPLES);
        return spec;
    }

    @Override
    public int run(ParseResult options, List<String> problems, Shell shell) throws InterruptedException {
        shell.complain(problems);
        return REFUSED;
    }
}
