// SPDX-License-Identifier: Apache-2.0
// What the client makes of what servers do.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createStream, type Stream, type StreamOptions } from "../src/index.js";
import { serve, type Script, type Server } from "./server.js";

const servers: Server[] = [];
const streams: Stream[] = [];

beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(1)); // the jitter at its longest, unless a test says otherwise

afterEach(async () => {
  vi.restoreAllMocks();
  streams.splice(0).forEach((stream) => stream.close());
  for (const server of servers.splice(0)) {
    await vi.waitFor(() => expect(server.open(), "connections left").toBe(0));
    await server.stop();
  }
});

async function started(script: Script) {
  const server = await serve(script);
  servers.push(server);
  return server;
}

/** Opens a stream and writes down its events and, in words, its states. */
function opened(url: string, options: StreamOptions = {}) {
  const stream = createStream(url, { retryMillis: 100, ...options });
  streams.push(stream);
  const events: { type: string; data: string; id: string }[] = [];
  const states: string[] = ["connecting"];
  stream.on("*", ({ type, data, id }) => events.push({ type, data, id }));
  stream.subscribe(() => {
    const { state, failures, error } = stream.getSnapshot();
    const now = [state, failures || "", error && state !== "connecting" ? `${error.reason}${error.status && error.reason === "status" ? ` ${error.status}` : ""}` : ""].filter(Boolean).join(" ");
    if (now !== states.at(-1)) states.push(now);
  });
  const reached = (state: string) => vi.waitFor(() => expect(states).toContain(state), { timeout: 15_000, interval: 5 });
  const received = (count: number) => vi.waitFor(() => expect(events.length).toBeGreaterThanOrEqual(count), { timeout: 15_000, interval: 5 });
  return { stream, events, states, reached, received };
}

const datas = (events: { data: string }[]) => events.map(({ data }) => data);

