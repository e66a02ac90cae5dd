// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;

/** All that {@link StreamsIT} says, over HTTP/2. */
class StreamsOverHttp2IT extends StreamsIT {

    private final List<OverHttp2> ways = new ArrayList<>();

    @AfterAll
    void closeWays() throws IOException {
        for (OverHttp2 way : ways) {
            way.close();
        }
    }

    @Override
    RawClient connect(int port) throws IOException {
        var way = new OverHttp2(port);
        ways.add(way);
        return RawClient.connect(way.port());
    }

    @Override
    String version() {
        return "HTTP/2";
    }

    @Override
    String streamHead() {
        return RawClient.lines(
                "HTTP/1.1 200 OK",
                "content-type: text/event-stream",
                "cache-control: no-cache, no-transform",
                "x-accel-buffering: no",
                "x-content-type-options: nosniff",
                "vary: Origin",
                "transfer-encoding: chunked",
                "");
    }
}
