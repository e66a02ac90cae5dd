// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedirectTest {

    private static final URI FROM = URI.create("http://host:8080/a/b?q=1");

    @ParameterizedTest
    @CsvSource({
        "/c, http://host:8080/c",
        "c, http://host:8080/a/c",
        "../c?d, http://host:8080/c?d",
        "?c=d, http://host:8080/a/b?c=d",
        "//other/c, http://other/c",
        "https://other, https://other",
        "HTTP://other/, HTTP://other/",
    })
    void leadsWhereABrowserWouldGo(String location, String place) {
        assertThat(Redirect.place(FROM, location)).isEqualTo(URI.create(place));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ":", "ftp://host/", "mailto:x", "http:///c", "/a b", "http://"})
    void leadsNowhereWhereOneCannotGo(String location) {
        assertThat(Redirect.place(FROM, location)).isNull();
        assertThat(Redirect.place(FROM, null)).isNull();
    }

    @Test
    void doesNotLeaveTls() {
        URI secure = URI.create("https://host/a");
        assertThat(Redirect.place(secure, "http://host/a")).isNull();
        assertThat(Redirect.place(secure, "//host/b")).isEqualTo(URI.create("https://host/b"));
    }

    @ParameterizedTest
    @CsvSource({
        "http://h/, http://H:80/x, true",
        "https://h/, https://h:443/, true",
        "http://h/, https://h/, false",
        "http://h/, http://h:8080/, false",
        "http://h/, http://g/, false",
    })
    void anOriginIsSchemeHostAndPort(URI one, URI other, boolean same) {
        assertThat(Redirect.isSameOrigin(one, other)).isEqualTo(same);
    }
}
