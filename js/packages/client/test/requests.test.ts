// SPDX-License-Identifier: Apache-2.0
// What is asked for, and with what.

import { describe, expect, test, vi } from "vitest";
import { createStream } from "../src/index.js";
import { opened, started } from "./opened.js";

describe("the first id", () => {
  test("theFirstIdMayBeGiven_andTheResumeStoreCountsMore", async () => {
    const { url, asked } = await started((answer) => answer.head().write("id: 8\ndata: a\n\nid: 9\ndata: b\n\n"));
    await opened(url, { lastEventId: "5" }).received(2);
    const saved: string[] = [];
    await opened(url, { lastEventId: "5", resume: { load: () => "7", save: (id) => saved.push(id) } }).received(2);
    expect(asked.map(({ headers }) => headers["last-event-id"])).toEqual(["5", "7"]);
    expect(saved).toEqual(["9"]);
  });

  test("aStoreThatThrowsIsDoneWithout", async () => {
    const { url } = await started((answer) => answer.head().write("id: 8\ndata: a\n\n"));
    const broken = () => {
      throw new Error("no store");
    };
    await opened(url, { resume: { load: broken, save: broken } }).received(1);
    await opened(url, { resume: true }).received(1); // there is no session storage in Node
  });
});

describe("requests", () => {
  test("aRedirectKeepsMethodAndBodyWhereHttpSaysSo", async () => {
    const { url, asked } = await started((answer, { path }) => (path === "/stream" ? answer.status(307, { Location: "/there" }) : answer.head().write("data: a\n\n")));
    const { received } = opened(url, { method: "POST", body: '{"q":1}', headers: { "Content-Type": "application/json" } });
    await received(1);
    expect(asked.map(({ method, path, body }) => [method, path, body])).toEqual([["POST", "/stream", '{"q":1}'], ["POST", "/there", '{"q":1}']]);
  });

  test("headersBodyAndTokenAreAskedForEachAttempt", async () => {
    const { url, asked } = await started((answer, _, attempt) => {
      answer.head().write("data: a\n\n");
      if (attempt === 1) answer.end();
    });
    let n = 0;
    const { received } = opened(url, { method: "POST", body: () => `body ${n}`, headers: async () => ({ "X-N": String(++n) }), token: async ({ refresh }) => `t${n}${refresh}` });
    await received(2);
    expect(asked.map(({ method, body, headers }) => [method, body, headers["x-n"], headers["authorization"], headers["accept"], headers["cache-control"]])).toEqual([
      ["POST", "body 1", "1", "Bearer t1false", "text/event-stream", "no-cache"],
      ["POST", "body 2", "2", "Bearer t2false", "text/event-stream", "no-cache"],
    ]);
  });

  test("a401AsksOnceForAFreshToken_andIsNoFailure", async () => {
    const { url, asked } = await started((answer, { headers }) => (headers["authorization"] === "Bearer fresh" ? answer.head().write("data: a\n\n") : answer.status(401)));
    const { states, received } = opened(url, { token: ({ refresh }) => (refresh ? "fresh" : "old") });
    await received(1);
    expect(states).toEqual(["connecting", "open"]);
    expect(asked.length).toBe(2);
  });

  test("a401AfterTheFreshTokenIsFinal_andWithoutACallbackAtOnce", async () => {
    const { url, asked } = await started((answer) => answer.status(401));
    const token = vi.fn(() => "t");
    await opened(url, { token }).reached("closed 1 status 401");
    expect(token.mock.calls).toEqual([[{ refresh: false }], [{ refresh: true }]]);
    await opened(url, { token: "t" }).reached("closed 1 status 401");
    expect(asked.length).toBe(3);
  });

  test("aCallbackThatThrowsIsAFailureThatIsTriedAgain", async () => {
    const { url } = await started((answer) => answer.head().write("data: a\n\n"));
    let calls = 0;
    const token = () => {
      if (++calls === 1) throw new Error("no token now");
      return "t";
    };
    const { states, received } = opened(url, { token });
    await received(1);
    expect(states.slice(0, 4)).toEqual(["connecting", "waiting 1 token", "connecting 1", "open 1"]);
  });

  test("whatCannotBeIsToldAtTheCall", () => {
    expect(() => createStream("/relative")).toThrow("url: /relative (expected: an absolute URL, or in a page one relative to it)");
    expect(() => createStream("http://localhost/", { idleMillis: -1 })).toThrow("idleMillis: -1 (expected: a number, at least 0)");
    expect(() => createStream("http://localhost/", { maxRetries: NaN })).toThrow("maxRetries: NaN (expected: a number, at least 0)");
  });
});
