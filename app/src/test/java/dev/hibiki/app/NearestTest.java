// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestTest {

    private static final List<String> KNOWN = List.of("port", "bind", "stream.heartbeat", "stream.heartbeat-text");

    @Test
    void aWordWithAFewWrongLettersIsFound() {
        assertThat(Nearest.to("prot", KNOWN)).isEqualTo("port");
        assertThat(Nearest.to("ports", KNOWN)).isEqualTo("port");
        assertThat(Nearest.to("stream.hartbeat", KNOWN)).isEqualTo("stream.heartbeat");
        assertThat(Nearest.to("stream.heartbeattext", KNOWN)).isEqualTo("stream.heartbeat-text");
    }

    @Test
    void aWordThatIsFarFromAllIsNot() {
        assertThat(Nearest.to("colour", KNOWN)).isNull();
        assertThat(Nearest.to("x", List.of())).isNull();
    }
}
