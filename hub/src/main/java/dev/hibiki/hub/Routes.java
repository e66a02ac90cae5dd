// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.hub;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which cohorts of a shard a channel reaches: by name through a table, by pattern through a bounded memory of earlier answers. Belongs
 * to one loop.
 */
final class Routes {

    /** For how many channels the answer is remembered; for others it is worked out again. */
    private static final int REMEMBERED = 4096;

    private final Map<String, Set<Cohort>> byName = new HashMap<>();
    private final List<Cohort> byPattern = new ArrayList<>();
    private final Map<String, List<Cohort>> answers = new HashMap<>();

    void add(Cohort cohort) {
        for (String channel : cohort.interest.channels()) {
            byName.computeIfAbsent(channel, key -> new LinkedHashSet<>(2)).add(cohort);
        }
        if (cohort.interest.hasPatterns()) {
            byPattern.add(cohort);
        }
        answers.clear();
    }

    void remove(Cohort cohort) {
        for (String channel : cohort.interest.channels()) {
            Set<Cohort> named = byName.get(channel);
            if (named != null && named.remove(cohort) && named.isEmpty()) {
                byName.remove(channel);
            }
        }
        byPattern.remove(cohort);
        answers.clear();
    }

    boolean isEmpty() {
        return byName.isEmpty() && byPattern.isEmpty() && answers.isEmpty();
    }

    /** The cohorts that read a channel, each once. */
    Collection<Cohort> to(String channel) {
        Set<Cohort> named = byName.getOrDefault(channel, Set.of());
        return byPattern.isEmpty() ? named : withPatterns(channel, named);
    }

    private List<Cohort> withPatterns(String channel, Set<Cohort> named) {
        if (answers.size() >= REMEMBERED) {
            answers.clear();
        }
        return answers.computeIfAbsent(channel, key -> {
            var cohorts = new LinkedHashSet<>(named);
            for (Cohort cohort : byPattern) {
                if (cohort.interest.matches(key)) {
                    cohorts.add(cohort);
                }
            }
            return List.copyOf(cohorts);
        });
    }
}
