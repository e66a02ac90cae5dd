// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouterTest {

    private final Map<Endpoint, String> names = new HashMap<>();
    private final Router router = new Router();

    private void add(String method, String path) {
        Endpoint endpoint = new Endpoint() {
            @Override
            public void serve(Exchange exchange) {}
        };
        names.put(endpoint, method + " " + path);
        router.add(method, path, endpoint);
    }

    @ParameterizedTest
    @CsvSource({
        "/, GET /, {}",
        "/api/events, GET /api/events, {}",
        "/api/events/a, GET /api/events/{channel...}, {channel=a}",
        "/api/events/a/b%2Fc, GET /api/events/{channel...}, {channel=a/b/c}",
        "/chat/x/events, GET /chat/{room}/events, {room=x}",
        "/chat/lobby/events, GET /chat/lobby/events, {}",
        "/chat/lobby/other, GET /chat/{room}/{what}, '{room=lobby, what=other}'",
        "/files/, GET /files/, {}",
    })
    void theMostLiteralPatternGoesFirst_whateverTheOrder(String path, String expected, String parameters) {
        for (String pattern : new String[] {
            "/{any...}",
            "/chat/{room}/{what}",
            "/chat/{room}/events",
            "/api/events/{channel...}",
            "/chat/lobby/events",
            "/files/",
            "/api/events",
            "/"
        }) {
            add("GET", pattern);
        }
        Router.Found found = router.find("GET", Target.parse(path).segments());
        assertThat(names.get(found.endpoint())).isEqualTo(expected);
        assertThat(new TreeMap<>(found.parameters()).toString()).isEqualTo(parameters);
    }

    @Test
    void headIsServedByGet_otherMethodsAreToldWhatIsAllowed() {
        add("GET", "/a");
        add("POST", "/a");
        add("POST", "/b");
        assertThat(names.get(router.find("HEAD", Target.parse("/a").segments()).endpoint()))
                .isEqualTo("GET /a");
        assertThatExceptionOfType(HttpProblem.class)
                .isThrownBy(() -> router.find("PUT", Target.parse("/a").segments()))
                .matches(p -> p.status() == 405 && p.headers().toString().equals("{Allow=GET, POST, HEAD, OPTIONS}"));
        assertThatExceptionOfType(HttpProblem.class)
                .isThrownBy(() -> router.find("GET", Target.parse("/b").segments()))
                .matches(p -> p.status() == 405 && p.headers().toString().equals("{Allow=POST, OPTIONS}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/nope", "/a/", "/chat//events", "/chat/x", "/A"})
    void whatNothingServesIs404(String path) {
        add("GET", "/a");
        add("GET", "/chat/{room}/events");
        assertThatExceptionOfType(HttpProblem.class)
                .isThrownBy(() -> router.find("GET", Target.parse(path).segments()))
                .matches(problem -> problem.status() == 404);
    }

    @Test
    void aPathThatIsServedAlreadyIsRefused_alsoUnderOtherNames() {
        add("GET", "/a/{x}");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> add("GET", "/a/{y}"))
                .withMessage("path: GET /a/{y} (expected: a path that nothing else serves)");
        add("POST", "/a/{y}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "", "/{a}/{a}", "/{}", "/{a", "/a}", "/x{a}", "/{a...}/b", "//a", "/a//b", "/{...}"})
    void whatIsNoPatternIsRefused(String pattern) {
        assertThatIllegalArgumentException().isThrownBy(() -> RoutePattern.of(pattern));
    }
}
