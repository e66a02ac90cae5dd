// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import dev.hibiki.hub.StreamRequest.From;
import dev.hibiki.hub.StreamRequest.From.After;
import dev.hibiki.hub.StreamRequest.From.Since;
import dev.hibiki.log.EventId;
import dev.hibiki.log.EventLog;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where requests become streams: a checked request is given its client, its channels and a place, as of one moment of the
 * log, and handed to its shard. Called on the stream's loop.
 */
final class Door {

    private final EventLog log;
    private final Window window;
    private final Clients clients;
    private final Presence presence;

    Door(EventLog log, Window window, Clients clients, Presence presence) {
        this.log = log;
        this.window = window;
        this.clients = clients;
        this.presence = presence;
    }

    /** Whether the request's stream would end another one, because its client has one. */
    boolean takesOver(StreamRequest request) {
        return isOfClient(request) && clients.hasStream(request.clientId(), owner(request));
    }

    private static boolean isOfClient(StreamRequest request) {
        return request.greeting() == StreamRequest.Greeting.CONNECTED;
    }

    /** The user who owns the client that makes the request, or null where nobody does. */
    private static @Nullable String owner(StreamRequest request) {
        return request.grant() == null ? null : request.userId();
    }

    HubStream open(Shard shard, StreamRequest request, Outlet outlet) {
        Window.Position end = window.end();
        EventId place = placeOf(request.from(), end);
        HubStream stream = newStream(shard, request, outlet, end, place == null ? end.place() : place);
        presence.joined(stream);
        shard.adopt(stream);
        if (stream.state != HubStream.State.ENDED) {
            shard.catchUp.start(stream, request.from(), end, place);
        }
        return stream;
    }

    /** The place that a request names, or null if that is the end, or not known. */
    private @Nullable EventId placeOf(From from, Window.Position end) {
        if (from instanceof After after) {
            return EventId.parse(after.lastEventId());
        }
        return from instanceof Since since ? before(since.millis(), end.place()) : null;
    }

    /** The place before the first entry at or after a time: the place of an entry, if the window knows one. */
    private EventId before(long millis, EventId end) {
        EventId birth = log.birth();
        if (millis <= birth.millis()) {
            return birth;
        }
        if (millis > end.millis()) {
            return end;
        }
        var place = new EventId(millis - 1, Long.MAX_VALUE, birth.incarnation());
        EventId known = window.lastUpTo(place);
        return known == null ? log.surviving(place) : known;
    }

    private HubStream newStream(
            Shard shard, StreamRequest request, Outlet outlet, Window.Position end, EventId cursor) {
        Clients.Client client = isOfClient(request) ? clients.arrive(request.clientId(), owner(request)) : null;

        Interest ofUrl = Interest.in(request.channels());
        if (request.greeting() != StreamRequest.Greeting.FEED) {
            ofUrl = ofUrl.with(ChannelName.BROADCAST);
        }
        var privateChannels = new ArrayList<String>(2);
        if (client != null) {
            privateChannels.add(client.channel());
        }
        if (request.userId() != null) {
            privateChannels.add(ChannelName.ofUser(request.userId()));
        }
        Interest interest = ofUrl;
        if (client != null) {
            interest = HubStream.granted(request.grant(), privateChannels, ofUrl, client.interestAt(ofUrl, cursor));
        }
        var stream = new HubStream(shard, outlet, request, client, interest, List.copyOf(privateChannels), end);
        HubStream before = client == null ? null : client.take(stream);
        if (before != null) {
            before.shard.loop.execute(() -> before.end(EndReason.TAKEN_OVER));
        }
        return stream;
    }
}
