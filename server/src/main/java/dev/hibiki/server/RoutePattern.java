// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The path of a route: literal segments, {@code {name}} for one segment, {@code {name...}} at the end for one or more.
 *
 * <p>A parameter never matches an empty segment. Of two patterns that match a path, the one that is literal where they first
 * differ wins, so the order in which routes were added does not matter.
 */
final class RoutePattern implements Comparable<RoutePattern> {

    private enum Kind {
        LITERAL,
        SEGMENT,
        TAIL
    }

    private record Part(Kind kind, String text) {}

    private final String pattern;
    private final List<Part> parts;

    private RoutePattern(String pattern, List<Part> parts) {
        this.pattern = pattern;
        this.parts = List.copyOf(parts);
    }

    /**
     * Reads a pattern.
     *
     * @throws IllegalArgumentException if it is not a pattern
     */
    static RoutePattern of(String pattern) {
        if (!pattern.startsWith("/")) {
            throw new IllegalArgumentException("path: " + pattern + " (expected: starts with /)");
        }
        var parts = new ArrayList<Part>();
        var names = new HashSet<String>();
        String[] segments = pattern.substring(1).split("/", -1);
        for (int i = 0; i < segments.length; i++) {
            Part part = part(pattern, segments[i]);
            boolean last = i == segments.length - 1;
            if (part.kind == Kind.TAIL && !last) {
                throw new IllegalArgumentException("path: " + pattern + " (expected: {...} only at the end)");
            }
            if (part.kind == Kind.LITERAL ? segments[i].isEmpty() && !last : !names.add(part.text)) {
                throw new IllegalArgumentException(
                        "path: " + pattern + " (expected: no empty segment, no parameter twice)");
            }
            parts.add(part);
        }
        return new RoutePattern(pattern, parts);
    }

    private static Part part(String pattern, String segment) {
        if (!segment.startsWith("{")) {
            if (segment.indexOf('{') >= 0 || segment.indexOf('}') >= 0) {
                throw new IllegalArgumentException("path: " + pattern + " (expected: a parameter is a whole segment)");
            }
            return new Part(Kind.LITERAL, segment);
        }
        boolean tail = segment.endsWith("...}");
        int end = segment.length() - (tail ? 4 : 1);
        if (!segment.endsWith("}") || end <= 1) {
            throw new IllegalArgumentException("path: " + pattern + " (expected: {name} or {name...})");
        }
        return new Part(tail ? Kind.TAIL : Kind.SEGMENT, segment.substring(1, end));
    }

    /** The values of the parameters if the path matches, else null. */
    @Nullable
    Map<String, String> match(List<String> segments) {
        int size = parts.size();
        boolean tail = parts.get(size - 1).kind == Kind.TAIL;
        if (tail ? segments.size() < size : segments.size() != size) {
            return null;
        }
        Map<String, String> values = Map.of();
        for (int i = 0; i < size; i++) {
            Part part = parts.get(i);
            String segment = segments.get(i);
            if (part.kind == Kind.LITERAL) {
                if (!part.text.equals(segment)) {
                    return null;
                }
            } else {
                String value =
                        part.kind == Kind.TAIL ? String.join("/", segments.subList(i, segments.size())) : segment;
                if (value.isEmpty()) {
                    return null;
                }
                values = values.isEmpty() ? new HashMap<>() : values;
                values.put(part.text, value);
            }
        }
        return values;
    }

    @Override
    public int compareTo(RoutePattern other) {
        for (int i = 0; i < Math.min(parts.size(), other.parts.size()); i++) {
            Part mine = parts.get(i);
            Part theirs = other.parts.get(i);
            int order = mine.kind.compareTo(theirs.kind);
            if (order == 0 && mine.kind == Kind.LITERAL) {
                order = mine.text.compareTo(theirs.text);
            }
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(other.parts.size(), parts.size());
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RoutePattern pattern && compareTo(pattern) == 0;
    }

    @Override
    public int hashCode() {
        int hash = parts.size();
        for (Part part : parts) {
            hash = 31 * hash + (part.kind == Kind.LITERAL ? part.text.hashCode() : part.kind.hashCode());
        }
        return hash;
    }

    @Override
    public String toString() {
        return pattern;
    }
}
