// SPDX-License-Identifier: Apache-2.0
package dev.hibiki.server;

import dev.hibiki.hub.Hub;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A request as it came over a connection. */
final class ReceivedRequest implements Request {

    private final Supplier<Caller> caller;
    private final RequestHead head;
    private final Map<String, String> parameters;
    private final byte[] body;
    private final Hub hub;

    ReceivedRequest(RequestHead head, Map<String, String> parameters, byte[] body, Hub hub, Supplier<Caller> caller) {
        this.head = head;
        this.caller = caller;
        this.parameters = parameters;
        this.body = body;
        this.hub = hub;
    }

    @Override
    public String method() {
        return head.method();
    }

    @Override
    public String scheme() {
        return head.protocol().scheme();
    }

    @Override
    public @Nullable String host() {
        return head.host();
    }

    @Override
    public String path() {
        return head.target().path();
    }

    @Override
    public String path(String name) {
        String value = parameters.get(name);
        if (value == null) {
            throw new IllegalArgumentException(
                    "path parameter: " + name + " (expected: one of the route's " + parameters.keySet() + ")");
        }
        return value;
    }

    @Override
    public @Nullable String query(String name) {
        return head.target().query(name);
    }

    @Override
    public List<String> queryAll(String name) {
        return head.target().queryAll(name);
    }

    @Override
    public double number(String name, double absent, double min, double max) {
        String text = query(name);
        if (text == null) {
            return absent;
        }
        double value = parse(text);
        if (!(value >= min && value <= max)) {
            throw HttpProblem.badRequest(name + ": is no number in the range (expected: a number from " + plain(min)
                    + " to " + plain(max) + ")");
        }
        return value;
    }

    /** A decimal number, or NaN; Java's own forms, such as {@code 0x1p3} and {@code 1d}, are not numbers here. */
    private static double parse(String text) {
        return text.length() <= 40 && text.matches("[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d+)?")
                ? Double.parseDouble(text)
                : Double.NaN;
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }

    @Override
    public @Nullable String header(String name) {
        return head.header(name);
    }

    @Override
    public Caller caller() {
        return caller.get();
    }

    @Override
    public byte[] body() {
        return body;
    }

    @Override
    public Hub hub() {
        return hub;
    }

    @Override
    public JsonNode json() {
        if (body.length == 0) {
            return Json.nothing();
        }
        Json.checkType(head.header("content-type"));
        return Json.tree(body);
    }
}
