// SPDX-License-Identifier: Apache-2.0

import { createParser as createOther } from "eventsource-parser";
import { describe, expect, test } from "vitest";
import { createParser, StreamError } from "../src/index.js";
import { seeded, vectors, waysToFeed } from "./vectors.js";

const LIMITS = { maxLineChars: 2 ** 24, maxEventChars: 2 ** 24 };

interface Read {
  events: { type: string; data: string; lastEventId: string }[];
  lastEventId: string;
  reconnectionTime?: number;
}

function read(chunks: Uint8Array[], limits = LIMITS, lastEventId = ""): Read {
  const result: Read = { events: [], lastEventId };
  const feed = createParser(
    {
      event(type, data, id) {
        result.events.push({ type, data, lastEventId: id });
        result.lastEventId = id;
      },
      id: (id) => (result.lastEventId = id),
      retry: (millis) => (result.reconnectionTime = millis),
    },
    limits,
    lastEventId,
  );
  chunks.forEach(feed);
  return result;
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe("the vectors", () => {
  test.each(vectors)("$name", ({ chunks, expected, lastEventId, reconnectionTime }) => {
    const given = chunks.map((chunk) => new Uint8Array(Buffer.from(chunk, "base64")));
    const wanted: Read = { events: expected, lastEventId };
    if (reconnectionTime !== undefined) wanted.reconnectionTime = Math.min(reconnectionTime, 2 ** 31 - 1);
    for (const [way, pieces] of Object.entries(waysToFeed(given, 7))) expect(read(pieces), way).toEqual(wanted);
  });
});

describe("beside eventsource-parser", () => {
  // What that one does otherwise, on purpose or not, is left out of what is generated: NUL, malformed UTF-8, a CR at the end of a chunk.
  const PARTS = ["data", "data:", "data: ", "id: ", "id", "event: ", "event:", ":", " ", "x", "é", "😀", "\u2028", "\n", "\n", "\n\n", "\r\n", "\r\n\r\n", "retry: 7", "datax: 1", ": note"];

  test("readsTheSameOutOfTenThousandRandomStreams", () => {
    for (let seed = 1; seed <= 10_000; seed++) {
      const random = seeded(seed);
      const text = Array.from({ length: 1 + Math.floor(random() * 25) }, () => PARTS[Math.floor(random() * PARTS.length)]).join("") + "\n\n";
      const theirs: { type: string; data: string; id: string | undefined }[] = [];
      createOther({ onEvent: ({ event, data, id }) => theirs.push({ type: event || "message", data, id }) }).feed(text);
      const ours = read(waysToFeed([bytes(text)], seed)["at random"]!).events;
      expect(ours.map(({ type, data }) => ({ type, data })), `seed ${seed}: ${JSON.stringify(text)}`).toEqual(theirs.map(({ type, data }) => ({ type, data })));
    }
  });
});

describe("limits", () => {
  test.each([
    ["a line that is complete", ["data: 123456\n"], "line: 12 characters (expected: at most 10)"],
    ["a line that never ends", ["data: 1234", "56"], "line: 12 characters (expected: at most 10)"],
    ["an event of many lines", ["data:1234567\n", "data:1234567\n"], "event: 15 characters (expected: at most 12)"],
  ])("%s", (_, chunks, message) => {
    const limits = { maxLineChars: 10, maxEventChars: _.startsWith("an event") ? 12 : 100 };
    if (_.startsWith("an event")) limits.maxLineChars = 100;
    expect(() => read(chunks.map(bytes), limits)).toThrow(expect.objectContaining({ message, reason: "too-large", final: true }) as StreamError);
  });

  test("whatIsJustWithinIsRead", () => {
    expect(read([bytes("data:12345\ndata:123456\n\n")], { maxLineChars: 11, maxEventChars: 12 }).events).toEqual([{ type: "message", data: "12345\n123456", lastEventId: "" }]);
  });
});

test("aLineOfManyChunksCostsItsLength", () => {
  const chunk = bytes("x".repeat(64));
  const started = performance.now();
  const { events } = read([bytes("data:"), ...Array.from({ length: 150_000 }, () => chunk), bytes("\n\n")]);
  expect(events[0]!.data.length).toBe(9_600_000);
  expect(performance.now() - started).toBeLessThan(10_000);
});

test("anIdFromBeforeIsKeptUntilAnotherComes", () => {
  expect(read([bytes("data: a\n\nid\ndata: b\n\n")], LIMITS, "7").events.map(({ lastEventId }) => lastEventId)).toEqual(["7", ""]);
});
