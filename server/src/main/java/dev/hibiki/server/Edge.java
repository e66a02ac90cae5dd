// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

/**
 * What stands between a server and peers that would take too much of it.
 *
 * @param shares how much one may have
 * @param proxies whose word counts about where a request comes from
 * @param refusals what was refused, for the meters
 * @param connections how many there are
 * @param bodies how much of them waits
 * @param rate how fast each publishes
 */
record Edge(
        Shares shares,
        TrustedProxies proxies,
        Refusals refusals,
        Connections connections,
        Bodies bodies,
        PublishRate rate) {

    static Edge of(Shares shares, TrustedProxies proxies) {
        var refusals = new Refusals();
        return new Edge(
                shares,
                proxies,
                refusals,
                new Connections(shares, proxies, refusals),
                new Bodies(shares.bodies(), refusals),
                new PublishRate(shares.publishes(), System::nanoTime, refusals));
    }
}
