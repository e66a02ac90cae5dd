// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The body of a connection's present request, as far as it has come: at most {@link Limits#body} bytes, counted among the
 * bodies that wait in memory on all connections together.
 *
 * <p>On the connection's loop.
 */
final class ReceivedBody {

    private final Site site;
    private final RequestFaults faults;
    private ByteArrayOutputStream bytes = new ByteArrayOutputStream(0);
    private Bodies.@Nullable Part held;

    ReceivedBody(Site site, RequestFaults faults) {
        this.site = site;
        this.faults = faults;
    }

    /** Takes a part of it, or returns why it cannot. */
    @Nullable
    HttpProblem add(ByteBuf part) {
        int more = part.readableBytes();
        if (bytes.size() + more > site.limits().body()) {
            return faults.tooLarge();
        }
        if (more > 0) {
            if (held == null) {
                held = site.edge().bodies().part();
            }
            if (!held.take(more)) {
                return Bodies.full();
            }
            byte[] copy = new byte[more];
            part.readBytes(copy);
            bytes.writeBytes(copy);
        }
        return null;
    }

    /** All of it; it counts as waiting until {@link #letGo}. */
    byte[] take() {
        byte[] all = bytes.toByteArray();
        bytes = new ByteArrayOutputStream(0);
        return all;
    }

    /** Forgets it; its request is answered, or never will be. */
    void letGo() {
        bytes = new ByteArrayOutputStream(0);
        if (held != null) {
            held.giveBack();
        }
    }
}
