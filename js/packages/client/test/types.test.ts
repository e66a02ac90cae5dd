// SPDX-License-Identifier: Apache-2.0
// What the compiler must see: `tsc` is what checks this file.

import { expect, expectTypeOf, test } from "vitest";
import { createStream, EventSource, type Stream, type StreamError, type StreamEvent, type StreamSnapshot } from "../src/index.js";

interface Types {
  price: { sym: string; p: number };
  notice: { text: string };
  [other: string]: unknown;
}

test("typesOfEventsReachTheListeners", () => {
  const url = "http://127.0.0.1:1/";
  const stream = createStream<{ price: { sym: string; p: number }; notice: { text: string } }>(url);
  stream.on("price", (event) => {
    expectTypeOf(event).toEqualTypeOf<StreamEvent<"price", { sym: string; p: number }>>();
    expectTypeOf(event.json().p).toEqualTypeOf<number>();
  });
  stream.on("*", (event) => {
    if (event.type === "notice") expectTypeOf(event.json()).toEqualTypeOf<{ text: string }>();
  });
  // @ts-expect-error there is no such type
  stream.on("prise", () => {});
  expectTypeOf(stream.getSnapshot()).toEqualTypeOf<StreamSnapshot>();
  expectTypeOf(stream.getSnapshot().error).toEqualTypeOf<StreamError | null>();
  async () => {
    for await (const event of stream) expectTypeOf(event.type).toEqualTypeOf<"price" | "notice">();
  };
  stream.close();

  const open = createStream<Types>(url);
  open.on("price", (event) => expectTypeOf(event.json()).toEqualTypeOf<{ sym: string; p: number }>());
  open.on("anything", (event) => expectTypeOf(event.json()).toEqualTypeOf<unknown>());
  open.close();

  const plain: Stream = createStream(new URL(url));
  plain.on("whatever", (event) => expectTypeOf(event.json()).toBeAny());
  plain.close();
  // @ts-expect-error an option that is none
  expect(() => createStream(url, { retries: 3 }).close()).not.toThrow();

  const source = new EventSource(url);
  source.onmessage = (event) => expectTypeOf(event.data).toEqualTypeOf<string>();
  expectTypeOf(source.readyState).toEqualTypeOf<0 | 1 | 2>();
  source.close();
});