describe("statuses", () => {
  test("noContentClosesForGood", async () => {
    const { url, asked } = await started((answer) => answer.status(204));
    const { stream, states, reached } = opened(url);
    await reached("closed 1 no-content");
    expect(states).toEqual(["connecting", "closed 1 no-content"]);
    expect(stream.getSnapshot().error).toMatchObject({ final: true, status: 204, message: "/stream: there will be nothing more (204)" });
    expect(asked.length).toBe(1);
  });

  test.each([400, 403, 404, 405, 410, 422, 201, 206, 304])("status%sIsFinal", async (status) => {
    const { url, asked } = await started((answer) => answer.status(status));
    const { states, stream, reached } = opened(url);
    await reached(`closed 1 status ${status}`);
    expect(states).toEqual(["connecting", `closed 1 status ${status}`]);
    expect(stream.getSnapshot().error).toMatchObject({ final: true, status, message: `/stream: answered ${status} (expected: 200)` });
    expect(asked.length).toBe(1);
  });

  test.each([408, 425, 429, 500, 502, 503, 504])("status%sIsTriedAgain", async (status) => {
    const { url, asked } = await started((answer, _, attempt) => (attempt === 1 ? answer.status(status) : answer.head().write("data: a\n\n")));
    const { states, received } = opened(url);
    await received(1);
    expect(states).toEqual(["connecting", `waiting 1 status ${status}`, "connecting 1", "open 1", "open"]);
    expect(asked.length).toBe(2);
  });

  test.each([301, 302, 303, 307, 308])("redirect%sIsFollowed_andTheNextAttemptAsksTheFirstUrlAgain", async (status) => {
    const { url, asked } = await started((answer, { path }) => {
      if (path === "/stream") answer.status(status, { Location: "/elsewhere" });
      else answer.head().write("id: 1\ndata: a\n\n").end();
    });
    const { events, received } = opened(url, { headers: { "X-Mine": "1" } });
    await received(2);
    expect(datas(events).slice(0, 2)).toEqual(["a", "a"]);
    expect(asked.slice(0, 4).map(({ path, headers }) => [path, headers["x-mine"], headers["last-event-id"]])).toEqual([
      ["/stream", "1", undefined],
      ["/elsewhere", "1", undefined],
      ["/stream", "1", "1"],
      ["/elsewhere", "1", "1"],
    ]);
  });

  test("aRedirectKeepsMethodAndBodyWhereHttpSaysSo", async () => {
    const { url, asked } = await started((answer, { path }) => (path === "/stream" ? answer.status(307, { Location: "/there" }) : answer.head().write("data: a\n\n")));
    const { received } = opened(url, { method: "POST", body: '{"q":1}', headers: { "Content-Type": "application/json" } });
    await received(1);
    expect(asked.map(({ method, path, body }) => [method, path, body])).toEqual([["POST", "/stream", '{"q":1}'], ["POST", "/there", '{"q":1}']]);
  });

  test("redirectsInACircleAreAFailureThatIsTriedAgain", async () => {
    const { url } = await started((answer) => answer.status(302, { Location: "/stream" }));
    const { states, reached } = opened(url, { maxRetries: 1 });
    await reached("closed 2 max-retries");
    expect(states).toEqual(["connecting", "waiting 1 network", "connecting 1", "closed 2 max-retries"]);
  });

  test("retryAfterIsObeyed_inSecondsAndAsADate", async () => {
    const { url, asked } = await started((answer, _, attempt) => {
      if (attempt === 1) answer.status(429, { "Retry-After": "1" });
      else if (attempt === 2) answer.status(503, { "Retry-After": new Date(Date.now() + 2000).toUTCString() });
      else answer.head().write("data: a\n\n");
    });
    const { received } = opened(url, { retryMillis: 1, maxDelayMillis: 1 });
    await received(1);
    expect(asked[1]!.at - asked[0]!.at).toBeGreaterThanOrEqual(990);
    expect(asked[2]!.at - asked[1]!.at).toBeGreaterThanOrEqual(900);
  });

  test("aServerThatFailsForEverIsAskedEverMoreSeldom", async () => {
    const { url, asked } = await started((answer) => answer.status(500));
    const { states, reached } = opened(url, { maxRetries: 4 });
    await reached("closed 5 max-retries");
    expect(states.filter((state) => state.startsWith("waiting"))).toEqual([1, 2, 3, 4].map((n) => `waiting ${n} status 500`));
    const waits = asked.slice(1).map(({ at }, n) => at - asked[n]!.at);
    [100, 200, 400, 800].forEach((least, n) => expect(waits[n], `wait ${n}`).toBeGreaterThanOrEqual(least - 5));
    expect(asked.length).toBe(5);
  });

  test("theJitterIsFull_andTheDelayHasACeiling", async () => {
    vi.mocked(Math.random).mockReturnValue(0.5);
    const { url } = await started((answer) => answer.status(500));
    const { stream, reached } = opened(url, { retryMillis: 10_000, maxDelayMillis: 4000 });
    await reached("waiting 1 status 500");
    const left = stream.getSnapshot().retryAt! - Date.now();
    expect(left).toBeGreaterThan(1000);
    expect(left).toBeLessThanOrEqual(2000);
  });

  test.each([["text/html"], [""], ["text/event-streams"], ["application/json; a=text/event-stream"]])("contentType %s isFinal", async (type) => {
    const { url, asked } = await started((answer) => answer.head(200, type ? { "Content-Type": type } : {}).write("data: a\n\n"));
    const { stream, events, reached } = opened(url);
    await reached("closed 1 content-type");
    expect(stream.getSnapshot().error).toMatchObject({ final: true, message: `/stream: content type: ${type || "none"} (expected: text/event-stream)` });
    expect([events, asked.length]).toEqual([[], 1]);
  });

  test.each([["Text/Event-Stream"], ["text/event-stream;charset=utf-8"], ["text/event-stream ; a=b"]])("contentType %s opens", async (type) => {
    const { url } = await started((answer) => answer.head(200, { "Content-Type": type }).write("data: a\n\n"));
    await opened(url).received(1);
  });

  test("anAnswerThatIsNoHttpIsANetworkFailure", async () => {
    const { url } = await started((answer, _, attempt) => (attempt === 1 ? answer.write("hello\r\n\r\n").end() : answer.head().write("data: a\n\n")));
    const { states, received } = opened(url);
    await received(1);
    expect(states[1]).toBe("waiting 1 network");
  });

  test("noServerIsANetworkFailure_thatSaysWhat", async () => {
    const server = await serve(() => {});
    await server.stop();
    const { stream, reached } = opened(server.url, { maxRetries: 2 });
    await reached("closed 3 max-retries");
    expect(stream.getSnapshot().error!.cause).toMatchObject({ reason: "network", final: false, message: expect.stringContaining("ECONNREFUSED") });
  });
});

