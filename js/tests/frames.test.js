// SPDX-License-Identifier: Apache-2.0
// The playground cuts the bytes of a stream into frames to show them. Whatever the stream and wherever it is cut, they must be what a client reads.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const vectors = JSON.parse(read("vectors/event-stream-parser.json"));
const script = read("app/src/main/resources/dev/hibiki/app/playground/frames.js");
const { fieldOf, Frames, linesOf } = await import(`data:text/javascript,${encodeURIComponent(script)}`);

/** The events of frames, as a client would have them. */
function eventsOf(frames) {
  const events = [];
  let lastEventId = "";
  for (const lines of frames.map(linesOf)) {
    const fields = lines.filter((line) => !line.startsWith(":")).map(fieldOf);
    const data = fields.filter(({ name }) => name === "data").map(({ value }) => value);
    lastEventId = fields.findLast(({ name, value }) => name === "id" && !value.includes("\0"))?.value ?? lastEventId;
    if (data.length) {
      events.push({ type: fields.findLast(({ name }) => name === "event")?.value || "message", data: data.join("\n"), lastEventId });
    }
  }
  return events;
}

const framesOf = (chunks) => {
  const cutter = new Frames();
  return chunks.flatMap((chunk) => cutter.push(chunk));
};

for (const { name, chunks, expected } of vectors) {
  test(name, () => {
    const all = Buffer.concat(chunks.map((chunk) => Buffer.from(chunk, "base64")));
    const bytes = new Uint8Array(all.subarray(0, 3).equals(Buffer.from("\ufeff")) ? all.subarray(3) : all); // which is the decoder's affair
    const whole = framesOf([bytes]);
    assert.deepEqual(eventsOf(whole), expected);
    assert.deepEqual(framesOf([...bytes].map((byte) => Uint8Array.of(byte))).map(linesOf), whole.map(linesOf));
    for (let cut = 1; cut < Math.min(bytes.length, 200); cut++) {
      assert.deepEqual(framesOf([bytes.subarray(0, cut), bytes.subarray(cut)]).map(linesOf), whole.map(linesOf), `cut at ${cut}`);
    }
  });
}
