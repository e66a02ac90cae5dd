// SPDX-License-Identifier: Apache-2.0
// In front of the real hub.

import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createStream } from "../src/index.js";
import { startProduct } from "../../../tests/product.js";
import { eventually } from "./eventually.js";
import { ALL, BREAKS, post, publishAndBreak } from "./hub.js";

let hub: Awaited<ReturnType<typeof startProduct>>;

beforeAll(async () => void (hub = await startProduct("serve")));
afterAll(async () => expect(await hub.stop()).toBe(0));

test("tenThousandEventsThroughFiftyBreaksArriveOnce_inOrder", async () => {
  const gaps: unknown[] = [];
  const stream = createStream(`${hub.url}/api/events/many`, { onGap: (gap) => gaps.push(gap) });
  const got: string[] = [];
  let client = "";
  let connected = 0;
  stream.on("n", ({ data }) => got.push(data));
  stream.on("message", (event) => {
    client = event.json().clientId;
    connected++;
  });
  stream.subscribe(() => stream.getSnapshot().state === "waiting" && stream.reconnect()); // do not wait for the seconds that the hub asks for
  await eventually(() => expect(connected).toBe(1));
  await publishAndBreak(hub.url, "many", async (n) => {
    await post(`${hub.url}/playground/${client}/${n % 2 ? "cut" : "end"}`);
    await eventually(() => expect(connected).toBe(n + 2), 2);
  });
  await eventually(() => expect(got.length).toBeGreaterThanOrEqual(ALL.length));
  expect(got).toEqual(ALL);
  expect([connected, gaps]).toEqual([BREAKS + 1, []]);
  stream.close();
}, 200_000);

test("anIdOfAnotherLifeIsToldAsAGap", async () => {
  const onGap = vi.fn();
  const stream = createStream(`${hub.url}/api/events/few`, { lastEventId: "nobody's", onGap });
  await eventually(() => expect(onGap).toHaveBeenCalledOnce());
  expect(onGap.mock.calls[0]![0]).toMatchObject({ reason: "unknown-id", after: "nobody's", resumedAt: stream.lastEventId });
  stream.close();
});

test("closingIsNoticedByTheHub", async () => {
  const stream = createStream(`${hub.url}/api/events/few`);
  const streams = async () => (await (await fetch(`${hub.url}/api/channels`)).json()).streams;
  await eventually(async () => expect(await streams()).toBe(1));
  stream.close();
  await eventually(async () => expect(await streams()).toBe(0));
});