describe("streams that break", () => {
  const CUTS: [string, string | Uint8Array][] = [
    ["event", "id: 2\ndata: hal"],
    ["field name", "id: 2\nda"],
    ["character", Uint8Array.of(0x69, 0x64, 0x3a, 0x20, 0x32, 0x0a, 0x64, 0x61, 0x74, 0x61, 0x3a, 0xf0, 0x9f)],
    ["CRLF", "id: 2\r\ndata: b\r\n\r"],
    ["end of an event", "id: 2\ndata: b\n"],
  ];
  const whole = new Map([["1", "b"], ["", "a"], ["2", "c"]]);

  for (const how of ["cut", "end"] as const) {
    test.each(CUTS)(`${how} inTheMiddleOf %s losesNothing_andDoublesNothing`, async (what, part) => {
      const { url, asked } = await started((answer, { headers }, attempt) => {
        const after = headers["last-event-id"] ?? "";
        answer.head();
        if (attempt === 2) return void answer.write(part)[how]();
        for (let id = Number(after) + 1; id <= (attempt === 1 ? 1 : 3); id++) answer.write(`id: ${id}\ndata: ${whole.get(String(id - 1 || ""))}\n\n`);
        if (attempt === 1) answer[how]();
      });
      const { events, received } = opened(url);
      await received(3);
      expect(datas(events)).toEqual(["a", "b", "c"]);
      // The CR alone ends the line: what stands before it was whole.
      expect(asked.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "1", what === "CRLF" ? "2" : "1"]);
    });
  }

  test("aCutAndAnEndAreToldApart", async () => {
    const { url } = await started((answer, _, attempt) => {
      // Where the end of the connection is the end of the body Node tells no end from a reset; with a length it does.
      answer.head(200, attempt === 2 ? { "Content-Type": "text/event-stream", "Content-Length": "1000" } : undefined).write("data: a\n\n");
      if (attempt === 1) answer.end();
      if (attempt === 2) answer.cut();
    });
    const { states, received } = opened(url);
    await received(3);
    expect(states).toEqual(["connecting", "open", "waiting 1 ended", "connecting 1", "open 1", "open", "waiting 1 network", "connecting 1", "open 1", "open"]);
  });

  test("onlyAnEventResetsTheCountOfFailures", async () => {
    const { url, asked } = await started((answer, _, attempt) => {
      answer.head();
      if (attempt === 2) answer.write("data: a\n\n");
      else answer.write(": no event\n\n");
      answer.end();
    });
    const { stream, states, reached } = opened(url, { maxRetries: 2 });
    await reached("closed 3 max-retries");
    expect(states.filter((state) => /waiting|closed/.test(state))).toEqual(["waiting 1 ended", "waiting 1 ended", "waiting 2 ended", "closed 3 max-retries"]);
    expect(asked.length).toBe(4);
    expect(stream.getSnapshot().error).toMatchObject({ message: "/stream: failed 3 times in a row (expected: at most 2): /stream: the server ended the stream", cause: { reason: "ended" } });
  });

  test("maxRetriesOfNoneClosesAtTheFirstFailure", async () => {
    const { url } = await started((answer) => answer.head().write("data: a\n\n").end());
    const { states, reached } = opened(url, { maxRetries: 0 });
    await reached("closed 1 max-retries");
    expect(states).toEqual(["connecting", "open", "closed 1 max-retries"]);
  });

  test("silenceIsNoticed_whileCommentsKeepTheStream", async () => {
    const { url, asked } = await started(async (answer, _, attempt) => {
      answer.head().write("data: a\n\n");
      for (let n = 0; attempt === 1 && n < 6; n++) {
        await new Promise((resolve) => setTimeout(resolve, 150));
        answer.write(":\n");
      }
    });
    const { stream, reached, received } = opened(url, { idleMillis: 600 });
    await reached("waiting 1 idle");
    expect(stream.getSnapshot().error!.message).toBe("/stream: nothing came within 600 ms");
    await received(2);
    expect(asked[1]!.at - asked[0]!.at).toBeGreaterThan(900 + 600);
  });

  test("aServerThatDoesNotAnswerIsGivenUp", async () => {
    const { url } = await started((answer, _, attempt) => attempt > 1 && answer.head().write("data: a\n\n"));
    const { stream, reached, received } = opened(url, { connectMillis: 100 });
    await reached("waiting 1 timeout");
    expect(stream.getSnapshot().error!.message).toBe("/stream: no answer within 100 ms");
    await received(1);
  });

  test("aTokenThatNeverComesIsGivenUp_andComingLateItDoesNothing", async () => {
    let late: (token: string) => void = () => {};
    const token = vi.fn(() => new Promise<string>((resolve) => (token.mock.calls.length === 1 ? (late = resolve) : resolve("t"))));
    const { url, asked } = await started((answer) => answer.head().write("data: a\n\n"));
    const { reached, received } = opened(url, { connectMillis: 100, token });
    await reached("waiting 1 timeout");
    late("late");
    await received(1);
    expect(asked.map(({ headers }) => headers["authorization"])).toEqual(["Bearer t"]);
  });

  test("retryOfZeroMakesNoBusyLoop", async () => {
    const { url, asked } = await started((answer) => answer.head().write("retry: 0\n\n").end());
    const { reached } = opened(url);
    await reached("waiting 4 ended");
    const waits = asked.slice(1).map(({ at }, n) => at - asked[n]!.at);
    [100, 200, 400].forEach((least, n) => expect(waits[n]).toBeGreaterThanOrEqual(least - 5));
  });

  test.each([
    ["retry: 99999999999", "waiting 1 ended"],
    ["Retry-After: 99999999999", "waiting 1 status 503"],
  ])("%s whichNoTimerTakes_isTheLongestThatOneTakes", async (what, state) => {
    const { url } = await started((answer) => (what.startsWith("retry") ? answer.head().write(`${what}\ndata: a\n\n`).end() : answer.status(503, { "Retry-After": "99999999999" })));
    const { stream, reached } = opened(url);
    await reached(state);
    const left = stream.getSnapshot().retryAt! - Date.now();
    expect(left).toBeGreaterThan(2 ** 31 - 1 - 10_000);
    expect(left).toBeLessThanOrEqual(2 ** 31 - 1);
    expect(await new Promise((resolve) => setTimeout(resolve, 150, stream.getSnapshot().state))).toBe("waiting");
  });

  test("retryCountsAsTheDelayAfterAnEnd_andAsTheLeastAfterAFailure", async () => {
    const { url, asked } = await started((answer, _, attempt) => {
      if (attempt === 1) answer.head().write("retry: 300\ndata: a\n\n").end();
      else if (attempt === 2) answer.status(500);
      else answer.head().write("data: b\n\n");
    });
    vi.mocked(Math.random).mockReturnValue(0);
    await opened(url, { maxDelayMillis: 1 }).received(2);
    expect(asked[1]!.at - asked[0]!.at).toBeGreaterThanOrEqual(295);
    expect(asked[2]!.at - asked[1]!.at).toBeGreaterThanOrEqual(295);
  });

  test("aFloodArrivesWhole", async () => {
    const { url } = await started(async (answer) => {
      answer.head();
      for (let n = 0; n < 300; n++) await answer.flood(Array.from({ length: 100 }, (_, m) => `id: ${n * 100 + m}\ndata: ${n * 100 + m}\n\n`).join(""));
    });
    const { events, received } = opened(url);
    await received(30_000);
    expect(datas(events)).toEqual(Array.from({ length: 30_000 }, (_, n) => String(n)));
  });

  test("anEventOfFiveMegabytesArrives", async () => {
    const { url } = await started((answer) => answer.head().write(`data: ${"x".repeat(5_000_000)}\n\n`));
    const { events, received } = opened(url);
    await received(1);
    expect(events[0]!.data.length).toBe(5_000_000);
  });

  test.each([
    ["line", "data: a\n\nid: 9\ndata: 123456789012\n\n", { maxLineChars: 10 }, "line: 18 characters (expected: at most 10)"],
    ["event", "data: a\n\ndata: 12345\ndata: 67890\n\n", { maxEventChars: 8 }, "event: 11 characters (expected: at most 8)"],
  ])("a %s thatIsTooLongIsFinal_asItWouldComeAgain", async (_, text, limits, message) => {
    const { url, asked } = await started((answer) => answer.head().write(text));
    const { stream, events, reached } = opened(url, limits);
    await reached("closed 1 too-large");
    expect(stream.getSnapshot().error).toMatchObject({ final: true, message });
    expect([datas(events), asked.length]).toEqual([["a"], 1]);
  });

  test("aByteOrderMarkIsDropped", async () => {
    const { url } = await started((answer) => answer.head().write("\ufeffdata: a\n\n\ufeffdata: b\n\ndata: c\n\n"));
    const { events, received } = opened(url);
    await received(2);
    expect(datas(events)).toEqual(["a", "c"]);
  });
});

