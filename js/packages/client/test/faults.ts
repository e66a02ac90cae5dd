// SPDX-License-Identifier: Apache-2.0
// What servers do, and what the client must make of it: one table, which Node and Chromium are both run against. Of every row it also holds that
// requests are at least 100 ms apart, which is to say that there is no busy loop.

import { expect } from "vitest";
import type { StreamOptions } from "../src/index.js";
import type { Record } from "./recorder.js";
import type { Answer, Asked, Script } from "./server.js";

export type Platform = "node" | "chromium";

export interface Fault {
  name: string;
  script: Script;
  /** What a message to a page can carry. */
  options?: StreamOptions;
  /** What is waited for: a state in words, or that many events. */
  until: string | number;
  /** The data of all events. */
  events?: string[];
  /** All states, or those at the beginning where it goes on. */
  states?: string[] | undefined;
  error?: Partial<NonNullable<Record["error"]>>;
  requests?: number;
  /** One attempt may make several requests, so that nothing is held of the time between them. */
  severalRequests?: boolean;
  also?: (record: Record, asked: Asked[], platform: Platform) => void;
}

const MAX_MILLIS = 2 ** 31 - 1;
const again = (text = "data: a\n\n") => (answer: Answer) => void answer.head().write(text);

/** The first attempts are answered one by one, all others by the last of these. */
const attempts =
  (...scripts: Script[]): Script =>
  (answer, asked, attempt) =>
    scripts[Math.min(attempt, scripts.length) - 1]!(answer, asked, attempt);

const final = (status: number): Fault => ({
  name: `status ${status} is final`,
  script: (answer) => answer.status(status),
  until: `closed 1 status ${status}`,
  states: ["connecting", `closed 1 status ${status}`],
  error: { final: true, status, message: `/stream: answered ${status} (expected: 200)` },
  requests: 1,
});

const temporary = (status: number): Fault => ({
  name: `status ${status} is tried again`,
  script: attempts((answer) => answer.status(status), again()),
  until: 1,
  events: ["a"],
  states: ["connecting", `waiting 1 status ${status}`, "connecting 1", "open 1", "open"],
  requests: 2,
});

const redirect = (status: number): Fault => ({
  name: `redirect ${status} is followed, and the next attempt asks the first URL again`,
  script: (answer, { path }) => (path === "/stream" ? answer.status(status, { Location: "/elsewhere" }) : answer.head().write("id: 1\ndata: a\n\n").end()),
  options: { headers: { "X-Mine": "1" } },
  until: 2,
  severalRequests: true,
  also(_, asked) {
    expect(asked.slice(0, 4).map(({ path, headers }) => [path, headers["x-mine"], headers["last-event-id"]])).toEqual([
      ["/stream", "1", undefined],
      ["/elsewhere", "1", undefined],
      ["/stream", "1", "1"],
      ["/elsewhere", "1", "1"],
    ]);
  },
});

const wrongType = (type: string): Fault => ({
  name: `content type ${type || "none"} is final`,
  script: (answer) => answer.head(200, type ? { "Content-Type": type } : {}).write("data: a\n\n"),
  until: "closed 1 content-type",
  events: [],
  states: ["connecting", "closed 1 content-type"],
  error: { final: true, message: `/stream: content type: ${type || "none"} (expected: text/event-stream)` },
  requests: 1,
});

const rightType = (type: string): Fault => ({
  name: `content type ${type} opens`,
  script: (answer) => answer.head(200, { "Content-Type": type }).write("data: a\n\n"),
  until: 1,
  events: ["a"],
  states: ["connecting", "open"],
});

const PLACES: [string, string | Uint8Array][] = [
  ["an event", "id: 2\ndata: hal"],
  ["a field name", "id: 2\nda"],
  ["a character", Uint8Array.of(0x69, 0x64, 0x3a, 0x20, 0x32, 0x0a, 0x64, 0x61, 0x74, 0x61, 0x3a, 0xf0, 0x9f)],
  ["a CRLF", "id: 2\r\ndata: b\r\n\r"],
  ["the end of an event", "id: 2\ndata: b\n"],
];

/** The head of an answer that will be longer than what comes of it. */
const LONG = { "Content-Type": "text/event-stream", "Content-Length": "100000" };

