// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.time.Duration;

/**
 * How much a server takes, of everybody and of one: the settings {@code limits.…}. Each bound has its named outcome, and each refusal is counted.
 *
 * <pre>{@code
 * .limits(limits -> limits.streams(1_000_000).body(64 << 10))
 * }</pre>
 */
public final class LimitsConfig {

    private int streams = Limits.DEFAULT.streams();
    private int body = Limits.DEFAULT.body();
    private int requestLine = Limits.DEFAULT.requestLine();
    private int headers = Limits.DEFAULT.headers();
    private Duration requestTime = Limits.DEFAULT.requestTime();
    private Duration idleTime = Limits.DEFAULT.idleTime();
    private int workers = Limits.DEFAULT.workers();
    private int queue = Limits.DEFAULT.queue();
    private int streamsPerUser = Shares.DEFAULT.streamsPerUser();
    private int streamsPerAddress = Shares.DEFAULT.streamsPerAddress();
    private int connections = Shares.DEFAULT.connections();
    private int connectionsPerAddress = Shares.DEFAULT.connectionsPerAddress();
    private int event = Shares.DEFAULT.event();
    private long bodies = Shares.DEFAULT.bodies();
    private int publishes = Shares.DEFAULT.publishes();

    LimitsConfig() {}

    /** The most open streams, 0 to 10,000,000; one more is refused softly. 100,000 unless told. */
    public LimitsConfig streams(int streams) {
        this.streams = streams;
        return this;
    }

    /** The most open streams of one user, 0 for no limit; one more is refused softly. 1000 unless told. */
    public LimitsConfig streamsPerUser(int streams) {
        this.streamsPerUser = streams;
        return this;
    }

    /**
     * The most open streams from one address (of IPv6: from its first 64 bits), 0 for no limit; one more is refused softly. 127.0.0.1, ::1 and trusted
     * proxies speak for others and are not counted. 10,000 unless told.
     */
    public LimitsConfig streamsPerAddress(int streams) {
        this.streamsPerAddress = streams;
        return this;
    }

    /** The most connections; one more is closed at once. Nine tenths of the files that the process may open unless told. */
    public LimitsConfig connections(int connections) {
        this.connections = connections;
        return this;
    }

    /** The most connections from one address, 0 for no limit, counted as streams are; one more is closed at once. 10,000 unless told. */
    public LimitsConfig connectionsPerAddress(int connections) {
        this.connectionsPerAddress = connections;
        return this;
    }

    /** The most bytes of the data of an event that is published over HTTP; more is answered with 413. 1 MiB unless told. */
    public LimitsConfig event(int bytes) {
        this.event = bytes;
        return this;
    }

    /** The most bytes of bodies that wait in memory, of all requests together, at least 64 KB; beyond it 503. 64 MiB unless told. */
    public LimitsConfig bodies(long bytes) {
        this.bodies = bytes;
        return this;
    }

    /** The most events that one publisher may publish in a second, 0 for no limit; beyond it 429. No limit unless told. */
    public LimitsConfig publishes(int perSecond) {
        this.publishes = perSecond;
        return this;
    }

    /** The most bytes of a body, or of one line of a stream of publishes; more is answered with 413. 1 MiB unless told. */
    public LimitsConfig body(int bytes) {
        this.body = bytes;
        return this;
    }

    /** The most bytes of a request line; more is answered with 414. 8192 unless told. */
    public LimitsConfig requestLine(int bytes) {
        this.requestLine = bytes;
        return this;
    }

    /** The most bytes of a request's headers; more is answered with 431. 16,384 unless told. */
    public LimitsConfig headers(int bytes) {
        this.headers = bytes;
        return this;
    }

    /** How long a request's head may take, and its body may stand still; longer is answered with 408. 10 s unless told. */
    public LimitsConfig requestTime(Duration time) {
        this.requestTime = time;
        return this;
    }

    /** How long a connection is kept without a request; 60 s unless told. */
    public LimitsConfig idleTime(Duration time) {
        this.idleTime = time;
        return this;
    }

    /** The threads that run handlers; 32 unless told. More where handlers wait for others. */
    public LimitsConfig workers(int threads) {
        this.workers = threads;
        return this;
    }

    /** How many requests may wait for those threads; one more is answered with 503, a stream refused softly. 1024 unless told. */
    public LimitsConfig queue(int requests) {
        this.queue = requests;
        return this;
    }

    Limits limits() {
        return new Limits(streams, body, requestLine, headers, requestTime, idleTime, workers, queue);
    }

    Shares shares() {
        return new Shares(
                streamsPerUser, streamsPerAddress, connections, connectionsPerAddress, event, bodies, publishes);
    }
}
