// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * The command line of Hibiki: finds the command and runs it. The exit status is 0 when all went well, 1 when the command
 * failed, 2 when it was not understood. Whatever goes wrong, the user sees plain lines and no stack trace.
 */
public final class Main {

    static final List<Command> COMMANDS = List.of(
            new ServeCommand(), new PublishCommand(), new SubscribeCommand(), new TokenCommand(), new ExampleCommand());

    private final Map<String, Command> commands;
    private final CommandLine parser;

    Main(List<Command> list) {
        CommandSpec root = CommandSpec.create()
                .name("hibiki")
                .addOption(OptionSpec.builder("--version")
                        .versionHelp(true)
                        .description("Print the version.")
                        .build())
                .addOption(help());
        root.usageMessage()
                .synopsisHeading("Usage: ")
                .customSynopsis("hibiki COMMAND [OPTION...]")
                .description(
                        "Delivers events to every browser, phone or service that should see them, over plain HTTP.")
                .commandListHeading("%nCommands:%n")
                .optionListHeading("%nOptions:%n")
                .footer("", "What a command takes: hibiki COMMAND --help")
                .width(100);
        Map<String, Command> byName = new LinkedHashMap<>();
        for (Command command : list) {
            CommandSpec spec = command.spec();
            spec.addOption(help());
            spec.usageMessage()
                    .width(100)
                    .sortOptions(false)
                    .synopsisHeading("Usage: ")
                    .parameterListHeading("%n")
                    .optionListHeading("%nOptions:%n");
            root.addSubcommand(spec.name(), spec);
            byName.put(spec.name(), command);
        }
        this.commands = byName;
        this.parser = new CommandLine(root);
        parser.setExpandAtFiles(false); // @ and a file is a value here, such as a key's, not a list of arguments
        collectErrors(parser);
    }

    private static OptionSpec help() {
        return OptionSpec.builder("--help", "-h")
                .usageHelp(true)
                .description("Print this help.")
                .build();
    }

    private static void collectErrors(CommandLine line) {
        line.getCommandSpec().parser().collectErrors(true);
        line.getSubcommands().values().forEach(Main::collectErrors);
    }

    public static void main(String[] args) {
        Logging.start();
        Shell shell = new Shell(System.in, System.out, System.err, System.getenv());
        int status = new Main(COMMANDS).run(shell, args);
        Logging.stop();
        System.exit(status);
    }

    int run(Shell shell, String... args) {
        try {
            return dispatch(shell, args);
        } catch (Exception | LinkageError unexpected) {
            LoggerFactory.getLogger(Main.class).debug("A command failed", unexpected);
            shell.complain(List.of("hibiki: " + unexpected + " (this is a mistake in Hibiki; "
                    + ServeSettings.LOGGING_LEVEL.variable() + "=debug tells more)"));
            return Command.FAILED;
        }
    }

    private int dispatch(Shell shell, String[] args) throws Exception {
        ParseResult result = parser.parseArgs(args);
        ParseResult inner = result.hasSubcommand() ? result.subcommand() : result;
        CommandLine line = inner.commandSpec().commandLine();
        if (inner.isUsageHelpRequested()) {
            line.usage(shell.out(), CommandLine.Help.Ansi.OFF);
            return Command.OK;
        }
        if (result.isVersionHelpRequested()) {
            shell.say(Version.line());
            return Command.OK;
        }
        List<String> problems = new ArrayList<>(ParseProblems.of(result));
        Command command = commands.get(inner.commandSpec().name());
        if (command != null) {
            problems.addAll(ParseProblems.of(inner));
            return command.run(inner, problems, shell);
        }
        if (problems.isEmpty()) {
            line.usage(shell.err(), CommandLine.Help.Ansi.OFF);
        } else {
            shell.complain(problems);
        }
        return Command.REFUSED;
    }
}