/** The first attempt gives event 1, the second breaks within event 2, the third gives what is missing. A cut breaks the promise of a length. */
const broken = (how: "cut" | "end", place: string, part: string | Uint8Array): Fault => ({
  name: `${how} in the middle of ${place}`,
  script(answer, { headers }, attempt) {
    answer.head(200, how === "cut" ? LONG : undefined);
    if (attempt === 2) return void answer.write(part).breakAfter(place === "a CRLF" ? 2 : 1);
    const last = attempt === 1 ? 1 : 3;
    for (let id = Number(headers["last-event-id"] ?? 0) + 1; id <= last; id++) answer.write(`id: ${id}\ndata: ${" abc"[id]}\n\n`);
    if (attempt === 1) void answer.breakAfter(1);
  },
  until: 3,
  events: ["a", "b", "c"],
  requests: 3,
  also({ states }, asked) {
    // The CR alone ends the line: what stands before it was whole.
    expect(asked.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "1", place === "a CRLF" ? "2" : "1"]);
    const why = how === "cut" ? "network" : "ended";
    const second = place === "a CRLF" ? ["open", `waiting 1 ${why}`, "connecting 1", "open 1"] : [`waiting 2 ${why}`, "connecting 2", "open 2"];
    expect(states).toEqual(["connecting", "open", `waiting 1 ${why}`, "connecting 1", "open 1", ...second, "open"]);
  },
});

const comesBack = (what: string, id: string, header: string | undefined, query = ""): Fault => ({
  name: `an id with ${what} comes back`,
  script: attempts((answer) => answer.head().write(`id: ${id}\ndata: a\n\n`).end(), again("data: b\n\n")),
  until: 2,
  events: ["a", "b"],
  requests: 2,
  also({ lastEventId }, asked) {
    expect(lastEventId).toBe(id);
    expect([asked[1]!.headers["last-event-id"], asked[1]!.path]).toEqual([header, `/stream${query}`]);
  },
});

const longest = (what: string, until: string, script: Script): Fault => ({
  name: `${what}, which no timer takes, is the longest that one takes`,
  script,
  until,
  requests: 1,
  also({ retryMillis }) {
    expect(retryMillis).toBeGreaterThan(MAX_MILLIS - 10_000);
    expect(retryMillis).toBeLessThanOrEqual(MAX_MILLIS);
  },
});

const tooLong = (what: string, text: string, options: StreamOptions, message: string): Fault => ({
  name: `${what} that is too long is final, as it would come again`,
  script: (answer) => answer.head().write(text),
  options,
  until: "closed 1 too-large",
  events: ["a"],
  states: ["connecting", "open", "closed 1 too-large"],
  error: { final: true, message },
  requests: 1,
});

const waits = (asked: Asked[]) => asked.slice(1).map(({ at }, n) => at - asked[n]!.at);

