// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;

/** All that {@link PublishIT} says, over HTTP/2. */
class PublishOverHttp2IT extends PublishIT {

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
}
