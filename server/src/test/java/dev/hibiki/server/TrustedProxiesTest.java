// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrustedProxiesTest {

    private final TrustedProxies proxies =
            new TrustedProxies(List.of("10.0.0.0/8", "172.16.0.0/12", "192.168.1.7", "fd00::/8", "2001:db8::1"));

    static InetAddress address(String text) {
        try {
            return InetAddress.getByAddress(
                    Objects.requireNonNull(NetUtil.createByteArrayFromIpAddressString(text), text));
        } catch (UnknownHostException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
                    203.0.113.9 | 1.2.3.4                    | 1.2.3.4     | 203.0.113.9
                    203.0.113.9 | -                          | 1.2.3.4     | 203.0.113.9
                    172.31.0.1  | 1.2.3.4                    | -           | 1.2.3.4
                    172.32.0.1  | 1.2.3.4                    | -           | 172.32.0.1
                    0a00::1     | 1.2.3.4                    | -           | 0a00::1
                    10.0.0.1    | -                          | -           | 10.0.0.1
                    10.0.0.1    | 1.2.3.4                    | -           | 1.2.3.4
                    10.0.0.1    | 6.6.6.6, 1.2.3.4           | -           | 1.2.3.4
                    10.0.0.1    | 6.6.6.6, 1.2.3.4, 10.9.9.9 | -           | 1.2.3.4
                    10.0.0.1    | 1.2.3.4,192.168.1.7        | -           | 1.2.3.4
                    10.0.0.1    | 1.2.3.4,192.168.1.8        | -           | 192.168.1.8
                    10.0.0.1    | 10.0.0.2, 10.0.0.3         | -           | 10.0.0.2
                    10.0.0.1    | 1.2.3.4, unknown           | -           | 10.0.0.1
                    10.0.0.1    | 1.2.3.4, x, 10.0.0.2       | -           | 10.0.0.2
                    10.0.0.1    | 1.2.3.4:567                | -           | 1.2.3.4
                    10.0.0.1    | [2001:db8::5]:567          | -           | 2001:db8::5
                    10.0.0.1    | 2001:db8::5                | -           | 2001:db8::5
                    10.0.0.1    | ''                         | -           | 10.0.0.1
                    10.0.0.1    | localhost                  | -           | 10.0.0.1
                    10.0.0.1    | -                          | 1.2.3.4     | 1.2.3.4
                    10.0.0.1    | -                          | x           | 10.0.0.1
                    10.0.0.1    | 6.6.6.6, 1.2.3.4           | 1.2.3.4     | 1.2.3.4
                    10.0.0.1    | 1.2.3.4                    | 6.6.6.6     | 10.0.0.1
                    10.0.0.1    | 1.2.3.4, 10.0.0.2          | 10.0.0.2    | 1.2.3.4
                    fd00::1     | 1.2.3.4                    | -           | 1.2.3.4
                    2001:db8::1 | 1.2.3.4                    | -           | 1.2.3.4
                    2001:db8::2 | 1.2.3.4                    | -           | 2001:db8::2
                    ::ffff:10.0.0.1 | 1.2.3.4                | -           | 1.2.3.4
                    """)
    void theLastAddressThatIsNoProxysIsTheClient(String peer, String forwarded, String real, String client) {
        var headers = new DefaultHttpHeaders();
        if (forwarded != null) {
            headers.add("X-Forwarded-For", forwarded);
        }
        if (real != null) {
            headers.add("X-Real-IP", real);
        }
        assertThat(proxies.client(address(peer), headers)).isEqualTo(address(client));
    }

    @Test
    void severalHeadersAreOneList() {
        var headers = new DefaultHttpHeaders();
        headers.add("X-Forwarded-For", "1.2.3.4");
        headers.add("X-Forwarded-For", "10.0.0.9");
        assertThat(proxies.client(address("10.0.0.1"), headers)).isEqualTo(address("1.2.3.4"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "x", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/-1", "localhost", "/8"})
    void whatIsNoAddressCannotBeTrusted(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TrustedProxies(List.of(text)))
                .withMessageStartingWith("trusted-proxy: " + text + " (expected: an address");
    }

    @Test
    void anIpv6NetworkIsOneClient_anIpv4AddressIsOne() {
        assertThat(Network.of(address("2001:db8:1:2:3::4"))).isEqualTo(Network.of(address("2001:db8:1:2:ffff::9")));
        assertThat(Network.of(address("2001:db8:1:2::"))).isNotEqualTo(Network.of(address("2001:db8:1:3::")));
        assertThat(Network.of(address("1.2.3.4"))).isNotEqualTo(Network.of(address("1.2.3.5")));
        assertThat(Network.of(address("0.0.0.0"))).isNotEqualTo(Network.of(address("::1")));
        assertThat(Network.of(address("255.0.0.1"))).isEqualTo(new Network(false, 0xff000001L));
    }

    @Test
    void whoSpeaksForOthersIsNotCounted() {
        for (String text : new String[] {"127.0.0.1", "::1", "10.1.2.3", "192.168.1.7"}) {
            assertThat(Connections.isCounted(address(text), proxies)).as(text).isFalse();
        }
        for (String text : new String[] {"127.0.0.2", "127.1.0.1", "1.0.0.1", "::2", "192.168.1.8"}) {
            assertThat(Connections.isCounted(address(text), proxies)).as(text).isTrue();
        }
    }
}
