// SPDX-License-Identifier: Apache-2.0
// A loop over the events.

import { expect, test } from "vitest";
import { createStream } from "../src/index.js";
import { eventually } from "./eventually.js";
import { started } from "./opened.js";

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
  await eventually(() => expect(open()).toBe(0));

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
