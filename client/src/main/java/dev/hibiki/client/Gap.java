// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a Hibiki hub says when something that this stream should have received is gone: events after one id are missing, and
 * what comes now follows another. Load the current state again, then go on.
 *
 * @param reason {@code expired}, {@code log-reset}, {@code unknown-id}, or what a newer hub says; empty if it gave none
 * @param after the id that was asked for
 * @param resumedAt the id behind which the stream goes on
 */
public record Gap(String reason, String after, String resumedAt) {

    /** The type of the event that tells it. */
    static final String TYPE = "hibiki.gap";

    private static final Pattern MEMBER =
            Pattern.compile("\"(reason|after|resumedAt)\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"");

    /** Reads the three members; ids and reasons have no character that JSON would escape. */
    static Gap of(String data) {
        String reason = "";
        String after = "";
        String resumedAt = "";
        Matcher member = MEMBER.matcher(data);
        while (member.find()) {
            switch (member.group(1)) {
                case "reason" -> reason = member.group(2);
                case "after" -> after = member.group(2);
                default -> resumedAt = member.group(2);
            }
        }
        return new Gap(reason, after, resumedAt);
    }

    /** The event that told of it, for readers that get everything in one sequence. */
    ReceivedEvent asEvent() {
        String data = "{\"reason\":\"" + reason + "\",\"after\":\"" + after + "\",\"resumedAt\":\"" + resumedAt + "\"}";
        return new ReceivedEvent(TYPE, data, resumedAt);
    }
}
