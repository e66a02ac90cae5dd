// SPDX-License-Identifier: Apache-2.0

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { createStream } from "../src/index.js";
import { serve } from "./server.js";

setFlagsFromString("--expose_gc");
const collect: () => void = runInNewContext("gc");

test("aMillionEventsInALoopLeaveNothingOnTheHeap", async () => {
  const EVENTS = 1_000_000;
  const server = await serve(async (answer) => {
    answer.head();
    for (let id = 1; id <= EVENTS && !answer.gone; id += 500) {
      await answer.flood(Array.from({ length: 500 }, (_, n) => `id: ${id + n}-of-a-stream-that-runs-for-weeks\nevent: tick\ndata: {"n":${id + n},"text":"${"x".repeat(60)}"}\n\n`).join(""));
    }
  });
  const stream = createStream(server.url);
  const heaps: number[] = [];
  let count = 0;
  for await (const event of stream) {
    if (++count !== event.json().n) expect.unreachable(`${event.data} is event ${count}`);
    if (count % 100_000 === 0) {
      collect();
      heaps.push(process.memoryUsage().heapUsed);
    }
    if (count === EVENTS) break;
  }
  await server.stop();
  expect(heaps.length).toBe(10);
  expect(heaps.at(-1)! - heaps[1]!, heaps.map((heap) => (heap / 2 ** 20).toFixed(1)).join(", ")).toBeLessThan(2 ** 20);
});
