// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpResponseEncoder;
import java.util.List;

/**
 * Which handlers make a channel one that answers requests, and how they leave when it becomes a stream: all that knows HTTP goes, so that
 * an idle stream has none of it.
 */
final class HttpPipeline {

    /** On a connection of HTTP/1.1, and on a stream of HTTP/2. */
    private static final List<String> HANDLERS = List.of("http", "demand", "encoder", "decoder", "gate", "clock");

    private static final List<String> STREAM_HANDLERS = List.of("http", "demand", "clock", "messages");

    private HttpPipeline() {}

    /** Makes a new channel without TLS, which must not read by itself, a connection of a site. */
    static void begin(Channel channel, Site site) {
        begin(channel, site, Protocol.CLEARTEXT_HTTP1);
    }

    /** Makes a channel, which must not read by itself, a connection of a site. */
    static void begin(Channel channel, Site site, Protocol protocol) {
        var clock = new RequestClock(site.limits());
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addLast("clock", clock);
        var decoder = new RequestDecoder(site.limits());
        pipeline.addLast("gate", decoder.gate());
        pipeline.addLast("decoder", decoder);
        pipeline.addLast("encoder", new HttpResponseEncoder());
        pipeline.addLast("demand", new OnDemand());
        pipeline.addLast("http", new HttpConnection(site, clock, decoder, protocol));
    }

    /** Makes a new stream of an HTTP/2 connection, which must not read by itself, one with a single request. */
    static void beginStream(Channel stream, Site site, Protocol protocol) {
        var clock = new RequestClock(site.limits());
        ChannelPipeline pipeline = stream.pipeline();
        pipeline.addLast("messages", new StreamMessages(site.limits().requestLine()));
        pipeline.addLast("clock", clock);
        pipeline.addLast("demand", new OnDemand());
        pipeline.addLast("http", new HttpConnection(site, clock, null, protocol));
    }

    /** Leaves a channel to a stream, which writes its own bytes from here on. */
    static void handOver(Channel channel, Protocol protocol, StreamOutlet outlet) {
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addLast("stream", outlet);
        for (String handler : protocol.http2() ? STREAM_HANDLERS : HANDLERS) {
            pipeline.remove(handler);
        }
    }
}
