// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code hibiki publish}: one event from the command line, or each line of standard input as an event, in order. */
final class PublishCommand implements Command {

    private static final String STANDARD_INPUT = "-";

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("publish");
        spec.usageMessage()
                .description("Publishes an event to a channel of a hub, and prints its id.")
                .footer(
                        "",
                        "With - each line of standard input is an event, published in order as it comes:",
                        "  tail -f access.log | hibiki publish http://localhost:8080 access-log -",
                        "Ends with status 1 if the hub refused an event or could not be reached.");
        spec.addPositional(positional("0", "URL", "Where the hub is, such as http://localhost:8080."))
                .addPositional(positional("1", "CHANNEL", "The channel to publish to."))
                .addPositional(PositionalParamSpec.builder()
                        .index("2")
                        .arity("0..1")
                        .type(String.class)
                        .paramLabel("DATA|-")
                        .description("The event's data, or - for the lines of standard input (also if left out).")
                        .build());
        spec.addOption(OptionSpec.builder("--event")
                .type(String.class)
                .arity("1")
                .paramLabel("TYPE")
                .description("The event's type; without it the event is of the default type, message.")
                .build());
        spec.addOption(OptionSpec.builder("--key")
                .type(String.class)
                .arity("1")
                .paramLabel("KEY")
                .description(
                        "Publishes under a key, so that the same command again appends nothing and prints the same id;"
                                + " with -, line number i, from 0, has the key KEY#i.")
                .build());
        spec.addOption(OptionSpec.builder("--token")
                .type(String.class)
                .arity("1")
                .paramLabel("TOKEN")
                .description("The token, where the hub asks for one; the variable HIBIKI_TOKEN unless told.")
                .build());
        return spec;
    }

    private static PositionalParamSpec positional(String index, String label, String description) {
        return PositionalParamSpec.builder()
                .index(index)
                .arity("1")
                .required(true)
                .type(String.class)
                .paramLabel(label)
                .description(description)
                .build();
    }

    @Override
    public int run(ParseResult options, List<String> problems, Shell shell) throws Exception {
        String text = options.matchedPositionalValue(0, "");
        String channel = options.matchedPositionalValue(1, "");
        URI hub = hub(text);
        if (hub == null && options.hasMatchedPositional(0)) {
            problems.add("URL: " + SettingsReader.shown(text)
                    + " (expected: http:// or https:// and a host, such as http://localhost:8080)");
        }
        if (hub == null || !problems.isEmpty()) {
            shell.complain(problems);
            return REFUSED;
        }
        String data = options.matchedPositionalValue(2, STANDARD_INPUT);
        String type = options.matchedOptionValue("--event", "");
        String key = options.matchedOptionValue("--key", (String) null);
        String token = options.matchedOptionValue(
                "--token", shell.environment().getOrDefault(SettingsReader.TOKEN_VARIABLE, ""));
        if (!token.matches("[A-Za-z0-9._~+/=-]*")) {
            shell.complain(List.of("--token: is none (expected: what hibiki token prints)"));
            return REFUSED;
        }
        Publisher publisher = new Publisher(hub, channel, type.isEmpty() ? null : type, token);
        try {
            return data.equals(STANDARD_INPUT)
                    ? new LinePublishing(publisher, key, shell).run()
                    : one(publisher, new Publisher.Item(data, key), shell);
        } catch (IOException unreachable) {
            shell.complain(List.of(hub + ": " + Publisher.reason(unreachable) + " (expected: a hub that answers)"));
            return FAILED;
        }
    }

    private static int one(Publisher publisher, Publisher.Item item, Shell shell)
            throws IOException, InterruptedException {
        Publisher.Answer answer = publisher.publish(List.of(item)).get(0);
        if (answer.refusal() != null) {
            shell.complain(List.of("refused: " + answer.refusal()));
            return FAILED;
        }
        shell.say(String.valueOf(answer.id()));
        return OK;
    }

    /** Where to post, or null if the text is no address of a hub. */
    private static @Nullable URI hub(String text) {
        try {
            URI uri = new URI(text.replaceFirst("/+$", ""));
            boolean http = "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
            return http && uri.getHost() != null && uri.getQuery() == null && uri.getFragment() == null ? uri : null;
        } catch (URISyntaxException noUri) {
            return null;
        }
    }
}