describe("Last-Event-ID", () => {
  test.each([
    ["ascii", "1-2-abc", "1-2-abc", ""],
    ["other scripts, as UTF-8", "é響😀", Buffer.from("é響😀").toString("latin1"), ""],
    ["a control character, in the query", "a\u0001b", undefined, "?lastEventId=a%01b"],
    ["a space at its end, in the query", "a ", undefined, "?lastEventId=a+"],
    ["a space inside", "a b", "a b", ""],
  ])("anIdOf %s comesBack", async (_, id, header, query) => {
    const { url, asked } = await started((answer, __, attempt) => {
      answer.head().write(attempt === 1 ? `id: ${id}\ndata: a\n\n` : "data: b\n\n");
      if (attempt === 1) answer.end();
    });
    const { stream, received } = opened(url);
    await received(2);
    expect(stream.lastEventId).toBe(id);
    expect([asked[1]!.headers["last-event-id"], asked[1]!.path]).toEqual([header, `/stream${query}`]);
  });

  test("anIdThatIsEmptiedIsNotSent_andOneWithoutAnEventIs", async () => {
    const { url, asked } = await started((answer, _, attempt) => {
      answer.head();
      if (attempt === 1) answer.write("id: 1\ndata: a\n\nid: 2\n\n").end();
      else if (attempt === 2) answer.write("id\ndata: b\n\n").end();
      else answer.write("data: c\n\n");
    });
    const { events, received } = opened(url);
    await received(3);
    expect(asked.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "2", undefined]);
    expect(events.map(({ id }) => id)).toEqual(["1", "", ""]);
  });

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
      await vi.waitFor(() => expect(uncaught).toEqual(["mine", "mine"]));
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
    await vi.waitFor(() => expect(open()).toBeGreaterThan(0));
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

describe("a loop over the events", () => {
  test("getsThemAll_andEndsWithThe204", async () => {
    const { url } = await started((answer, _, attempt) => (attempt === 1 ? answer.head().write("data: a\n\ndata: b\n\n").end() : answer.status(204)));
    const events: string[] = [];
    for await (const { data } of createStream(url, { retryMillis: 1 })) events.push(data);
    expect(events).toEqual(["a", "b"]);
  });

  test("throwsAFinalError_afterWhatCameBeforeIt", async () => {
    const { url } = await started((answer, _, attempt) => (attempt === 1 ? answer.head().write("data: a\n\n").end() : answer.status(403)));
    const events: string[] = [];
    const loop = async () => {
      for await (const { data } of createStream(url, { retryMillis: 1 })) events.push(data);
    };
    await expect(loop()).rejects.toMatchObject({ name: "StreamError", reason: "status", status: 403 });
    expect(events).toEqual(["a"]);
  });

  test("closesTheStreamWhenItIsLeft_andEndsWhenTheStreamIsClosed", async () => {
    const { url, open } = await started((answer) => answer.head().write("data: a\n\ndata: b\n\n"));
    const stream = createStream(url);
    for await (const { data } of stream) {
      expect(data).toBe("a");
      break;
    }
    expect(stream.getSnapshot().state).toBe("closed");
    await vi.waitFor(() => expect(open()).toBe(0));

    const other = createStream(url);
    for await (const _ of other) other.close(); // b is not delivered
    expect(other.getSnapshot().state).toBe("closed");
    for await (const _ of other) expect.unreachable();
  });

  test("slowsTheServer_andNotThisMemory", async () => {
    let written = 0;
    const { url } = await started(async (answer) => {
      answer.head();
      while (!answer.gone && written < 400_000_000) {
        await answer.flood(`data: ${"x".repeat(65_000)}\n\n`);
        written += 65_000;
      }
    });
    const stream = createStream(url, { idleMillis: 1000 });
    const events = stream[Symbol.asyncIterator]();
    await events.next();
    let stood = 0;
    let before = -1;
    while (stood < 30) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      stood = written === before ? stood + 1 : 0;
      before = written;
    }
    expect(written).toBeLessThan(40_000_000);
    expect(stream.getSnapshot().state, "who does not read is not idle").toBe("open");
    for (let n = 0; n < 1000; n++) await events.next();
    expect(written).toBeGreaterThan(60_000_000);
    stream.close();
  });
});
