// SPDX-License-Identifier: Apache-2.0
// Who hears what, and when nothing more.

import { describe, expect, test, vi } from "vitest";
import { createStream } from "../src/index.js";
import { eventually } from "./eventually.js";
import { datas, opened, started } from "./opened.js";

describe("the events of Hibiki", () => {
  const HIBIKI =
    'id: 3\nevent: hibiki.gap\ndata: {"reason":"expired","after":"1","resumedAt":"3"}\n\nid: 4\nevent: hibiki.cursor\ndata: {}\n\nid: 5\n\nevent: hibiki.token-expiring\ndata: {"in":30}\n\ndata: a\n\n';

  test("callTheirCallbacks_andTheCursorIsNobodysEvent", async () => {
    const { url } = await started((answer) => answer.head().write(HIBIKI));
    const onGap = vi.fn();
    const onCursor = vi.fn();
    const onTokenExpiring = vi.fn();
    const { stream, events, received } = opened(url, { onGap, onCursor, onTokenExpiring });
    const named = vi.fn();
    stream.on("hibiki.cursor", named);
    await received(3);
    expect(onGap.mock.calls).toEqual([[{ reason: "expired", after: "1", resumedAt: "3" }]]);
    expect(onCursor.mock.calls).toEqual([["4"], ["5"]]);
    expect(onTokenExpiring.mock.calls[0]![0].json()).toEqual({ in: 30 });
    expect(events.map(({ type }) => type)).toEqual(["hibiki.gap", "hibiki.token-expiring", "message"]);
    expect(named).toHaveBeenCalledOnce();
  });
});

describe("listeners", () => {
  test("hearTheirType_andThenEverythingIsHeardByTheStar", async () => {
    const { url } = await started((answer) => answer.head().write('event: price\ndata: {"p":1}\n\nevent: *\ndata: star\n\ndata: m\n\n'));
    const { stream, received } = opened(url);
    const heard: string[] = [];
    stream.on("price", (event) => heard.push(`price ${event.json().p}`));
    stream.on("*", ({ type }) => heard.push(`* ${type}`));
    await received(3);
    expect(heard).toEqual(["price 1", "* price", "* *", "* message"]);
  });

  test("oneThatThrowsIsAnUncaughtError_andTheOthersAreCalled", async () => {
    const uncaught: unknown[] = [];
    const before = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException").on("uncaughtException", (error) => uncaught.push(error.message));
    try {
      const { url } = await started((answer) => answer.head().write("data: a\n\ndata: b\n\n"));
      const { stream, events, received } = opened(url);
      stream.on("message", () => {
        throw new Error("mine");
      });
      await received(2);
      await eventually(() => expect(uncaught).toEqual(["mine", "mine"]));
      expect(datas(events)).toEqual(["a", "b"]);
    } finally {
      process.removeAllListeners("uncaughtException");
      before.forEach((listener) => process.on("uncaughtException", listener));
    }
  });

  test("oneThatIsTakenAwayHearsNothing_andOneGivenTwiceIsTakenAwayOnce", async () => {
    const { url } = await started((answer) => answer.head().write("data: a\n\n"));
    const { stream, received } = opened(url);
    const listener = vi.fn();
    const off = stream.on("message", listener);
    stream.on("message", listener);
    off();
    off();
    await received(1);
    expect(listener).toHaveBeenCalledOnce();
  });

  test("closingInTheMidstOfAChunkDeliversNothingMore_andTheIdIsOfWhatWasDelivered", async () => {
    const { url } = await started((answer) => answer.head().write("id: 1\ndata: a\n\nid: 2\ndata: b\n\nid: 3\ndata: c\n\n"));
    const { stream, events, reached } = opened(url);
    stream.on("message", ({ id }) => id === "2" && stream.close());
    const after = vi.fn();
    stream.on("message", after);
    await reached("closed");
    expect(datas(events)).toEqual(["a"]);
    expect(after).toHaveBeenCalledOnce();
    expect([stream.lastEventId, stream.getSnapshot()]).toEqual(["2", { state: "closed", failures: 0, error: null, retryAt: null }]);
    stream.close();
    expect(stream.getSnapshot().error).toBeNull();
  });

  test("closingAtAnyTimeLeavesNothing", async () => {
    const { url, open } = await started((answer, { path }) => path !== "/stream?never" && answer.head().write("data: a\n\n"));
    createStream(url).close();
    const connecting = createStream(`${url}?never`);
    await eventually(() => expect(open()).toBeGreaterThan(0));
    connecting.close();
    const { stream, reached } = opened(url, { token: () => new Promise(() => {}), connectMillis: 50 });
    await reached("waiting 1 timeout");
    stream.close();
    expect(stream.getSnapshot().state).toBe("closed");
  });

  test("theSnapshotIsTheSameObjectUntilTheStateChanges", async () => {
    const { url } = await started((answer) => answer.head().write("data: a\n\ndata: b\n\n"));
    const { stream, received } = opened(url);
    const told = vi.fn();
    stream.subscribe(told);
    expect(stream.getSnapshot()).toBe(stream.getSnapshot());
    await received(2);
    expect(told).toHaveBeenCalledOnce();
    expect(stream.getSnapshot()).toEqual({ state: "open", failures: 0, error: null, retryAt: null });
  });

  test("reconnectEndsTheWait_andDoesNothingToAnOpenStream", async () => {
    const { url, asked } = await started((answer, _, attempt) => (attempt === 1 ? answer.status(503, { "Retry-After": "3600" }) : answer.head().write("data: a\n\n")));
    const { stream, reached, received } = opened(url);
    await reached("waiting 1 status 503");
    stream.reconnect();
    await received(1);
    stream.reconnect();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked.length).toBe(2);
    stream.close();
    stream.reconnect();
    expect(stream.getSnapshot().state).toBe("closed");
  });
});
