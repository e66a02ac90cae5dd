// SPDX-License-Identifier: Apache-2.0
// Events for a stream that is broken again and again.

import { expect } from "vitest";

export const EVENTS = 10_000;
export const BREAKS = 50;
const BATCH = EVENTS / BREAKS / 4;

/** Publishes the numbers from 1, in batches, and breaks something after every fourth of them. */
export async function publishAndBreak(hub: string, channel: string, breakIt: (n: number) => Promise<void>): Promise<void> {
  for (let batch = 0, n = 0; n < EVENTS; batch++) {
    const events = Array.from({ length: BATCH }, () => ({ channel, event: "n", data: String(++n) }));
    const answer = await fetch(`${hub}/api/publish`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(events) });
    expect(answer.status).toBe(200);
    if (batch % 4 === 1) await breakIt((batch - 1) / 4);
  }
}

export const ALL = Array.from({ length: EVENTS }, (_, n) => String(n + 1));

export async function post(url: string): Promise<void> {
  expect((await fetch(url, { method: "POST" })).status).toBe(200);
}
