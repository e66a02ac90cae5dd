// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {

    @Test
    void aPathIsCutAtSlashes_beforeItIsDecoded() {
        assertThat(Target.parse("/").segments()).containsExactly("");
        assertThat(Target.parse("/a/b%2Fc/%E9%9F%BF/").segments()).containsExactly("a", "b/c", "響", "");
        assertThat(Target.parse("/a%2E%2E/../x").segments()).containsExactly("a..", "..", "x");
        assertThat(Target.parse("/a+b").path()).isEqualTo("/a+b");
    }

    @Test
    void aQueryIsDecoded_plusIsSpace_emptyIsAbsent() {
        Target target = Target.parse("/p?a=1+2&b=%0A%0d%00&a=3&e=&e=x&flag&&c=x=y");
        assertThat(target.query("a")).isEqualTo("1 2");
        assertThat(target.queryAll("a")).isEqualTo(List.of("1 2", "3"));
        assertThat(target.query("b")).isEqualTo("\n\r\0");
        assertThat(target.query("e")).isEqualTo("x");
        assertThat(target.query("flag")).isNull();
        assertThat(target.query("c")).isEqualTo("x=y");
        assertThat(target.query("none")).isNull();
    }

    @Test
    void absoluteFormCountsWithItsAuthority() {
        Target target = Target.parse("HTTP://localhost:8080/a?b=c");
        assertThat(target.authority()).isEqualTo("localhost:8080");
        assertThat(target.path()).isEqualTo("/a");
        assertThat(target.query("b")).isEqualTo("c");
        assertThat(Target.parse("http://localhost?b=c").text()).isEqualTo("/?b=c");
        assertThat(Target.parse("http://localhost").path()).isEqualTo("/");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a",
                "a/b",
                "localhost:80",
                "ftp://x/",
                "/a#b",
                "/a b",
                "/a\u00e9",
                "/\u0001",
                "/%",
                "/%4",
                "/%zz",
                "/a%2",
                "/?q=%",
                "/?q=%f",
                "/?q=%+1",
                "/%ff",
                "/%c0%af",
                "/?%80=1",
                "/%ed%a0%80",
                "/?q=%F4%90%80%80"
            })
    void whatIsNoTargetIsRefused(String raw) {
        assertThatExceptionOfType(HttpProblem.class)
                .isThrownBy(() -> Target.parse(raw))
                .matches(problem -> problem.status() == 400);
    }
}
