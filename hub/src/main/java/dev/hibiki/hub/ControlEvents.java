// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.event.EventEncoder;
import dev.hibiki.event.EventParser;
import dev.hibiki.event.SseEvent;
import dev.hibiki.log.EventId;
import dev.hibiki.log.LogEntry;
import dev.hibiki.log.Publication;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the hub itself says, all of it: to clients on their streams ({@code connected}, {@code hibiki.gap}, {@code hibiki.cursor},
 * the heartbeat), on channels with presence, and to itself and to other hubs through the log (live subscribing, revocations).
 *
 * <p>Ids on a stream never run ahead of it: each of these carries the place that the stream has reached, never one to come.
 */
final class ControlEvents {

    private static final String RESERVED = "hibiki.";

    static final String GAP = "hibiki.gap";
    static final String CURSOR = "hibiki.cursor";
    static final String USER_JOINED = "user-joined";
    static final String USER_LEFT = "user-left";
    static final String USER_COUNT = "user-count";

    private static final String SUBSCRIBE = "hibiki.subscribe";
    private static final String UNSUBSCRIBE = "hibiki.unsubscribe";
    private static final String REVOKE = "hibiki.revoke";

    /** Why a stream was told that something may be missing. */
    enum GapReason {
        /** Something after the id that was asked for has been trimmed. */
        EXPIRED("expired"),
        /** The id is from another life of the log, or from an end that it lost. */
        LOG_RESET("log-reset"),
        /** The id is none of ours. */
        UNKNOWN_ID("unknown-id");

        final String text;

        GapReason(String text) {
            this.text = text;
        }
    }

    /** The inside of a JSON string as {@link #quote} writes it. */
    private static final String QUOTED = "((?:[^\"\\\\]++|\\\\[\"\\\\]|\\\\u[0-9a-f]{4})*+)";

    private static final Pattern MEMBER =
            Pattern.compile("\\{\"userId\":\"" + QUOTED + "\",\"username\":\"" + QUOTED + "\"}");

    private static final Pattern REVOCATION = Pattern.compile(
            "\\{\"(tokenId|userId)\":\"" + QUOTED + "\",\"issuedUpTo\":(\\d{1,18}),\"end\":(\\d{1,19})}");

    private static final Pattern ESCAPE = Pattern.compile("\\\\(?:u([0-9a-f]{4})|(.))");

    private ControlEvents() {}

    /** The first event of a hub stream. It has a reconnection time of its own, so that a restart does not bring everybody back at once. */
    static byte[] connected(String clientId, long nowMillis, @Nullable EventId start) {
        var json = "{\"type\":\"connected\",\"message\":\"Connected\",\"clientId\":" + quote(clientId)
                + ",\"timestamp\":" + nowMillis + "}";
        return EventEncoder.encode(SseEvent.of(json).withId(text(start)).withRetry(jittered()));
    }

    /** The first event of a stream whose client is not told who it is: a place to resume from, with a reconnection time. */
    static byte[] start(EventId start) {
        return EventEncoder.encode(
                SseEvent.of(CURSOR, "{}").withId(start.toString()).withRetry(jittered()));
    }

    /** Moves the client's cursor while there is nothing for it. Has data, because browsers drop an id without. */
    static byte[] cursor(EventId place) {
        return EventEncoder.encode(SseEvent.of(CURSOR, "{}").withId(place.toString()));
    }

    static byte[] gap(GapReason reason, String after, EventId resumedAt) {
        var json = "{\"reason\":" + quote(reason.text) + ",\"after\":" + quote(after) + ",\"resumedAt\":"
                + quote(resumedAt.toString()) + "}";
        return EventEncoder.encode(SseEvent.of(GAP, json).withId(resumedAt.toString()));
    }

    static SseEvent presence(String type, StreamRequest.Member member) {
        return SseEvent.of(
                type, "{\"userId\":" + quote(member.userId()) + ",\"username\":" + quote(member.username()) + "}");
    }

