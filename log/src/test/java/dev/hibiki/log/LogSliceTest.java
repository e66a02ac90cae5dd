// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogSliceTest {

    private static final EventId PLACE = new EventId(1000, 5, 7);

    @Test
    void readerHasMissedSomething_ifAndOnlyIfItStoodBeforeThePlaceOfTheRemoval() {
        var slice = new LogSlice(List.of(), PLACE, PLACE);
        assertThat(slice.missedSince(new EventId(1000, 4, 7))).isTrue();
        assertThat(slice.missedSince(PLACE)).isFalse();
        assertThat(slice.missedSince(new EventId(1000, 6, 7))).isFalse();
        assertThat(new LogSlice(List.of(), PLACE, null).missedSince(new EventId(0, 0, 7)))
                .isFalse();
    }

    @Test
    void entriesAreACopy() {
        var entries = new ArrayList<LogEntry>();
        var slice = new LogSlice(entries, PLACE, null);
        entries.add(new LogEntry(PLACE, 1000, "a", null, new byte[0]));
        assertThat(slice.entries()).isEmpty();
    }
}
