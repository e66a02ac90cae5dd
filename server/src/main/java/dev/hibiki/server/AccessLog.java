// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One line for each answer, and two for a stream: one when it opens, one when it ends. Never a secret of the query, and never a line
 * that a client has forged.
 */
final class AccessLog {

    private static final Logger LOG = LoggerFactory.getLogger("dev.hibiki.access");

    /** Parameters whose value is a secret of the client: whoever has it can act for the client. */
    private static final Set<String> SECRETS = Set.of("token", "clientid");

    private AccessLog() {}

    static void answered(String request, int status, long bytes, long nanos) {
        LOG.info("{} {} {} bytes {} ms", request, status, bytes, nanos / 1_000_000);
    }

    static void streamOpened(String request) {
        LOG.info("{} 200 stream opened", request);
    }

    static void streamClosed(String request, String reason, long nanos) {
        LOG.info("{} stream closed: {}, after {} ms", request, reason, nanos / 1_000_000);
    }

    static void streamRefused(String request) {
        LOG.info("{} 200 stream refused softly", request);
    }

    /** A target as a log may show it: without the values of secret parameters, and without the client or user that something is sent to. */
    static String shown(Target target) {
        List<String> path = target.segments();
        boolean toClient =
                path.size() > 2 && path.get(0).equals("api") && path.get(1).equals("send");
        String text = toClient
                ? "/api/send/***" + target.text().substring(target.rawPath().length())
                : target.text();
        int query = text.indexOf('?');
        if (query < 0 || target.parameters().stream().noneMatch(AccessLog::isSecret)) {
            return escaped(text);
        }
        var shown = new StringBuilder(text.substring(0, query));
        char separator = '?';
        for (String pair : text.substring(query + 1).split("&", -1)) {
            boolean secret = Target.parse("/?" + pair).parameters().stream().anyMatch(AccessLog::isSecret);
            shown.append(separator).append(secret ? pair.substring(0, pair.indexOf('=') + 1) + "***" : pair);
            separator = '&';
        }
        return escaped(shown.toString());
    }

    private static boolean isSecret(Target.Parameter parameter) {
        return SECRETS.contains(parameter.name().toLowerCase(Locale.ROOT));
    }

    /** Text that stays on its line, whatever it holds. */
    static String escaped(String text) {
        var out = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~') {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }
}
