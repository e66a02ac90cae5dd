// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import org.jspecify.annotations.Nullable;

/** Which Hibiki this is, from the jar's manifest, which the build writes. */
final class Version {

    private Version() {}

    /** {@code Hibiki 0.1.0}, or {@code Hibiki (unpacked)} if the classes are not in a jar. */
    static String line() {
        return "Hibiki " + number();
    }

    /** {@code 0.1.0}, or {@code (unpacked)} if the classes are not in a jar. */
    static String number() {
        @Nullable String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "(unpacked)" : version;
    }
}
