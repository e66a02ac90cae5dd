// SPDX-License-Identifier: Apache-2.0
// In front of the real hub.

import { createElement } from "react";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startProduct } from "../../../tests/product.js";
import { SseProvider, useEvent, useProgress } from "../src/index.js";
import { render } from "./page.js";

let hub: Awaited<ReturnType<typeof startProduct>>;

beforeAll(async () => void (hub = await startProduct("serve")));
afterAll(async () => expect(await hub.stop()).toBe(0));

test("useProgress_showsATaskFromStarted_althoughItSubscribesLater", async () => {
  const answer = await fetch(`${hub.url}/api/process`, { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"steps":4,"stepMillis":50}' });
  expect(answer.status).toBe(202);
  const task = await answer.json();
  await new Promise((resolve) => setTimeout(resolve, 60)); // it is on its way
  for (const [how, from] of [
    [task, `since=${task.id}`],
    [task.taskId, "last=1000"],
  ]) {
    const told: string[] = []; // what came on the stream of that hook, as React may show several steps at once
    const Show = () => {
      const { progress, status } = useProgress(how);
      useEvent(`${hub.url}/api/events/process/${task.taskId}?${from}`, "progress", ({ data }) => told.push(`${JSON.parse(data).progress} ${JSON.parse(data).status}`));
      return `${progress} ${status}`;
    };
    const { text, unmount } = render(createElement(SseProvider, { hub: hub.url }, createElement(Show)), { strict: false });
    await vi.waitFor(() => expect(text()).toBe("100 completed"), { timeout: 60_000 });
    expect(told).toEqual(["0 started", "0 processing", "25 processing", "50 processing", "75 processing", "100 processing", "100 completed"]);
    unmount();
  }
  await vi.waitFor(async () => expect((await (await fetch(`${hub.url}/api/channels`)).json()).streams).toBe(0), { timeout: 60_000 });
});