export const FAULTS: Fault[] = [
  {
    name: "204 closes for good",
    script: (answer) => answer.status(204),
    until: "closed 1 no-content",
    states: ["connecting", "closed 1 no-content"],
    error: { final: true, status: 204, message: "/stream: there will be nothing more (204)" },
    requests: 1,
  },
  ...[400, 401, 403, 404, 405, 410, 422, 201, 206, 304].map(final),
  ...[425, 429, 500, 502, 503, 504].map(temporary),
  {
    ...temporary(408),
    states: undefined,
    severalRequests: true,
    also({ states }, _, platform) {
      // Chromium asks again by itself where it got the 408 on a connection that it had opened in advance.
      const unseen = platform === "chromium" && states.length === 2;
      expect(states).toEqual(unseen ? ["connecting", "open"] : temporary(408).states);
    },
  },
  ...[301, 302, 303, 307, 308].map(redirect),
  {
    name: "redirects in a circle are a failure that is tried again",
    script: (answer) => answer.status(302, { Location: "/stream" }),
    options: { maxRetries: 1 },
    until: "closed 2 max-retries",
    states: ["connecting", "waiting 1 network", "connecting 1", "closed 2 max-retries"],
    severalRequests: true,
  },
  {
    name: "429 with Retry-After in seconds, then 503 with a date, are obeyed",
    script: attempts(
      (answer) => answer.status(429, { "Retry-After": "1" }),
      (answer) => answer.status(503, { "Retry-After": new Date(Date.now() + 2000).toUTCString() }),
      again(),
    ),
    options: { retryMillis: 1, maxDelayMillis: 1 },
    until: 1,
    events: ["a"],
    states: ["connecting", "waiting 1 status 429", "connecting 1", "waiting 2 status 503", "connecting 2", "open 2", "open"],
    also(_, asked) {
      const [first, second] = waits(asked);
      expect(first).toBeGreaterThanOrEqual(990);
      expect(second).toBeGreaterThanOrEqual(900);
    },
  },
  {
    name: "500 for ever is asked ever more seldom, and maxRetries ends it",
    script: (answer) => answer.status(500),
    options: { maxRetries: 4 },
    until: "closed 5 max-retries",
    states: ["connecting", ...[1, 2, 3, 4].flatMap((n) => [`waiting ${n} status 500`, `connecting ${n}`]), "closed 5 max-retries"],
    error: { final: true, status: 500, cause: "status" },
    requests: 5,
    also(_, asked) {
      [100, 200, 400, 800].forEach((least, n) => expect(waits(asked)[n], `wait ${n}`).toBeGreaterThanOrEqual(least - 5));
    },
  },
  ...["text/html", "", "text/event-streams", "application/json; a=text/event-stream"].map(wrongType),
  ...["Text/Event-Stream", "text/event-stream;charset=utf-8", "text/event-stream ; a=b"].map(rightType),
  {
    name: "an answer that is no HTTP is a network failure",
    script: attempts((answer) => answer.write("hello\r\n\r\n").end(), again()),
    until: 1,
    events: ["a"],
    states: ["connecting", "waiting 1 network", "connecting 1", "open 1", "open"],
  },
  ...(["cut", "end"] as const).flatMap((how) => PLACES.map(([place, part]) => broken(how, place, part))),
  {
    name: "an end and a reset are told apart",
    script(answer, _, attempt) {
      // Without a length Node takes the reset for the end of the body.
      answer.head(200, attempt === 2 ? LONG : undefined).write("data: a\n\n");
      if (attempt === 1) answer.end();
      if (attempt === 2) void answer.breakAfter(2, "reset");
    },
    until: 3,
    events: ["a", "a", "a"],
    states: ["connecting", "open", "waiting 1 ended", "connecting 1", "open 1", "open", "waiting 1 network", "connecting 1", "open 1", "open"],
  },
  {
    name: "only an event resets the count of failures",
    script(answer, _, attempt) {
      answer.head().write(attempt === 2 ? "data: a\n\n" : ": no event\n\n").end();
    },
    options: { maxRetries: 2 },
    until: "closed 3 max-retries",
    events: ["a"],
    states: ["connecting", "open", "waiting 1 ended", "connecting 1", "open 1", "open", "waiting 1 ended", "connecting 1", "open 1", "waiting 2 ended", "connecting 2", "open 2", "closed 3 max-retries"],
    error: { message: "/stream: failed 3 times in a row (expected: at most 2): /stream: the server ended the stream", cause: "ended" },
    requests: 4,
  },
  {
    name: "maxRetries of none closes at the first failure",
    script: (answer) => answer.head().write("data: a\n\n").end(),
    options: { maxRetries: 0 },
    until: "closed 1 max-retries",
    states: ["connecting", "open", "closed 1 max-retries"],
    events: ["a"],
    requests: 1,
  },
  {
    name: "silence is noticed, while comments keep the stream",
    async script(answer, _, attempt) {
      answer.head().write("data: a\n\n");
      for (let n = 0; attempt === 1 && n < 6; n++) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        answer.write(":\n");
      }
    },
    options: { idleMillis: 2500 },
    until: 2,
    states: ["connecting", "open", "waiting 1 idle", "connecting 1", "open 1", "open"],
    also({ messages }, asked) {
      expect(messages).toEqual(["/stream: nothing came within 2500 ms"]);
      expect(asked[1]!.at - asked[0]!.at).toBeGreaterThanOrEqual(3000 + 2500 - 10);
    },
  },
  {
    name: "a server that never answers is given up",
    script: (answer, _, attempt) => attempt > 1 && answer.head().write("data: a\n\n"),
    options: { connectMillis: 3000 },
    until: 1,
    events: ["a"],
    states: ["connecting", "waiting 1 timeout", "connecting 1", "open 1", "open"],
    also: ({ messages }) => expect(messages).toEqual(["/stream: no answer within 3000 ms"]),
  },
  {
    name: "retry: 0 makes no busy loop",
    script: (answer) => answer.head().write("retry: 0\n\n").end(),
    until: "waiting 4 ended",
    events: [],
    also(_, asked) {
      [100, 200, 400].forEach((least, n) => expect(waits(asked)[n], `wait ${n}`).toBeGreaterThanOrEqual(least - 5));
    },
  },
  longest("retry: 99999999999", "waiting 1 ended", (answer) => answer.head().write("retry: 99999999999\ndata: a\n\n").end()),
  longest("Retry-After: 99999999999", "waiting 1 status 503", (answer) => answer.status(503, { "Retry-After": "99999999999" })),
  {
    name: "a flood arrives whole",
    async script(answer) {
      answer.head();
      for (let n = 0; n < 300; n++) await answer.flood(Array.from({ length: 100 }, (_, m) => `id: ${n * 100 + m}\ndata: ${n * 100 + m}\n\n`).join(""));
    },
    until: 30_000,
    events: Array.from({ length: 30_000 }, (_, n) => String(n)),
    requests: 1,
  },
  {
    name: "an event of five megabytes arrives",
    script: (answer) => answer.head().write(`data: ${"x".repeat(5_000_000)}\n\n`),
    until: 1,
    events: ["5000000 of x"],
    requests: 1,
  },
  tooLong("a line", "data: a\n\nid: 9\ndata: 123456789012\n\n", { maxLineChars: 10 }, "line: 18 characters (expected: at most 10)"),
  tooLong("an event", "data: a\n\ndata: 12345\ndata: 67890\n\n", { maxEventChars: 8 }, "event: 11 characters (expected: at most 8)"),
  {
    name: "a byte order mark at the beginning is dropped, and one elsewhere is not",
    script: (answer) => answer.head().write("\ufeffdata: a\n\n\ufeffdata: b\n\ndata: c\n\n"),
    until: 2,
    events: ["a", "c"],
  },
  comesBack("ASCII", "1-2-abc", "1-2-abc"),
  comesBack("other scripts, as UTF-8,", "é響😀", Buffer.from("é響😀").toString("latin1")),
  comesBack("a control character, in the query,", "a\u0001b", undefined, "?lastEventId=a%01b"),
  comesBack("a space at its end, in the query,", "a ", undefined, "?lastEventId=a+"),
  comesBack("a space inside", "a b", "a b"),
  {
    name: "an id that is emptied is not sent, and one without an event is",
    script: attempts((answer) => answer.head().write("id: 1\ndata: a\n\nid: 2\n\n").end(), (answer) => answer.head().write("id\ndata: b\n\n").end(), again("data: c\n\n")),
    until: 3,
    events: ["a", "b", "c"],
    also({ events }, asked) {
      expect(asked.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "2", undefined]);
      expect(events.map(({ id }) => id)).toEqual(["1", "", ""]);
    },
  },
];

/** What holds of a row once what it waits for has happened. */
export function check(fault: Fault, record: Record, asked: Asked[], platform: Platform): void {
  if (fault.events) expect(record.events.map(({ data }) => data)).toEqual(fault.events);
  if (fault.states) expect(record.states).toEqual(fault.states);
  if (fault.error) expect(record.error).toMatchObject(fault.error);
  if (fault.requests !== undefined) expect(asked.length, "requests").toBe(fault.requests);
  if (!fault.severalRequests) for (const wait of waits(asked)) expect(wait, "a wait between requests").toBeGreaterThanOrEqual(95);
  fault.also?.(record, asked, platform);
}

/** Whether that has happened. */
export const isOver = ({ until }: Fault, { states, events }: { states: string[]; events: number }) => (typeof until === "number" ? events >= until : states.includes(until));
