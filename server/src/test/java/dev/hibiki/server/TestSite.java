// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/** A site without a hub, served over real sockets: for what is HTTP alone. */
final class TestSite implements AutoCloseable {

    /** Small sizes; more time than a busy machine takes. */
    static final Limits LIMITS = new Limits(10, 1000, 200, 600, Duration.ofSeconds(20), Duration.ofMinutes(1), 2, 2);

    /** The same, for tests that wait until a peer is out of time. */
    static final Limits IMPATIENT =
            new Limits(10, 1000, 200, 600, Duration.ofMillis(400), Duration.ofMillis(900), 2, 2);

    static final DevelopmentGate GATE = new DevelopmentGate(false, new Origins(List.of()));
    static final Cors CORS = new Cors(new Origins(List.of()), GATE);

    static final Edge EDGE = Edge.of(Shares.DEFAULT, new TrustedProxies(List.of()));

    final Router router = new Router();
    final AtomicBoolean stopping = new AtomicBoolean();
    final Site site;
    private final Listener listener;
    final int port;

    /** A site on the transport that this machine would choose. */
    static TestSite onBestTransport(Limits limits) {
        try {
            Transport best = Arrays.stream(Transport.values())
                    .filter(Transport::isAvailable)
                    .findFirst()
                    .orElseThrow();
            return new TestSite(best, limits);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    TestSite(Transport transport) throws InterruptedException {
        this(transport, LIMITS);
    }

    TestSite(Transport transport, Limits limits) throws InterruptedException {
        site = new Site(router, GATE, CORS, limits, EDGE, stopping);
        listener = new Listener(List.of(transport));
        port = listener.listen("port", new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), site, null);
        router.add("GET", "/hello", exchange -> exchange.answer(Response.text("hello")));
        router.add(
                "POST",
                "/echo",
                exchange -> exchange.answer(new Response(200, "application/octet-stream", Map.of(), exchange.body())));
        router.add("GET", "/never", exchange -> {});
        router.add("GET", "/throws", exchange -> {
            throw new IllegalStateException("secret");
        });
        router.add(
                "GET",
                "/header",
                exchange -> exchange.answer(
                        new Response(200, "text/plain", Map.of("X-Forged", "a\r\nSet-Cookie: b"), Response.NO_BODY)));
        StaticFiles.add(router, "/", TestSite.class, "pages");
    }

    @Override
    public void close() {
        stopping.set(true);
        try {
            listener.stopAccepting();
            listener.endConnections(1000);
            listener.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
