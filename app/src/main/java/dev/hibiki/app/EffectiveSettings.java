// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The settings in effect: a value for each setting, and where it came from. Made by {@link SettingsReader}. Immutable. */
final class EffectiveSettings {

    /** A value, its text, and where that text was found: {@code --port}, {@code HIBIKI_PORT}, {@code hibiki.yaml}, {@code default}. */
    record Chosen(@Nullable Object value, String text, Origin origin, String place) {}

    private final Map<String, Chosen> byKey;

    EffectiveSettings(Map<String, Chosen> byKey) {
        this.byKey = Map.copyOf(byKey);
    }

    /** The value of a setting that has a default. */
    <T> T get(Setting<T> setting) {
        return Objects.requireNonNull(find(setting), setting.key());
    }

    /** The value of a setting, or null if it has none. */
    @SuppressWarnings("unchecked") // the reader of this very setting made the value
    <T> @Nullable T find(Setting<T> setting) {
        return (T) chosen(setting).value();
    }

    /** Whether somebody has set it. */
    boolean isSet(Setting<?> setting) {
        return chosen(setting).origin() != Origin.DEFAULT;
    }

    /** The same with another default for a setting, unless somebody has set it. */
    <T> EffectiveSettings withDefault(Setting<T> setting, T value, String place) {
        if (isSet(setting)) {
            return this;
        }
        var others = new HashMap<>(byKey);
        others.put(setting.key(), new Chosen(value, String.valueOf(value), Origin.DEFAULT, place));
        return new EffectiveSettings(others);
    }

    /** One text for each setting that was set, and for those that are always shown. */
    List<String> described(List<Setting<?>> settings, List<Setting<?>> always) {
        List<String> lines = new ArrayList<>();
        for (Setting<?> setting : settings) {
            Chosen chosen = chosen(setting);
            if (chosen.origin() != Origin.DEFAULT || always.contains(setting)) {
                lines.add(setting.key() + " " + chosen.text() + " (" + chosen.place() + ")");
            }
        }
        return lines;
    }

    private Chosen chosen(Setting<?> setting) {
        return Objects.requireNonNull(byKey.get(setting.key()), setting.key());
    }
}
