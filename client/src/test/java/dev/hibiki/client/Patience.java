// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * How long a test that does not say so itself waits for a condition: so long that a busy machine is no failure. It costs nothing while all is
 * well. JUnit finds it by itself.
 */
public final class Patience implements BeforeAllCallback {

    private static final Duration LONG = Duration.ofMinutes(1);

    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultTimeout(LONG);
    }
}
