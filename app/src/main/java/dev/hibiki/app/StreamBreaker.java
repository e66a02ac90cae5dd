// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.time.Duration;

/** What the playground may do to a stream of the hub, to show what a client makes of it. From any thread. */
interface StreamBreaker {

    /** Ends the stream properly, as a server does that has nothing more to say; false if no open stream is this client's. */
    boolean end(String clientId);

    /** Closes the connection in the middle of the response, as a broken network does; false as above. */
    boolean cut(String clientId);

    /** Writes nothing for a while, as if the client did not read; then the stream goes on from the log. False as above. */
    boolean freeze(String clientId, Duration time);
}
