// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.event;

import java.util.Random;
import java.util.SplittableRandom;

/** Runs a property many times, each with a seed of its own. A failure names its seed; {@code -Dseed=N} runs that case alone. */
final class Seeded {

    interface Property {
        void check(Random random);
    }

    private Seeded() {}

    static void check(int times, Property property) {
        Long only = Long.getLong("seed");
        if (only != null) {
            property.check(new Random(only));
            return;
        }
        var seeds = new SplittableRandom();
        for (int i = 0; i < times; i++) {
            long seed = seeds.nextLong();
            try {
                property.check(new Random(seed));
            } catch (AssertionError | RuntimeException failure) {
                throw new AssertionError("seed " + seed + " (-Dseed=" + seed + " runs it alone)", failure);
            }
        }
    }
}
