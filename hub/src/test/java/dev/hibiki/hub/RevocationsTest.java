// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hibiki.event.SseEvent;
import dev.hibiki.log.EventLog;
import dev.hibiki.log.MemoryLog;
import dev.hibiki.log.Retention;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A revocation counts on every hub of the log, from its entry on, and for longer than the log keeps that. */
class RevocationsTest {

    private static final long NEVER = Long.MAX_VALUE;

    private static Hub hub(EventLog log) {
        return Hub.start(log, List.of(new ManualLoop()), HubSettings.DEFAULT, new ManualLoop(), new ManualLoop(), 0);
    }

    private static void revoke(Hub hub, Revocation revocation) {
        assertThat(hub.revocations().revoke(revocation)).isCompleted();
    }

    @Test
    void aTokenIsRevokedByItsId_andAUsersByWhenTheyWereIssued() {
        try (EventLog log = MemoryLog.create(Retention.DEFAULT);
                Hub hub = hub(log)) {
            Revocations revocations = hub.revocations();
            revoke(hub, Revocation.ofToken("t1", NEVER));
            assertThat(revocations.isRevoked("t1", "ann", 100)).isTrue();
            assertThat(revocations.isRevoked("t2", "ann", 100)).isFalse();
            assertThat(revocations.isRevoked(null, "t1", 100)).isFalse();

            revoke(hub, Revocation.ofUser("ann", 100, NEVER));
            assertThat(revocations.isRevoked("t2", "ann", 100)).isTrue();
            assertThat(revocations.isRevoked(null, "ann", Long.MIN_VALUE)).isTrue();
            assertThat(revocations.isRevoked("t2", "ann", 101)).isFalse();
            assertThat(revocations.isRevoked("ann", "bob", 1)).isFalse();

            revoke(hub, Revocation.ofUser("ann", 50, NEVER)); // by a clock that was set back
            assertThat(revocations.isRevoked("t2", "ann", 100)).isTrue();
        }
    }

    @Test
    void itReachesTheOtherHubsOfTheLog_andThoseThatStartLater_howeverLongAgo() {
        var shortLived = new Retention(2, Long.MAX_VALUE, Duration.ofDays(1000));
        String odd = "ann \"\\\u0000\n\u2028響{},";
        try (EventLog log = MemoryLog.create(shortLived);
                Hub one = hub(log);
                Hub other = hub(log)) {
            long before = other.revocations().changes();
            revoke(one, Revocation.ofUser(odd, 100, NEVER));
            revoke(one, Revocation.ofToken(odd, 5000));
            for (Hub hub : List.of(one, other)) {
                assertThat(hub.revocations().isRevoked(null, odd, 100)).isTrue();
                assertThat(hub.revocations().isRevoked(odd, null, 1)).isTrue();
            }
            assertThat(other.revocations().changes()).isEqualTo(before + 2);
            for (int i = 0; i < 10; i++) {
                one.publish("news", SseEvent.of("x")).join();
            }
            try (Hub later = hub(log)) {
                assertThat(later.revocations().isRevoked(null, odd, 100)).isTrue();
                assertThat(later.revocations().isRevoked(null, odd, 101)).isFalse();
                assertThat(later.revocations().isRevoked(odd, null, 1)).isTrue();
                assertThat(later.revocations().isRevoked("other", null, 1)).isFalse();
            }
        }
    }

    @Test
    void noStreamIsToldOfIt_liveOrOnReplay_andGoesOnAsBefore() {
        try (TestHub hub = TestHub.small(1000)) {
            var live = hub.open("hibiki/**", "hibiki/revocations", "news");
            hub.publish("news", "1");
            hub.answered(hub.hub.revocations().revoke(Revocation.ofToken("secret", NEVER)));
            hub.publish("news", "2");
            assertThat(live.data()).containsExactly("1", "2");
            for (int i = 3; i < 100; i++) {
                hub.publish("news", "" + i);
            }
            var replayed = hub.resume(live.idOf(1).toString(), "hibiki/*", "news");
            assertThat(replayed.data()).hasSize(98).startsWith("2", "3").endsWith("99");
            assertThat(live.outlet().text() + replayed.outlet().text()).doesNotContain("secret");
        }
    }

    @Test
    void whatTheLogRefuses_isNotRevoked() {
        EventLog log = MemoryLog.create(Retention.DEFAULT);
        try (Hub hub = hub(log)) {
            log.close();
            CompletableFuture<?> answer = hub.revocations().revoke(Revocation.ofToken("t1", NEVER));
            assertThat(answer).isCompletedExceptionally();
            assertThat(hub.revocations().isRevoked("t1", null, 1)).isFalse();
        }
    }

    @Test
    void idsAreBounded() {
        try (EventLog log = MemoryLog.create(Retention.DEFAULT);
                Hub hub = hub(log)) {
            revoke(hub, Revocation.ofToken("x".repeat(500), NEVER));
            assertThatThrownBy(() -> hub.revocations().revoke(Revocation.ofToken("x".repeat(501), NEVER)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("tokenId: 501 characters long (expected: 1 to 500)");
            assertThatThrownBy(() -> hub.revocations().revoke(Revocation.ofUser("", 1, NEVER)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("userId: 0 characters long (expected: 1 to 500)");
        }
    }
}