    /** The user that joined or left according to an entry on a channel with presence, or null if it says neither. */
    static StreamRequest.@Nullable Member memberOf(LogEntry entry) {
        if (!USER_JOINED.equals(entry.type()) && !USER_LEFT.equals(entry.type())) {
            return null;
        }
        Matcher member = MEMBER.matcher(dataOf(entry));
        return member.matches() ? new StreamRequest.Member(unquote(member.group(1)), unquote(member.group(2))) : null;
    }

    static SseEvent userCount(int count) {
        return SseEvent.of(USER_COUNT, "{\"count\":" + count + "}");
    }

    /** The entry on a client's own channel that adds a channel to its stream, from that entry on. */
    static Publication subscribe(String clientChannel, String readable) {
        return Publication.of(clientChannel, SseEvent.of(SUBSCRIBE, readable));
    }

    static Publication unsubscribe(String clientChannel, String readable) {
        return Publication.of(clientChannel, SseEvent.of(UNSUBSCRIBE, readable));
    }

    /** The entry that tells all hubs of a revocation, and is kept until what it revokes has ended. */
    static Publication revoke(Revocation revocation) {
        String kind = revocation.isOfUser() ? "userId" : "tokenId";
        String json = "{\"" + kind + "\":" + quote(revocation.id()) + ",\"issuedUpTo\":"
                + revocation.issuedUpToSeconds() + ",\"end\":" + revocation.endMillis() + "}";
        return Publication.of(Revocations.CHANNEL, SseEvent.of(REVOKE, json))
                .lasting(new Publication.Lasting(kind + " " + revocation.id(), revocation.endMillis()));
    }

    /** What an entry revokes, or null if it is not that. */
    static @Nullable Revocation revocationOf(LogEntry entry) {
        if (!REVOKE.equals(entry.type())) {
            return null;
        }
        Matcher told = REVOCATION.matcher(dataOf(entry));
        return told.matches()
                ? new Revocation(
                        told.group(1).equals("userId"),
                        unquote(told.group(2)),
                        Long.parseLong(told.group(3)),
                        Long.parseLong(told.group(4)))
                : null;
    }

    /** Whether an entry is for hubs alone and is never written to a stream. */
    static boolean isControl(LogEntry entry) {
        return entry.type() != null && entry.type().startsWith(RESERVED);
    }

    /** Whether a control entry adds a channel to a client's stream or takes one away. */
    static boolean changesInterest(LogEntry control) {
        return isSubscribe(control) || UNSUBSCRIBE.equals(control.type());
    }

    /** The interest after a control entry. */
    static Interest apply(LogEntry control, Interest before) {
        if (!changesInterest(control)) {
            return before;
        }
        return isSubscribe(control) ? before.with(readableOf(control)) : before.without(readableOf(control));
    }

    /** Whether a control entry adds a channel. */
    static boolean isSubscribe(LogEntry control) {
        return SUBSCRIBE.equals(control.type());
    }

    /** The channel or pattern that a control entry adds or takes away. */
    static String readableOf(LogEntry control) {
        return dataOf(control);
    }

    private static String dataOf(LogEntry entry) {
        var data = new ArrayList<String>(1);
        var parser = new EventParser((type, text, lastEventId) -> data.add(text), EventParser.Limits.USUAL, "");
        parser.feed(entry.frame(), 0, entry.frame().length);
        return data.get(0);
    }

    /** Refuses event types that are the hub's or the browser's own. */
    static void checkType(@Nullable String type) {
        if (type != null && (type.equals("error") || type.equals("open") || type.startsWith(RESERVED))) {
            throw ChannelName.refused("event", type, "not error, open or hibiki.…, which are reserved");
        }
    }

    private static Duration jittered() {
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(2000, 5001));
    }

    private static @Nullable String text(@Nullable EventId id) {
        return id == null ? null : id.toString();
    }

    /** A JSON string (RFC 8259, section 7). */
    private static String quote(String text) {
        var json = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ' || c == '\u2028' || c == '\u2029') {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        return json.append('"').toString();
    }

    /** What {@link #quote} was given. */
    private static String unquote(String quoted) {
        return ESCAPE.matcher(quoted)
                .replaceAll(escape -> Matcher.quoteReplacement(
                        escape.group(1) == null
                                ? escape.group(2)
                                : String.valueOf((char) Integer.parseInt(escape.group(1), 16))));
    }
}
