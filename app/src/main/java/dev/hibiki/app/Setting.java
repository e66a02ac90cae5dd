// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.app;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One setting, defined once: the option, the environment variable, the key in the file, the help, the printed settings and
 * the reference page all come from here.
 *
 * @param key its name, from which the others follow by rule: {@code stream.heartbeat} is {@code --stream-heartbeat} and
 *     {@code HIBIKI_STREAM_HEARTBEAT}
 * @param placeholder what stands for its value in help
 * @param rule what its value may be
 * @param fallback its value when nobody sets it, as text; null for none
 * @param fallbackSays what to print for that
 * @param several whether it may be given more than once
 * @param flag whether its option needs no value
 * @param secret whether its value is shown to nobody
 * @param about who changes it, and what that trades
 * @param reader reads its value; null if one of the texts is refused
 */
record Setting<T>(
        String key,
        String placeholder,
        String rule,
        @Nullable String fallback,
        String fallbackSays,
        boolean several,
        boolean flag,
        boolean secret,
        String about,
        Function<List<String>, Reading<T>> reader) {

    /** The result of reading a text: a value, or the text that was refused. */
    record Reading<T>(@Nullable T value, @Nullable String refused) {}

    /** A setting with one value. */
    static <T> Setting<T> one(String key, Kind<T> kind, T fallback, String about) {
        String text = kind.writer().apply(fallback);
        return new Setting<>(
                key, kind.placeholder(), kind.rule(), text, text, false, isFlag(kind), false, about, reader(kind));
    }

    /** A setting that need not have a value. */
    static <T> Setting<T> optional(String key, Kind<T> kind, String withoutSays, String about) {
        return new Setting<>(
                key,
                kind.placeholder(),
                kind.rule(),
                null,
                withoutSays,
                false,
                isFlag(kind),
                false,
                about,
                reader(kind));
    }

    /** A setting that need not have a value, and whose value is shown nowhere. */
    static <T> Setting<T> secret(String key, Kind<T> kind, String about) {
        return new Setting<>(
                key, kind.placeholder(), kind.rule(), null, "none", false, false, true, about, reader(kind));
    }

    /** A value as it may be shown; for a secret only the file that holds it. */
    String shown(String text) {
        return secret && !text.startsWith("@") ? "***" : text;
    }

    /** A setting with any number of values: its option is repeated, its variable has commas. */
    static <T> Setting<List<T>> several(String key, Kind<T> kind, String about) {
        return several(key, kind, "none", about);
    }

    /** As {@link #several(String, Kind, String)}, with words for what no value means. */
    static <T> Setting<List<T>> several(String key, Kind<T> kind, String withoutSays, String about) {
        return new Setting<>(
                key, kind.placeholder(), kind.rule(), "", withoutSays, true, false, false, about, texts -> {
                    List<T> values = new ArrayList<>();
                    for (String text : texts) {
                        T value = kind.parser().parse(text);
                        if (value == null) {
                            return new Reading<>(null, text);
                        }
                        values.add(value);
                    }
                    return new Reading<>(List.copyOf(values), null);
                });
    }

    private static boolean isFlag(Kind<?> kind) {
        return kind.placeholder().equals(Kind.flag().placeholder());
    }

    private static <T> Function<List<String>, Reading<T>> reader(Kind<T> kind) {
        return texts -> {
            String text = texts.get(0);
            T value = kind.parser().parse(text);
            return value == null ? new Reading<>(null, text) : new Reading<>(value, null);
        };
    }

    /** {@code --stream-heartbeat}. */
    String option() {
        return "--" + key.replace('.', '-');
    }

    /** {@code HIBIKI_STREAM_HEARTBEAT}. */
    String variable() {
        return "HIBIKI_" + key.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    }
}
