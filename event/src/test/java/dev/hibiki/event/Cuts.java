// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import java.util.Random;

/** The ways in which a stream's bytes can arrive. */
final class Cuts {

    private Cuts() {}

    static void feedBytewise(EventParser parser, byte[] stream) {
        for (int at = 0; at < stream.length; at++) {
            parser.feed(stream, at, 1);
        }
    }

    /** In pieces of random sizes, some of them empty, from arrays that are overwritten afterwards, as a network's are. */
    static void feedCut(EventParser parser, byte[] stream, Random random) {
        int largest = 1 << random.nextInt(12);
        int at = 0;
        while (at < stream.length) {
            int length = Math.min(random.nextInt(largest + 1), stream.length - at);
            byte[] piece = new byte[length + 2];
            System.arraycopy(stream, at, piece, 1, length);
            parser.feed(piece, 1, length);
            random.nextBytes(piece);
            at += length;
        }
    }
}
