// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import dev.hibiki.client.EventSource;
import dev.hibiki.client.EventSourceConfig;
import dev.hibiki.client.Failure;
import dev.hibiki.client.Gap;
import dev.hibiki.client.ReceivedEvent;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;
import tools.jackson.databind.json.JsonMapper;

/** {@code hibiki subscribe}: prints the events of any server's stream as they come, and connects again when it breaks. */
final class SubscribeCommand implements Command {

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("subscribe");
        spec.usageMessage()
                .description("Prints the events of a stream as they come, and connects again when it breaks.")
                .footer(
                        "",
                        "  hibiki subscribe http://localhost:8080/api/events/news",
                        "What is not data goes to standard error: breaks, gaps. Ends with status 0 when the server says that the",
                        "stream is over, with 1 when trying again is useless.");
        spec.addPositional(PositionalParamSpec.builder()
                .index("0")
                .arity("1")
                .required(true)
                .type(String.class)
                .paramLabel("URL")
                .description("The stream, such as http://localhost:8080/api/events?channel=news.")
                .build());
        spec.addOption(OptionSpec.builder("--json")
                .description(
                        "Print each event as one JSON object a line, {\"type\",\"data\",\"id\"}, instead of its data.")
                .build());
        spec.addOption(text("--token", "TOKEN", "The token to send; without it HIBIKI_TOKEN, if that is set."));
        spec.addOption(text("--last-event-id", "ID", "Resume after this id."));
        spec.addOption(OptionSpec.builder("--max-retries")
                .type(Integer.class)
                .arity("1")
                .paramLabel("N")
                .description("How many failures in a row are tried again; without it all.")
                .build());
        return spec;
    }

    private static OptionSpec text(String name, String label, String description) {
        return OptionSpec.builder(name)
                .type(String.class)
                .arity("1")
                .paramLabel(label)
                .description(description)
                .build();
    }

    @Override
    public int run(ParseResult options, List<String> problems, Shell shell) {
        EventSourceConfig config = config(options, problems, shell);
        if (config == null || !problems.isEmpty()) {
            shell.complain(problems);
            return REFUSED;
        }
        var printing = new Printing(shell, options.hasMatchedOption("--json"));
        EventSource source = EventSource.open(config, printing);
        int status = printing.status.join();
        source.close();
        return status;
    }

    private static @Nullable EventSourceConfig config(ParseResult options, List<String> problems, Shell shell) {
        EventSourceConfig.Builder config;
        try {
            config = EventSourceConfig.builder(URI.create(options.matchedPositionalValue(0, "")));
        } catch (IllegalArgumentException noAddress) {
            if (options.hasMatchedPositional(0)) {
                problems.add("URL: " + SettingsReader.shown(options.matchedPositionalValue(0, ""))
                        + " (expected: http:// or https://, a host, no user, a port up to 65535, such as"
                        + " http://localhost:8080/api/events/news)");
            }
            return null;
        }
        String token = options.matchedOptionValue("--token", shell.environment().get("HIBIKI_TOKEN"));
        if (token != null && !token.isBlank()) {
            config.token(token::strip);
        }
        int retries = options.matchedOptionValue("--max-retries", Integer.MAX_VALUE);
        if (retries < 0) {
            problems.add("--max-retries: " + retries + " (expected: 0 or more)");
            return null;
        }
        try {
            config.lastEventId(options.matchedOptionValue("--last-event-id", ""));
        } catch (IllegalArgumentException severalLines) {
            problems.add("--last-event-id: has a line break (expected: one line)");
            return null;
        }
        return config.maxRetries(retries).build();
    }

    /** An event as a line of JSON; its members in this order. */
    private record Line(String type, String data, String id) {}

    private static final class Printing implements EventSource.Listener {

        private final CompletableFuture<Integer> status = new CompletableFuture<>();
        private final Shell shell;
        private final boolean json;

        Printing(Shell shell, boolean json) {
            this.shell = shell;
            this.json = json;
        }

        @Override
        public void onEvent(ReceivedEvent event) {
            shell.say(
                    json
                            ? JsonMapper.shared()
                                    .writeValueAsString(new Line(event.type(), event.data(), event.lastEventId()))
                            : event.data());
            if (shell.out().checkError()) {
                status.complete(OK); // whoever read our lines has left
            }
        }

        @Override
        public void onGap(Gap gap) {
            shell.complain(List.of("gap: " + gap.reason() + ", events after " + gap.after()
                    + " are missing, goes on after " + gap.resumedAt()));
        }

        @Override
        public void onFailure(Failure failure) {
            if (failure.reason() != Failure.Reason.NO_CONTENT) {
                shell.complain(List.of(failure.toString()));
            }
            if (!failure.goesOn()) {
                status.complete(failure.reason() == Failure.Reason.NO_CONTENT ? OK : FAILED);
            }
        }
    }
}
