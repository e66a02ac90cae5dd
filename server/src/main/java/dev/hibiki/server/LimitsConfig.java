// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.time.Duration;

/**
 * How much a server takes, from all and from each: the settings {@code limits.…}. Each bound says what happens beyond it,
 * and each refusal is counted.
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

    /** The most open streams, 0 to 10,000,000; one more is refused softly. Default: 100,000. */
    public LimitsConfig streams(int streams) {
        this.streams = streams;
        return this;
    }

    /** The most open streams of one user, up to 10,000,000, 0 for no limit; one more is refused softly. Default: 1000. */
    public LimitsConfig streamsPerUser(int streams) {
        this.streamsPerUser = streams;
        return this;
    }

    /**
     * The most open streams from one address (IPv6: from one network of 64 bits), up to 10,000,000, 0 for no limit; one more
     * is refused softly. 127.0.0.1, ::1 and trusted proxies speak for others and are not counted. Default: 10,000.
     */
    public LimitsConfig streamsPerAddress(int streams) {
        this.streamsPerAddress = streams;
        return this;
    }

    /** The most connections, 1 to 10,000,000; one more is closed at once. Default: nine tenths of the files that the process may open. */
    public LimitsConfig connections(int connections) {
        this.connections = connections;
        return this;
    }

    /**
     * The most connections from one address, up to 10,000,000, 0 for no limit, counted as streams are; one more is closed at once.
     * Default: 10,000.
     */
    public LimitsConfig connectionsPerAddress(int connections) {
        this.connectionsPerAddress = connections;
        return this;
    }

    /** The most bytes of data in an event that is published over HTTP, 1 to 64 MiB; more is answered with 413. Default: 1 MiB. */
    public LimitsConfig event(int bytes) {
        this.event = bytes;
        return this;
    }

    /**
     * The most bytes of bodies that wait in memory, of all requests together, at least 64 KB; more is answered with 503. Default:
     * 64 MiB.
     */
    public LimitsConfig bodies(long bytes) {
        this.bodies = bytes;
        return this;
    }

    /**
     * The most events that one publisher may publish in a second, up to 1,000,000, 0 for no limit; more is answered with 429.
     * Default: no limit.
     */
    public LimitsConfig publishes(int perSecond) {
        this.publishes = perSecond;
        return this;
    }

    /** The most bytes of a body, or of one line of a stream of publishes, 1 to 64 MiB; more is answered with 413. Default: 1 MiB. */
    public LimitsConfig body(int bytes) {
        this.body = bytes;
        return this;
    }

    /** The most bytes of a request line, 128 to 1 MiB; more is answered with 414. Default: 8192. */
    public LimitsConfig requestLine(int bytes) {
        this.requestLine = bytes;
        return this;
    }

    /** The most bytes of a request's headers, 256 to 1 MiB; more is answered with 431. Default: 16,384. */
    public LimitsConfig headers(int bytes) {
        this.headers = bytes;
        return this;
    }

    /** How long a request's head may take, and its body may stand still, 50 ms to 1 hour; longer is answered with 408. Default: 10 s. */
    public LimitsConfig requestTime(Duration time) {
        this.requestTime = time;
        return this;
    }

    /** How long a connection is kept without a request, 50 ms to 1 hour. Default: 60 s. */
    public LimitsConfig idleTime(Duration time) {
        this.idleTime = time;
        return this;
    }

    /** The threads that run handlers, 1 to 1024. More where handlers wait for something. Default: 32. */
    public LimitsConfig workers(int threads) {
        this.workers = threads;
        return this;
    }

    /**
     * How many requests may wait for those threads, 1 to 1,000,000; one more is answered with 503, a stream refused softly.
     * Default: 1024.
     */
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
